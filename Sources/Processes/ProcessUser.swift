import Glibc

/// A user of this machine that a child can run as.
package struct ProcessUser: Sendable, Hashable {
    /// The name in the user database.
    package let name: String
    /// The user's number.
    package let uid: UInt32
    /// The number of the user's own group.
    package let gid: UInt32
    /// The user's home folder.
    package let home: String

    /// Makes a user from what is known of it.
    package init(name: String, uid: UInt32, gid: UInt32, home: String) {
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home
    }

    /// Finds a user by name; nil where the machine has none of that name.
    package static func named(_ name: String) -> ProcessUser? {
        lookUp { entry, buffer, size, result in getpwnam_r(name, entry, buffer, size, result) }
    }

    /// The user that this process runs as; nil where the user database does not know it.
    package static var current: ProcessUser? {
        lookUp { entry, buffer, size, result in getpwuid_r(geteuid(), entry, buffer, size, result) }
    }

    /// Whether this process runs as root.
    package static var isRoot: Bool { geteuid() == 0 }

    private typealias Query = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func lookUp(_ query: Query) -> ProcessUser? {
        var size = 4096
        while size <= 1 << 20 {
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let answer: (status: Int32, user: ProcessUser?) = withUnsafeTemporaryAllocation(
                of: CChar.self,
                capacity: size
            ) { buffer in
                guard let base = buffer.baseAddress else { return (ENOMEM, nil) }
                let status = query(&entry, base, size, &found)
                guard status == 0, found != nil, let name = entry.pw_name, let home = entry.pw_dir else {
                    return (status, nil)
                }
                let user = ProcessUser(
                    name: String(cString: name),
                    uid: entry.pw_uid,
                    gid: entry.pw_gid,
                    home: String(cString: home)
                )
                return (0, user)
            }
            guard answer.status == ERANGE else { return answer.user }
            size *= 4
        }
        return nil
    }
}

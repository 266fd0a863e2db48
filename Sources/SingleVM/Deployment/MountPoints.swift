internal import Glibc

/// The places where something is mounted: they cannot be renamed.
package enum MountPoints {
    /// Whether something is mounted at a path, a folder or file of the same file system included.
    static func has(_ path: String) -> Bool {
        guard let place = real(path), let table = read("/proc/self/mountinfo") else { return false }
        return table.split(separator: UInt8(ascii: "\n")).contains { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count > 4 && unescaped(fields[4]) == Array(place.utf8)
        }
    }

    /// A path without links in its folders; what its last name stands for is not followed.
    private static func real(_ path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), let folder = realpath(String(path[...slash]), nil) else {
            return nil
        }
        defer { free(folder) }
        let parent = String(cString: folder)
        return (parent == "/" ? "" : parent) + path[slash...]
    }

    /// The kernel tells no size of its files, so it is read to the end.
    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while true {
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = fread(buffer.baseAddress, 1, buffer.count, file)
            }
            if chunk.isEmpty { return ferror(file) == 0 ? bytes : nil }
            bytes += chunk
        }
    }

    /// A field of the kernel's table of mounts: spaces, tabs, newlines and backslashes are written there as three octal
    /// digits after a backslash.
    package static func unescaped(_ field: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(field)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}

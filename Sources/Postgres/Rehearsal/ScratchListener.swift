import Foundation
import Glibc
package import UpgradeModel

/// Lets others than this process's user reach a scratch server: for rehearsals only, over one network that nobody else
/// is in. Whoever comes that way needs a password.
package struct ScratchListener: Sendable, Hashable {
    /// The address of this machine that the server listens on.
    package let address: String
    /// The addresses that may come, such as `172.19.0.0/16`.
    package let network: String
    /// The port.
    package let port: Int

    /// Names an address and a port without looking at them.
    package init(address: String, network: String, port: Int) {
        self.address = address
        self.network = network
        self.port = port
    }

    /// Finds a port that is free on an address.
    ///
    /// - Parameters:
    ///   - address: an IPv4 address of this machine.
    ///   - network: the addresses that may come.
    ///   - ports: the ports to try, in order.
    /// - Returns: a listener on the first one that is free.
    /// - Throws: code `rehearsal-port` where none is, or the address is none of this machine's.
    package static func choose(
        on address: String,
        network: String,
        ports: some Sequence<Int>
    ) throws(Trouble) -> ScratchListener {
        var reason = ""
        for port in ports {
            let code = bindError(address, port)
            if code == 0 { return ScratchListener(address: address, network: network, port: port) }
            reason = String(cString: strerror(code))
        }
        throw Trouble(
            .environment,
            "rehearsal-port",
            "No server can listen on \(address), the address of the rehearsal's network on this machine: \(reason).",
            remedy: "Use the Docker Engine of this machine, and see that nothing listens on all of its addresses there."
        )
    }

    /// The usual ports of a server that may have any.
    package static let anyPort = 5432...5499

    private static func bindError(_ address: String, _ port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        // As PostgreSQL does: a port whose last connections are only just closed is free.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else { return EADDRNOTAVAIL }
        let bound = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0 ? 0 : errno
    }

    /// Who may come how: this process's user by the socket, which nobody else gets near; the network by password.
    var accessRules: String {
        """
        local all all trust
        host all all \(network) scram-sha-256

        """
    }

    /// What the server's log has where somebody came by the network.
    static func connectionNote(of network: String) -> String {
        // The socket is noted as `[local]`; what a network's addresses begin with goes as far as its last dot.
        let digits = network.prefix { $0 != "/" }.split(separator: ".").prefix(1).joined(separator: ".")
        return "connection received: host=\(digits)."
    }

    /// What the server is told beyond what every scratch server is. `rules` is the path of the access rules.
    ///
    /// Migrations take here what they take on a server as it is installed: with a log, and forced to disk.
    func settings(rules: String) -> [String: String] {
        [
            "listen_addresses": address, "port": "\(port)", "hba_file": rules, "password_encryption": "scram-sha-256",
            "max_connections": "100", "max_locks_per_transaction": "2048", "fsync": "on", "full_page_writes": "on",
            "synchronous_commit": "on", "wal_level": "replica", "log_connections": "on",
        ]
    }
}

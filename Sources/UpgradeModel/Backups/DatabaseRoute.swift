/// How a database is reached. It says where a secret is, and shows it to nobody: descriptions leave it out, and it
/// cannot be encoded.
package struct DatabaseRoute: Sendable {
    /// Where a password comes from when a connection needs it.
    package enum Password: Sendable {
        /// The server asks for none.
        case none
        /// A file whose first line it is.
        case file(String)
        /// Something that knows it.
        case provided(@Sendable () throws -> String)
    }

    /// The host's name or address, or the folder of a Unix socket.
    package var host: String
    /// The port; for a Unix socket it is part of the socket's name.
    package var port: Int
    /// The database's name on its server.
    package var database: String
    /// The role to connect as.
    package var user: String
    /// Where the password comes from.
    package var password: Password
    /// What libpq is told besides, such as `sslmode`, by libpq's own names: some of `DatabaseURL.knownParameters`.
    package var parameters: [String: String]

    /// Makes a route.
    package init(
        host: String,
        port: Int = 5432,
        database: String,
        user: String,
        password: Password = .none,
        parameters: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.parameters = parameters
    }

    /// The same server and account, another database.
    package func reaching(database: String) -> DatabaseRoute {
        var route = self
        route.database = database
        return route
    }

    /// Whether the host is the folder of a Unix socket.
    package var isSocket: Bool { host.hasPrefix("/") }
}

extension DatabaseRoute: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Database, server and user; never the password.
    package var description: String { "\(database) on \(host):\(port) as \(user)" }
    package var debugDescription: String { description }
    /// Shows nothing but the description, so that no dump of the value shows a secret.
    package var customMirror: Mirror { Mirror(self, children: ["route": description]) }
}

/// The sessions of others in one database.
package struct ObservedSessions: Sendable, Hashable {
    /// Those that the account may see, oldest first.
    package var visible: [ObservedSession]
    /// Those of which the account may not see where they come from and since when they are at it, by number. Whose
    /// they are, what they call themselves and what they have locked is known of them too.
    package var hidden: [ObservedSession]
    /// What may write without any session.
    package var workers: [ObservedWorker]
    /// The address from which Pawl's own sessions come; nil for a socket.
    package var ownAddress: String?

    /// All of them.
    var all: [ObservedSession] { visible + hidden }

    /// Puts them together.
    package init(
        visible: [ObservedSession],
        hidden: [ObservedSession] = [],
        workers: [ObservedWorker] = [],
        ownAddress: String? = nil
    ) {
        self.visible = visible
        self.hidden = hidden
        self.workers = workers
        self.ownAddress = ownAddress
    }
}

/// What writes to a database on the server's own behalf.
package struct ObservedWorker: Sendable, Hashable {
    /// What it is.
    package enum Kind: Sendable, Hashable {
        /// A subscription that is enabled: it writes what another database publishes.
        case subscription
        /// Another worker of the server, by its process number.
        case process(Int)
    }

    /// What it is.
    package var kind: Kind
    /// The subscription's name, or what the server calls the worker.
    package var name: String
    /// The role as which it writes.
    package var user: String

    /// Makes one.
    package init(_ kind: Kind, name: String, user: String) {
        self.kind = kind
        self.name = name
        self.user = user
    }
}

/// A session of somebody else, or a transaction that was prepared and belongs to no session. What it runs is not told:
/// statements hold secrets.
package struct ObservedSession: Sendable, Hashable {
    /// The server's process number; nil for a prepared transaction.
    package var backend: Int?
    /// The role.
    package var user: String
    /// What the application calls itself; of a prepared transaction its name.
    package var application: String
    /// Where it comes from; nil for a socket.
    package var address: String?
    /// How long its transaction has been open, in seconds; nil where none is.
    package var transactionSeconds: Double?
    /// Whether it has written something in that transaction.
    package var isWriting: Bool
    /// Whether its role has the right to write to a table.
    package var mayWrite: Bool
    /// The tables that it has locked, by name.
    package var tables: [String]
    /// The maintenance that it is doing; nil where it does none that can be told.
    package var work: MaintenanceWork?

    /// Makes a session.
    package init(
        backend: Int?,
        user: String,
        application: String,
        address: String? = nil,
        transactionSeconds: Double? = nil,
        isWriting: Bool = false,
        mayWrite: Bool = true,
        tables: [String] = [],
        work: MaintenanceWork? = nil
    ) {
        self.backend = backend
        self.user = user
        self.application = application
        self.address = address
        self.transactionSeconds = transactionSeconds
        self.isWriting = isWriting
        self.mayWrite = mayWrite
        self.tables = tables
        self.work = work
    }

    /// Who it is, in a few words.
    var text: String {
        guard let backend else { return "the prepared transaction `\(application)` of `\(user)`" }
        let name = application.isEmpty ? "a session" : "`\(application)`"
        let place = address.map { " at \($0)" } ?? ""
        return "\(name) of `\(user)`\(place) (process \(backend))"
    }
}

/// Work on a database as a whole, as administrators and their tools do it.
package enum MaintenanceWork: String, Sendable, Hashable, CaseIterable {
    case dump
    case restore
    case baseBackup = "base-backup"
    case rewrite
    case index
    case vacuum
    case schema

    /// The work in words that follow "is".
    var text: String {
        switch self {
        case .dump: "dumping the database"
        case .restore: "restoring into the database"
        case .baseBackup: "copying the server"
        case .rewrite: "rewriting tables"
        case .index: "building indexes"
        case .vacuum: "vacuuming"
        case .schema: "changing tables"
        }
    }

    /// Whether it only reads: then a migration at worst waits for it.
    var isReading: Bool {
        switch self {
        case .dump, .baseBackup, .vacuum: true
        case .restore, .rewrite, .index, .schema: false
        }
    }
}

/// A tool that is at work on the installation from outside of its databases.
package struct ObservedTool: Sendable, Hashable {
    /// What it is, such as `docker-compose up` or `container demo_api_run_1`.
    package var name: String
    /// Its process number; nil for a container.
    package var process: Int?

    /// Makes a tool.
    package init(name: String, process: Int? = nil) {
        self.name = name
        self.process = process
    }

    /// The tool in a few words.
    var text: String { "`\(name)`" + (process.map { " (process \($0))" } ?? "") }
}

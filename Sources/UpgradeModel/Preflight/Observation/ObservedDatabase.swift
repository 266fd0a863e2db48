/// One necessary database.
package struct ObservedDatabase: Sendable {
    /// The database, and how to reach it.
    package var resolved: ResolvedDatabase
    /// What came of connecting to it.
    package var connection: Fact<DatabaseConnection>
    /// What it would meet in a scratch cluster.
    package var scratch: Fact<ScratchTrial>

    /// Puts the facts together.
    package init(resolved: ResolvedDatabase, connection: Fact<DatabaseConnection>, scratch: Fact<ScratchTrial>) {
        self.resolved = resolved
        self.connection = connection
        self.scratch = scratch
    }

    /// The name that Pawl uses for it.
    package var name: String {
        resolved.definition.name
    }
}

/// What came of connecting to a database.
package enum DatabaseConnection: Sendable {
    /// It answered.
    case open(DatabaseFacts)
    /// It did not let Pawl in.
    case refused(DatabaseRefusal)
}

/// Why a database did not let Pawl in.
package struct DatabaseRefusal: Sendable, Hashable {
    /// The reasons that have a remedy of their own.
    package enum Reason: Sendable, Hashable {
        /// Nothing answers at the address.
        case noAnswer
        /// The user name or password is wrong.
        case credentials
        /// The server has no such database.
        case noSuchDatabase
        /// TLS could not be agreed on.
        case encryption
        /// Anything else.
        case other
    }

    /// The reason.
    package let reason: Reason
    /// What the server or the network said, without secrets.
    package let message: String

    /// Makes a refusal.
    package init(_ reason: Reason, message: String) {
        self.reason = reason
        self.message = message
    }
}

/// What a database says of itself.
package struct DatabaseFacts: Sendable {
    /// The server's version as it reports it, such as `15.6 (Debian 15.6-0+deb12u1)`.
    package var serverVersion: String
    /// The server's major version.
    package var serverMajor: Int
    /// Whether the server is a standby, which cannot be dumped consistently and cannot be migrated.
    package var isStandby: Bool
    /// What the account may not read, by object; a dump would fail on it.
    package var missingRights: Fact<[String]>
    /// What the account would lack for a restore, into a database that somebody else makes too; one clause each.
    package var missingRestoreRights: Fact<[String]>
    /// What keeps the account, or may keep it, from making a database anew by itself.
    package var restoreLimits: Fact<[RestoreLimit]>
    /// The database's size in bytes.
    package var bytes: Fact<Int64>
    /// What goes on in it.
    package var activity: DatabaseActivity

    /// Puts the facts together.
    package init(
        serverVersion: String,
        serverMajor: Int,
        isStandby: Bool,
        missingRights: Fact<[String]>,
        missingRestoreRights: Fact<[String]>,
        restoreLimits: Fact<[RestoreLimit]> = .known([]),
        bytes: Fact<Int64>,
        activity: DatabaseActivity
    ) {
        self.serverVersion = serverVersion
        self.serverMajor = serverMajor
        self.isStandby = isStandby
        self.missingRights = missingRights
        self.missingRestoreRights = missingRestoreRights
        self.restoreLimits = restoreLimits
        self.bytes = bytes
        self.activity = activity
    }
}

/// What an account may not do for a restore, but somebody else may do for it.
package enum RestoreLimit: Sendable, Hashable {
    /// It may not create databases.
    case databases
    /// It is no superuser, and PostgreSQL itself lets nobody else create this extension. Servers that others operate often
    /// do.
    case `extension`(String)
}

/// What a scratch cluster cannot make of what a database uses.
package struct ScratchTrial: Sendable, Hashable {
    /// Extensions that cannot be created there.
    package let missingExtensions: [String]
    /// Locales and collations that cannot be created there.
    package let missingLocales: [String]

    /// Makes a trial; both lists are empty where all is well.
    package init(missingExtensions: [String] = [], missingLocales: [String] = []) {
        self.missingExtensions = missingExtensions
        self.missingLocales = missingLocales
    }
}

/// One set of PostgreSQL's programs.
package struct ClientTools: Sendable, Hashable {
    /// Where a set is.
    package enum Place: Sendable, Hashable {
        /// In a folder of this machine.
        case machine(folder: String)
        /// In an image of the Engine.
        case image(name: String)
    }

    /// The major version.
    package let major: Int
    /// The whole version, such as `15.20`; nil where it is not known.
    package let version: String?
    /// Where it is.
    package let place: Place
    /// The programs that a backup and its proof need and that are not in it, such as `initdb`.
    package let missing: [String]

    /// Makes a set.
    package init(major: Int, version: String? = nil, place: Place, missing: [String] = []) {
        self.major = major
        self.version = version
        self.place = place
        self.missing = missing
    }
}

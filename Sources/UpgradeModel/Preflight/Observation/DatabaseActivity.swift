/// What goes on in a database and around it, apart from what it holds.
package struct DatabaseActivity: Sendable {
    /// What the connection itself tells about what lies between Pawl and the server.
    package var connection: Fact<ConnectionSigns>
    /// How far the server's clock is ahead of this machine's, in seconds; negative where it is behind.
    package var clockAhead: Fact<Double>
    /// Who else is there.
    package var sessions: Fact<ObservedSessions>
    /// How many more connections the server would accept.
    package var room: Fact<ConnectionRoom>
    /// The standbys and slots that the server writes for.
    package var replicas: Fact<[ObservedReplica]>

    /// Puts the facts together.
    package init(
        connection: Fact<ConnectionSigns>,
        clockAhead: Fact<Double>,
        sessions: Fact<ObservedSessions>,
        room: Fact<ConnectionRoom>,
        replicas: Fact<[ObservedReplica]>
    ) {
        self.connection = connection
        self.clockAhead = clockAhead
        self.sessions = sessions
        self.room = room
        self.replicas = replicas
    }
}

/// What a connection tells about what lies between Pawl and the server.
package struct ConnectionSigns: Sendable, Hashable {
    /// The process number that was announced when the connection was made.
    package var announced: Int
    /// The process number that the server itself says.
    package var answering: Int
    /// Why a second connection could not see the first one's snapshot, as one clause; nil where it could.
    package var snapshotTrouble: String?

    /// Puts the signs together.
    package init(announced: Int, answering: Int, snapshotTrouble: String? = nil) {
        self.announced = announced
        self.answering = answering
        self.snapshotTrouble = snapshotTrouble
    }
}

/// How many connections a server accepts, and how many there are.
package struct ConnectionRoom: Sendable, Hashable {
    /// A limit, and how many connections count towards it now.
    package struct Limit: Sendable, Hashable {
        /// The most connections there may be; nil where nothing limits them.
        package var most: Int?
        /// How many there are, Pawl's own among them.
        package var used: Int

        /// Makes a limit.
        package init(most: Int?, used: Int) {
            self.most = most
            self.used = used
        }

        /// How many more fit; nil where nothing limits them.
        var free: Int? { most.map { max(0, $0 - used) } }
    }

    /// The server's own, without the places that it reserves for others than Pawl's account.
    package var server: Limit
    /// The account's.
    package var account: Limit
    /// The database's.
    package var database: Limit

    /// Puts the limits together.
    package init(server: Limit, account: Limit, database: Limit) {
        self.server = server
        self.account = account
        self.database = database
    }

    /// How many connections Pawl has open at once while it backs a database up: one that holds the snapshot, one that
    /// reads fingerprints, `pg_dump`, one that looks who is there, and one to spare.
    package static let needed = 5
}

/// A standby or another reader of the server's log.
package struct ObservedReplica: Sendable, Hashable {
    /// What reads it, or would.
    package enum Kind: Sendable, Hashable {
        /// A standby that is connected, from this address.
        case standby(address: String)
        /// A slot that nobody reads from.
        case idleSlot
    }

    /// What it is.
    package var kind: Kind
    /// Its name.
    package var name: String
    /// How many bytes of the log it has still to read; nil where the account may not see it.
    package var bytesBehind: Int64?

    /// Makes a replica.
    package init(_ kind: Kind, name: String, bytesBehind: Int64?) {
        self.kind = kind
        self.name = name
        self.bytesBehind = bytesBehind
    }
}

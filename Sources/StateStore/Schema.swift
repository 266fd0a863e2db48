import GRDB

/// The tables, as a list of changes. Each is frozen once it has shipped: string literals only, never types of ours.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 journal") { database in
            try database.execute(
                sql: """
                    CREATE TABLE journal (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        run TEXT NOT NULL,
                        token INTEGER NOT NULL,
                        payload TEXT NOT NULL,
                        mark TEXT,
                        previous BLOB NOT NULL CHECK (length(previous) = 32),
                        hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32)
                    ) STRICT;
                    CREATE INDEX journal_by_run ON journal (run, id);
                    CREATE TABLE head (
                        one INTEGER PRIMARY KEY CHECK (one = 1),
                        id INTEGER NOT NULL,
                        hash BLOB NOT NULL
                    ) STRICT;
                    CREATE TRIGGER journal_is_for_good_1 BEFORE UPDATE ON journal
                    BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
                    CREATE TRIGGER journal_is_for_good_2 BEFORE DELETE ON journal
                    BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
                    CREATE TABLE lease (
                        one INTEGER PRIMARY KEY CHECK (one = 1),
                        token INTEGER NOT NULL CHECK (token > 0),
                        owner TEXT NOT NULL,
                        since INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE decision (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        run TEXT NOT NULL,
                        at INTEGER NOT NULL,
                        payload TEXT NOT NULL,
                        answered INTEGER NOT NULL DEFAULT 0 CHECK (answered IN (0, 1))
                    ) STRICT;
                    CREATE TABLE catalog (
                        source TEXT PRIMARY KEY,
                        checkedAt INTEGER NOT NULL,
                        memory TEXT NOT NULL
                    ) STRICT;
                    """
            )
        }
        migrator.registerMigration("2 backup records") { database in
            try database.execute(
                sql: """
                    CREATE TABLE backupRecord (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        kind TEXT NOT NULL CHECK (kind IN ('manifest', 'recipient')),
                        subject TEXT NOT NULL,
                        value TEXT NOT NULL,
                        previous BLOB NOT NULL CHECK (length(previous) = 32),
                        hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32)
                    ) STRICT;
                    CREATE INDEX backupRecord_by_subject ON backupRecord (kind, subject);
                    CREATE TABLE backupHead (
                        one INTEGER PRIMARY KEY CHECK (one = 1),
                        id INTEGER NOT NULL,
                        hash BLOB NOT NULL
                    ) STRICT;
                    CREATE TRIGGER backupRecord_is_for_good_1 BEFORE UPDATE ON backupRecord
                    BEGIN SELECT RAISE(ABORT, 'the records of backups are only ever added to'); END;
                    CREATE TRIGGER backupRecord_is_for_good_2 BEFORE DELETE ON backupRecord
                    BEGIN SELECT RAISE(ABORT, 'the records of backups are only ever added to'); END;
                    """
            )
        }
        migrator.registerMigration("3 access") { database in
            try database.execute(
                sql: """
                    CREATE TABLE account (
                        name TEXT PRIMARY KEY,
                        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
                        password TEXT,
                        createdAt INTEGER NOT NULL,
                        passwordSetAt INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE session (
                        id TEXT PRIMARY KEY,
                        account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
                        createdAt INTEGER NOT NULL,
                        seenAt INTEGER NOT NULL,
                        confirmedAt INTEGER NOT NULL,
                        address TEXT NOT NULL,
                        agent TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX session_by_account ON session (account);
                    CREATE TABLE token (
                        id TEXT PRIMARY KEY,
                        digest TEXT NOT NULL UNIQUE,
                        name TEXT NOT NULL,
                        account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
                        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
                        createdAt INTEGER NOT NULL,
                        expiresAt INTEGER NOT NULL,
                        usedAt INTEGER
                    ) STRICT;
                    CREATE INDEX token_by_account ON token (account);
                    CREATE TABLE knownAddress (
                        account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
                        address TEXT NOT NULL,
                        seenAt INTEGER NOT NULL,
                        PRIMARY KEY (account, address)
                    ) STRICT;
                    CREATE TABLE request (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
                        key TEXT NOT NULL,
                        at INTEGER NOT NULL,
                        digest TEXT NOT NULL,
                        status INTEGER,
                        type TEXT,
                        location TEXT,
                        body TEXT,
                        UNIQUE (account, key)
                    ) STRICT;
                    CREATE INDEX request_by_time ON request (at);
                    CREATE TABLE audit (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        actor TEXT NOT NULL,
                        address TEXT NOT NULL,
                        action TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        outcome TEXT NOT NULL CHECK (outcome IN ('asked', 'done', 'refused', 'failed')),
                        previous BLOB NOT NULL CHECK (length(previous) = 32),
                        hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32)
                    ) STRICT;
                    CREATE TABLE auditHead (
                        one INTEGER PRIMARY KEY CHECK (one = 1),
                        id INTEGER NOT NULL,
                        hash BLOB NOT NULL
                    ) STRICT;
                    CREATE TRIGGER audit_is_for_good_1 BEFORE UPDATE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
                    CREATE TRIGGER audit_is_for_good_2 BEFORE DELETE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
                    """
            )
            try database.execute(
                sql: """
                    CREATE TABLE consoleSetting (
                        name TEXT PRIMARY KEY,
                        value TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE notice (
                        id TEXT PRIMARY KEY,
                        at INTEGER NOT NULL,
                        payload TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE delivery (
                        id INTEGER PRIMARY KEY,
                        notice TEXT NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
                        channel TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'given-up')),
                        attempts INTEGER NOT NULL,
                        due INTEGER NOT NULL,
                        triedAt INTEGER,
                        answer TEXT,
                        UNIQUE (notice, channel)
                    ) STRICT;
                    CREATE INDEX delivery_by_state ON delivery (state);
                    """
            )
        }
        migrator.registerMigration("4 second factor") { database in
            try database.execute(
                sql: """
                    CREATE TABLE secondFactor (
                        account TEXT PRIMARY KEY REFERENCES account (name) ON DELETE CASCADE,
                        secret BLOB NOT NULL CHECK (length(secret) = 20),
                        setAt INTEGER NOT NULL,
                        newestStep INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE recoveryCode (
                        account TEXT NOT NULL REFERENCES secondFactor (account) ON DELETE CASCADE,
                        digest TEXT NOT NULL,
                        PRIMARY KEY (account, digest)
                    ) STRICT;
                    """
            )
        }
        migrator.registerMigration("5 audit mark") { database in
            try database.execute(
                sql: """
                    CREATE TABLE auditMark (
                        one INTEGER PRIMARY KEY CHECK (one = 1),
                        id INTEGER NOT NULL,
                        hash BLOB NOT NULL CHECK (length(hash) = 32)
                    ) STRICT;
                    """
            )
        }
        migrator.registerMigration("6 passwords of others") { database in
            try database.execute(
                sql: """
                    ALTER TABLE account ADD COLUMN mustChangePassword INTEGER NOT NULL DEFAULT 0
                        CHECK (mustChangePassword IN (0, 1));
                    """
            )
        }
        return migrator
    }
}

@testable import Postgres
import Testing
import UpgradeModel

@Suite struct SQLScriptTests {
    @Test func `a script is cut at semicolons that are none of a text, a name or a comment`() {
        let script = #"""
            -- a comment; not a statement
            \restrict abc
            SET a = 'x;y'; SELECT E'it\'s; fine', "odd;name", $tag$;$$;$tag$;

            \unrestrict abc
            COMMENT ON DATABASE "a;b" IS 'don''t;'
            """#
        #expect(
            SQLStatement.all(in: script).map { $0.words.map(\.text).joined(separator: " ") } == [
                "SET a = 'x;y'", #"SELECT E'it\'s; fine' , "odd;name" , $tag$;$$;$tag$"#,
                #"COMMENT ON DATABASE "a;b" IS 'don''t;'"#,
            ]
        )
    }

    @Test(arguments: [
        ("ALTER DATABASE demo OWNER TO demo", #"ALTER DATABASE "copy" OWNER TO demo"#),
        (
            "ALTER ROLE demo IN DATABASE demo SET work_mem TO 'demo'",
            #"ALTER ROLE demo IN DATABASE "copy" SET work_mem TO 'demo'"#
        ),
        ("COMMENT ON DATABASE demo IS 'DATABASE demo'", #"COMMENT ON DATABASE "copy" IS 'DATABASE demo'"#),
        ("CREATE DATABASE demo WITH TEMPLATE = template0", #"CREATE DATABASE "copy" WITH TEMPLATE = template0"#),
        (
            "UPDATE pg_catalog.pg_database SET datistemplate = 't' WHERE datname = 'demo'",
            "UPDATE pg_catalog.pg_database SET datistemplate = 't' WHERE datname = 'copy'"
        ),
        ("GRANT ALL ON DATABASE demo TO database", #"GRANT ALL ON DATABASE "copy" TO database"#),
        ("ALTER DATABASE other SET a TO b", "ALTER DATABASE other SET a TO b"),
    ])
    func `only the database's own name is replaced`(statement: String, renamed: String) {
        let found = SQLStatement.all(in: statement).map { $0.renaming(database: "demo", to: "copy").text }
        #expect(found == [renamed])
    }

    @Test func `a quoted name is told by what it means`() {
        let statement = SQLStatement.all(in: #"GRANT CONNECT ON DATABASE "odd""name" TO app"#)
        #expect(
            statement.map { $0.renaming(database: #"odd"name"#, to: #"c"d"#).text }
                == [#"GRANT CONNECT ON DATABASE "c""d" TO app"#]
        )
    }

    private let roles = RoleScript(
        """
        SET client_encoding = 'UTF8';
        CREATE ROLE app;
        ALTER ROLE app WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS PASSWORD 'md5;x';
        ALTER ROLE app SET work_mem TO '4MB';
        CREATE ROLE reader;
        ALTER ROLE reader WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
        COMMENT ON ROLE reader IS 'reads';
        GRANT reader TO app WITH ADMIN OPTION GRANTED BY postgres;
        GRANT SET ON PARAMETER work_mem TO app;
        GRANT SET ON PARAMETER work_mem TO reader;
        """
    )

    @Test func `only roles that are missing are made, and nobody's password is set who is there`() {
        #expect(roles.known == ["app", "reader"] && roles.logins == ["app"])
        #expect(roles.statements(missingFrom: ["app", "reader"], isSuperuser: true).isEmpty)
        let made = roles.statements(missingFrom: ["app"], isSuperuser: false)
        #expect(made.count == 5)
        #expect(made.allSatisfy { !$0.contains("PASSWORD") && !$0.contains("SUPERUSER") && !$0.contains("GRANTED") })
        #expect(made.contains { $0.hasPrefix("GRANT reader TO app WITH ADMIN OPTION") })
        #expect(made.last == "GRANT SET ON PARAMETER work_mem TO reader", "what others may set is left as it is")
    }

    @Test func `what is set for all roles is left as it is, and a role of that name is none of them`() {
        let roles = RoleScript(
            """
            CREATE ROLE "ALL";
            ALTER ROLE "ALL" WITH LOGIN;
            ALTER ROLE ALL SET "work_mem" TO '4MB';
            """
        )
        #expect(roles.known == ["ALL"] && roles.logins == ["ALL"])
        #expect(roles.statementsForAll == [#"ALTER ROLE ALL SET "work_mem" TO '4MB'"#])
        #expect(
            roles.statements(missingFrom: [], isSuperuser: true) == [
                #"CREATE ROLE "ALL""#, #"ALTER ROLE "ALL" WITH LOGIN"#,
            ]
        )
    }

    @Test(arguments: [
        ("work_mem", "4MB", #""work_mem" TO '4MB'"#),
        ("app.secret", #"it's, "a \ b""#, #""app.secret" TO 'it''s, "a \ b"'"#),
        ("search_path", #""$user", public,  "Odd, ""one""""#, #""search_path" TO '$user', 'public', 'Odd, "one"'"#),
        ("app.note", "it's\r\n\\ one\n", #""app.note" TO E'it''s\r\n\\ one\n'"#),
        ("search_path", #""""#, #""search_path" TO ''"#), ("temp_tablespaces", "", #""temp_tablespaces" TO ''"#),
    ])
    func `a setting for all roles is written so that it is set again as it was`(
        name: String,
        value: String,
        written: String
    ) {
        #expect(SettingsOfAllRoles.statement(name, value) == "ALTER ROLE ALL SET \(written)")
    }

    @Test func `a quote with an accent is a quote`() throws {
        let (single, double) = ("a'\u{301}b", "a\"\u{301}b")
        #expect(SQL.text(single).unicodeScalars.count { $0 == "'" } == 4)
        #expect(SQL.line(single + "\r\n") == "E'a''\u{301}b\\r\\n'")
        #expect(SQL.name(double).unicodeScalars.count { $0 == "\"" } == 4)
        #expect(ConnectionText.database(single) == "dbname='a\\'\u{301}b'")
        let statement = try #require(SQLStatement.all(in: "DROP ROLE \(SQL.name(double))").first)
        #expect(statement.words.last?.identifier == double)
        #expect(SettingsOfAllRoles.statement("search_path", "a, \"\u{301}b\"").hasSuffix(" TO 'a', '\u{301}b'"))
    }

    @Test func `names of copies fit, say what they are, and do not meet`() throws {
        let run = try #require(RunID("20261123-103045-7f3a"))
        let names = RestoreNames("demo", run: run)
        #expect(names.aside == "demo_before_20261123_103045_7f3a")
        #expect(names.making == "demo_restoring_20261123_103045_7f3a")
        let long = String(repeating: "ä", count: 31)
        let all = ["a", "b"].map { RestoreNames(long + $0, run: run) }.flatMap { [$0.making, $0.finished, $0.aside] }
        #expect(all.allSatisfy { $0.utf8.count <= RestoreNames.longest })
        #expect(Set(all).count == all.count)
    }
}

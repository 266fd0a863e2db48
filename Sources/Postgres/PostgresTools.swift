import Foundation
import Processes
package import UpgradeModel

/// PostgreSQL's own programs of one major version.
package struct PostgresTools: Sendable, Hashable {
    /// The major version.
    package let major: Int
    /// The folder that holds them.
    package let folder: String

    /// What Pawl needs: clients to dump and restore, and a server for the scratch copy.
    package static let programs = ["pg_dump", "pg_dumpall", "pg_restore", "psql", "initdb", "postgres"]

    /// Names a folder of programs without looking at it.
    package init(major: Int, folder: String) {
        self.major = major
        self.folder = folder
    }

    /// The path of one of the programs.
    package func path(_ program: String) -> String { "\(folder)/\(program)" }

    /// Finds the programs of a major version.
    ///
    /// `major`: the server's major version. `folders`: folders to look into before the usual ones; `%` stands for the
    /// major version. Throws `Trouble` that says which package to install.
    package static func locate(major: Int, folders: [String] = []) async throws(Trouble) -> PostgresTools {
        let usual = [
            "/usr/lib/postgresql/%/bin", "/usr/pgsql-%/bin", "/usr/local/pgsql-%/bin", "/opt/postgresql/%/bin",
        ]
        let named = (folders + usual).map { $0.replacing("%", with: "\(major)") }
        var incomplete: [String] = []
        for folder in named + SearchPath.current.folders {
            let tools = PostgresTools(major: major, folder: folder)
            let missing = programs.filter { SearchPath.current.find(tools.path($0)) == nil }
            // A link in PATH may lead to another version's client, so only the program itself can say.
            guard !missing.contains("pg_dump"), await tools.reportedMajor("pg_dump") == major else { continue }
            guard missing.isEmpty else {
                incomplete = missing
                continue
            }
            guard await tools.reportedMajor("postgres") == major else { continue }
            return tools
        }
        let what =
            incomplete.isEmpty ? "PostgreSQL \(major)'s programs are" : "\(incomplete.joined(separator: ", ")) is"
        throw Trouble(
            .environment,
            "postgres-tools-missing",
            "\(what) not on this machine; a dump and its proof need the server's own major version.",
            remedy: "Install them: apt-get install postgresql-\(major) postgresql-client-\(major)"
                + " (from apt.postgresql.org where the system has another version)."
        )
    }

    private static func candidates(_ major: Int, _ folders: [String]) -> [String] {
        let usual = [
            "/usr/lib/postgresql/%/bin", "/usr/pgsql-%/bin", "/usr/local/pgsql-%/bin", "/opt/postgresql/%/bin",
        ]
        return (folders + usual).map { $0.replacing("%", with: "\(major)") } + SearchPath.current.folders
    }

    /// The major version that a program says it is; nil where it says none.
    private func reportedMajor(_ program: String) async -> Int? {
        await reportedVersion(program).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    /// The version that a program says it is, such as `15.20`; nil where it says none.
    private func reportedVersion(_ program: String) async -> String? {
        let command = Command(path(program), ["--version"])
        // On a machine with much to do even that takes its time, and what is late is not missing.
        guard let answer = try? await collect(command, deadline: .seconds(60)), answer.status.isSuccess else {
            return nil
        }
        return Self.version(in: answer.text)
    }

    /// Reads the version out of `pg_dump (PostgreSQL) 15.20 (Debian …)`; nil where there is none.
    package static func version(in text: String) -> String? {
        guard let start = text.firstRange(of: "(PostgreSQL) ")?.upperBound else { return nil }
        let version = text[start...].prefix { !$0.isWhitespace }
        return version.first?.isNumber == true ? String(version) : nil
    }
}

extension PostgresTools {
    /// The sets of programs on this machine, whole or not, for some major versions.
    ///
    /// - Parameters:
    ///   - majors: the servers' major versions.
    ///   - folders: see `locate`.
    /// - Returns: every folder that has the `pg_dump` of one of the versions, with what is missing there.
    package static func survey(majors: Set<Int>, folders: [String] = []) async -> [ClientTools] {
        var found: [ClientTools] = []
        for major in majors.sorted() {
            for folder in candidates(major, folders).uniqued {
                let tools = PostgresTools(major: major, folder: folder)
                guard SearchPath.current.find(tools.path("pg_dump")) != nil,
                    await tools.reportedMajor("pg_dump") == major
                else { continue }
                // The scratch server is what must know everything that the source's server knows.
                var version = await tools.reportedVersion("postgres")
                if version == nil { version = await tools.reportedVersion("pg_dump") }
                var missing = programs.filter { SearchPath.current.find(tools.path($0)) == nil }
                if !missing.contains("postgres"), await tools.reportedMajor("postgres") != major {
                    missing.append("postgres")
                }
                missing += ["zstd"].filter { SearchPath.current.find($0) == nil }
                found.append(
                    ClientTools(major: major, version: version, place: .machine(folder: folder), missing: missing)
                )
            }
        }
        return found
    }
}

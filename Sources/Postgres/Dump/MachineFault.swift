import Glibc
import Processes
import UpgradeModel

/// Tells what a failing program says of this machine, or of the identity that was given, from what it says of the file
/// that it was to read. Only the latter is a finding about a backup.
///
/// The texts are PostgreSQL's and age's own, untranslated: scratch servers and tools speak English.
enum MachineFault {
    /// The signals that come from outside; others a program earns by what it reads.
    private static let signals: Set<Int32> = [SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT]

    /// Whether somebody else, or the system for want of memory, has ended a program.
    static func isKilled(_ status: ExitStatus) -> Bool {
        if case .signal(let signal) = status { return signals.contains(signal) }
        return false
    }

    static func killed(_ name: String, _ status: ExitStatus) -> Trouble {
        Trouble(
            .environment,
            "program-killed",
            "\(name) was killed (\(status)).",
            remedy: "See in the system's log who did it, the kernel for want of memory perhaps; then start it again."
        )
    }

    /// What an identity lacks to decrypt anything; nil where something else is the matter.
    static func identity(_ said: String) -> Trouble? {
        let words = ["failed to decrypt identity file", "passphrase", "reading \"", "plugin", "no secret keys found"]
        let lines = said.split(separator: "\n").filter { $0.hasPrefix("age: error:") }
        guard let line = lines.first(where: { line in words.contains { line.contains($0) } }) else { return nil }
        return Trouble(
            .operator,
            "identity-unreadable",
            "The identity that was given cannot be used: \(line.dropFirst("age: error: ".count))",
            remedy: "Give a file with the identity itself, readable for this user; one that asks for a passphrase can "
                + "be opened beforehand: `age -d IDENTITY > FILE`."
        )
    }

    /// What this machine lacks to restore a dump; nil where nothing says so.
    static func restoring(_ said: String) -> Trouble? {
        let lines = said.split(separator: "\n")
        // A worker that has said why it ends was not taken away by the machine.
        let hasReason = lines.contains { $0.contains("error:") && !$0.contains(lostWorker) }
        for fault in faults {
            if fault.signs == [lostWorker], hasReason { continue }
            guard let line = lines.first(where: { line in fault.signs.contains { line.contains($0) } }) else {
                continue
            }
            return Trouble(.environment, fault.code, "\(fault.what): \(line)", remedy: fault.remedy)
        }
        return nil
    }

    private struct Fault: Sendable {
        var code: String
        var signs: [String]
        var what: String
        var remedy: String
    }

    private static let lostWorker = "a worker process died unexpectedly"
    private static let seeMemory = "See the system's log, and that there is memory; then start it again."

    private static let faults = [
        Fault(
            code: "extension-missing",
            signs: [
                "could not open extension control file", "Could not open extension control file",
                "has no installation script nor update path", "could not access file \"", "could not load library",
            ],
            what: "PostgreSQL here lacks an extension that the database uses",
            remedy: "Install the extension's package for this version of PostgreSQL on this machine; then start it "
                + "again."
        ),
        Fault(
            code: "locale-missing",
            signs: [
                "invalid locale name", "locale name: \"", "could not create locale",
                "could not open collator for locale", "ICU is not supported in this build",
            ],
            what: "This machine lacks a locale that the database uses",
            remedy: "Make the locale on this machine, such as with `locale-gen`; then start it again."
        ),
        Fault(
            code: "scratch-server-gone",
            signs: [
                "server closed the connection unexpectedly", "Is the server running", "terminating connection",
                "ERROR:  out of memory", "out of shared memory",
            ],
            what: "The scratch server ended or had no memory",
            remedy: seeMemory
        ),
        Fault(
            code: "scratch-server-gone",
            signs: [lostWorker],
            what: "A part of the restore ended or had no memory",
            remedy: seeMemory
        ),
    ]
}

import Foundation
import Processes
import UpgradeModel

/// Runs pipelines whose every stage must succeed, and tells how far they are.
enum Pipes {
    /// Runs a pipeline.
    ///
    /// `code`: the code of the trouble where a stage fails. `tolerated`: stages, by their index, that may be ended by
    /// a pipe whose reader has read enough. Throws `Trouble` with what the failing stage said.
    static func run(
        _ stages: [Command],
        log: ToolLog,
        input: Endpoint = .nothing,
        output: Endpoint = .log,
        code: String,
        tolerated: Set<Int> = []
    ) async throws(Trouble) {
        let ends: [ExitStatus]
        do throws(ProcessFailure) {
            ends = try await pipeline(stages, log: log, input: input, output: output)
        } catch {
            throw Trouble(error)
        }
        // A stage that lost its reader is not the cause; the reader is.
        let broken = ends.indices.filter { !ends[$0].isSuccess && !(tolerated.contains($0) && isPipeEnd(ends[$0])) }
        guard let culprit = broken.last(where: { !isPipeEnd(ends[$0]) }) ?? broken.first else { return }
        // Whoever comes after one that was killed complains of what is missing.
        if let killed = broken.first(where: { MachineFault.isKilled(ends[$0]) }) {
            throw MachineFault.killed(stages[killed].name, ends[killed])
        }
        let decrypts = stages.contains { $0.name == "age" && $0.arguments.first == "-d" }
        if decrypts, let fault = MachineFault.identity(log.tail()) { throw fault }
        var places = [log.path]
        if case .path(let path) = output { places.append(path) }
        throw failure(
            stages[culprit].name,
            ends[culprit],
            said: log.tail(),
            code: code,
            // Where the log is on the full disk too, the tool could not say it.
            isFull: places.contains(where: DurableFiles.isDiskFull)
        )
    }

    static func failure(
        _ name: String,
        _ status: ExitStatus,
        said: String,
        code: String,
        isFull: Bool = false
    ) -> Trouble {
        if isFull || said.contains("No space left on device") {
            return Trouble(
                .environment,
                "disk-full",
                "The disk was full while \(name) ran.",
                remedy: "Free disk space there, then try again; no finished set was touched."
            )
        }
        if code == "restore-failed", let fault = MachineFault.restoring(said) { return fault }
        let lines = said.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let telling = lines.filter { $0.contains("error:") || $0.contains("ERROR:") || $0.contains("FATAL:") }
        let words = (telling.isEmpty ? lines.suffix(3) : telling.prefix(3)).joined(separator: " ")
        return Trouble(
            .environment,
            code,
            "\(name) failed (\(status))\(words.isEmpty ? "" : ": \(words)")",
            remedy: "Look at what it says and at the server's log, then try again."
        )
    }

    private static func isPipeEnd(_ status: ExitStatus) -> Bool {
        status == .signal(SIGPIPE) || status == .code(128 + SIGPIPE)
    }

    /// Does some work and tells meanwhile, twice a second, how far it is. Throws what the work throws.
    static func reporting<Value: Sendable>(
        _ report: @Sendable @escaping () -> Void,
        _ work: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while !Task.isCancelled {
                    report()
                    try? await Task.sleep(for: .milliseconds(500))
                }
                return nil
            }
            defer { group.cancelAll() }
            while let done = try await group.next() {
                if let done {
                    report()
                    return done
                }
            }
            throw CancellationError()
        }
    }
}

extension Trouble {
    /// Any error as a trouble: its own where it is one.
    init(any error: any Error) {
        switch error {
        case let trouble as Trouble: self = trouble
        case let failure as ProcessFailure: self.init(failure)
        case is CancellationError:
            self.init(.environment, "cancelled", "The work was cancelled.", remedy: "Start it again.")
        default:
            self.init(.internal, "unexpected", "Something unexpected: \(error)", remedy: "Report this as a bug.")
        }
    }
}

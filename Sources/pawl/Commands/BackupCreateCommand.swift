import ArgumentParser
import Foundation
import Postgres
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// Makes a backup set of the installation as it is, and proves it. Writers go on meanwhile.
struct BackupCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Dump every necessary database, with configuration and keys, and prove it by a restore.",
        discussion: "Services go on running: every dump is a consistent picture, each of its own instant."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workplace = try Workplace(options)
        let ticker = Ticker(options)
        let set = try await make(workplace, ticker)
        let report = try BackupShelf(workplace).report(on: ListedSet(set))
        Answer(options).give(report, text: report.text)
    }

    private func make(_ workplace: Workplace, _ ticker: Ticker) async throws -> BackupSet {
        let trail = CommandTrail(workplace)
        trail.note(.backup, of: "installation", .asked)
        do {
            let set = try await BackupMaking(workplace).make { ticker.show($0) }
            trail.note(.backup, of: "installation: \(set.id)", .done)
            return set
        } catch {
            trail.note(.backup, of: "installation", endedBy: error)
            throw error
        }
    }
}

/// Tells on a terminal how far a backup is.
struct Ticker: Sendable {
    private let isOn: Bool

    init(_ options: GlobalOptions) { isOn = options.output == .table && isatty(STDERR_FILENO) == 1 }

    func show(_ progress: BackupProgress) {
        show(UpgradeEngine.Progress(progress.words, fraction: progress.fraction))
    }

    func show(_ progress: UpgradeEngine.Progress) {
        guard isOn else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(TextLayout.plain(progress.message).prefix(78))".utf8))
        if progress.fraction == 1 { clear() }
    }

    /// Takes the line away.
    func clear() {
        if isOn { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}

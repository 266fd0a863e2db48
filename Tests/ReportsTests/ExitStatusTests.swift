import Testing
import UpgradeModel

@testable import Reports

@Suite struct ExitStatusTests {
    @Test(
        arguments: [
            (Blame.operator, false, 3), (.operator, true, 4), (.release, false, 3), (.release, true, 4),
            (.environment, false, 5), (.environment, true, 4), (.internal, false, 1), (.internal, true, 1),
        ] as [(Blame, Bool, Int32)]
    )
    func `a trouble ends the command as the table says`(blame: Blame, changed: Bool, code: Int32) {
        let trouble = Trouble(blame, "some-code", "m", changed: changed, remedy: "r")
        #expect(ExitStatus(trouble).rawValue == code)
    }

    @Test(
        arguments: [
            ("another-run", 6), ("another-target", 6), ("run-open", 6), ("unknown-backup", 2), ("backup-unknown", 2),
            ("wrong-user", 2), ("usage", 2), ("configuration-invalid", 2),
            ("configuration-unreadable", 2),
        ] as [(String, Int32)]
    )
    func `some codes have a status of their own`(code: String, status: Int32) {
        #expect(ExitStatus(Trouble(.operator, code, "m", remedy: "r")).rawValue == status)
    }

    @Test func `the reference lists every status`() throws {
        let page = try Reference.page("exit-codes.md")
        let listed = page.matches(of: #/(?m)^\| ([0-9]) \| [a-z]/#).compactMap { Int32($0.1) }
        #expect(listed == ExitStatus.allCases.map(\.rawValue))
    }

    @Test func `a trouble in words says whose, what, whether anything changed, and what to do`() {
        let text = Trouble(.environment, "c", "The disk is full.", remedy: "Free some space.").text
        #expect(text.contains("The disk is full."))
        #expect(text.contains("Nothing was changed."))
        #expect(text.contains("Free some space."))
    }

    @Test func `what was stopped on purpose is nobody's fault`() {
        let trouble = Trouble(.operator, "interrupted", "It was asked to stop.", remedy: "Start it again.")
        #expect(trouble.text.hasPrefix("Stopped: "))
        #expect(ExitStatus(trouble) == .refused)
    }
}

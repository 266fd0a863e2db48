import Foundation
import Reports
import UpgradeEngine
import UpgradeModel

/// Shows a run while it goes on: redrawn in place on a terminal, one line an event elsewhere.
struct LiveScreen {
    let isLive: Bool
    private var drawnLines = 0
    private var lastTick = 0

    init(isLive: Bool) { self.isLive = isLive }

    mutating func show(_ view: RunView, new events: [EventView], at now: Moment) {
        guard isLive else {
            for event in events { Output.text(Self.line(event)) }
            return
        }
        let tick = Int(now.microseconds / 500_000)
        guard !events.isEmpty || tick != lastTick else { return }
        lastTick = tick
        let lines = Self.lines(view, at: now)
        // Up to where the last picture began, and clear from there.
        let up = drawnLines > 0 ? "\u{1B}[\(drawnLines)A\u{1B}[J" : ""
        Output.raw(up + lines.joined(separator: "\n") + "\n")
        drawnLines = lines.count
    }

    mutating func finish() { drawnLines = 0 }

    /// One line in at most 80 columns for terminals that are none, files and pipes.
    static func line(_ event: EventView) -> String {
        let time = event.at.description.dropFirst(11).prefix(8)
        let place = event.hop.map { "\($0) " } ?? ""
        return TextLayout.wrap("\(time)  \(place)\(TextLayout.plain(event.message))", indent: 10)
    }

    private static func lines(_ view: RunView, at now: Moment) -> [String] {
        let current = view.machine.hop?.target ?? view.machine.plan.hops.last
        let hops = view.machine.plan.hops
        let index = current.flatMap { hops.firstIndex(of: $0) } ?? 0
        var lines = ["Hop \(index + 1) of \(hops.count): to \(current?.description ?? "")"]
        let steps = view.steps.filter { $0.hop == current }
        for step in steps {
            lines.append(row(step, view: view, at: now))
            if step.step == .verify { lines.append(Terminal.coloured("  ── point of no return ──", .faint)) }
        }
        if let left = remaining(steps, at: now) { lines.append("About \(left) left of this hop.") }
        return lines
    }

    private static func row(_ step: StepView, view: RunView, at now: Moment) -> String {
        let title = step.step.title + String(repeating: " ", count: max(1, 20 - step.step.title.count))
        switch step.state {
        case .done: return Terminal.coloured("  ✓ ", .green) + title + TextLayout.duration(step.seconds ?? 0)
        case .failed: return Terminal.coloured("  ✗ ", .red) + title + TextLayout.duration(step.seconds ?? 0)
        case .waiting: return Terminal.coloured("  · ", .faint) + title + expectation(step)
        case .running:
            let taken = step.startedAt.map { $0.seconds(to: now) } ?? 0
            let words = TextLayout.plain(view.progress?.message ?? view.machine.pending?.title ?? "")
            let bar = view.progress?.fraction.map { Self.bar($0) + " " } ?? ""
            let head = "  ▸ " + title + bar + TextLayout.duration(taken) + "  "
            return Terminal.coloured("  ▸ ", .yellow) + head.dropFirst(4)
                + String(words.prefix(max(0, TextLayout.columns - head.count)))
        }
    }

    private static func expectation(_ step: StepView) -> String {
        step.expectedSeconds.map { "about " + TextLayout.duration($0) } ?? ""
    }

    private static func bar(_ fraction: Double) -> String {
        let filled = Int((min(1, max(0, fraction)) * 10).rounded(.down))
        return "[" + String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled) + "]"
    }

    /// What is left by this installation's own runs; nil where it has none to go by.
    private static func remaining(_ steps: [StepView], at now: Moment) -> String? {
        var seconds = 0.0
        for step in steps where step.state == .waiting || step.state == .running {
            guard let expected = step.expectedSeconds else { return nil }
            let taken = step.state == .running ? step.startedAt.map { $0.seconds(to: now) } ?? 0 : 0
            seconds += max(0, expected - taken)
        }
        return seconds > 0 ? TextLayout.duration(seconds) : nil
    }
}

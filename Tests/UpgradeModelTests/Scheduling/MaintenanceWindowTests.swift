import Foundation
import Simulators
import Testing
import UpgradeModel

struct MaintenanceWindowTests {
    private static func window(_ days: Set<Weekday>, _ from: String, _ to: String) throws -> MaintenanceWindows.Window {
        try MaintenanceWindows.Window(on: days, from: from, to: to)
    }

    /// Whether a reading of the clock lies in a window, by the words of the rule.
    private static func holds(_ window: MaintenanceWindows.Window, _ reading: WallClock.Reading) -> Bool {
        let minute = reading.hour * 60 + reading.minute
        let today = window.weekdays.contains { $0.rawValue == reading.weekday }
        let yesterday = window.weekdays.contains { $0.rawValue == (reading.weekday + 6) % 7 }
        if window.to > window.from { return today && minute >= window.from && minute < window.to }
        return today && minute >= window.from || yesterday && minute < window.to
    }

    @Test(arguments: ["UTC", "Europe/Madrid", "America/New_York"])
    func `windows are open exactly when a walk minute by minute says`(name: String) throws {
        var chance = SeededGenerator(seed: 42)
        for first in [1_772_323_200, 1_792_000_020] {
            let minutes = 14 * 1440
            let zone = try FoundationZones.rules(name, from: first - 30 * 86_400, to: first + 60 * 86_400)
            for _ in 0..<2 {
                let windows = try (0..<3).map { _ in
                    let days = Weekday.allCases.filter { _ in Bool.random(using: &chance) }
                    let times = (0..<2).map { _ in
                        String(
                            format: "%02d:%02d",
                            Int.random(in: 0...23, using: &chance),
                            Int.random(in: 0...59, using: &chance)
                        )
                    }
                    return try Self.window(Set(days + [.saturday]), times[0], times[1])
                }
                let all = MaintenanceWindows(windows)
                var shown = WallClock.reading(zone.local(Moment(wholeSeconds: first - 60)).number)
                var wrong: [Int] = []
                var opened: Int?
                try WallClock(zone: FoundationZones.zone(name)).walk(from: first, minutes: minutes) { seconds, new in
                    // What is shown again has been shown: time does not go back within a window.
                    shown = new.last ?? shown
                    guard seconds / 60 % 5 == 0 else { return }
                    let isOpen = all.isOpen(at: Moment(wholeSeconds: seconds), in: zone)
                    if isOpen != windows.contains(where: { Self.holds($0, shown) }) { wrong.append(seconds) }
                    if isOpen, opened == nil { opened = seconds }
                }
                #expect(wrong.isEmpty)
                #expect(opened != nil)
            }
        }
    }

    @Test func `an overnight window closes on the next morning`() throws {
        let windows = MaintenanceWindows([try Self.window([.friday], "22:00", "04:00")])
        let thursday = try #require(Moment("2026-11-26T12:00:00Z"))
        let next = try #require(windows.next(after: thursday, in: .utc))
        #expect(next.from.description == "2026-11-27T22:00:00Z" && next.to.description == "2026-11-28T04:00:00Z")
        #expect(windows.opening(at: next.from, in: .utc) == next)
        #expect(!windows.isOpen(at: next.to, in: .utc) && !windows.isOpen(at: thursday, in: .utc))
    }

    @Test func `windows that touch are one stretch`() throws {
        let windows = MaintenanceWindows([
            try Self.window([.friday], "22:00", "00:00"), try Self.window([.saturday], "00:00", "06:00"),
        ])
        let night = try #require(Moment("2026-11-27T23:00:00Z"))
        #expect(windows.opening(at: night, in: .utc)?.to.description == "2026-11-28T06:00:00Z")
    }

    @Test func `without windows it is always open, and none comes next`() throws {
        let now = try #require(Moment("2026-11-27T23:00:00Z"))
        #expect(MaintenanceWindows().isOpen(at: now, in: .utc))
        #expect(MaintenanceWindows().next(after: now, in: .utc) == nil)
    }

    @Test(arguments: ["24:00", "1:00", "12:60", "noon", "", "-1:00"])
    func `what is no time of the day is refused`(text: String) {
        #expect(throws: Trouble.self) { try Self.window([.monday], text, "10:00") }
        #expect(throws: Trouble.self) { try Self.window([.monday], "10:00", text) }
    }

    @Test func `a window without a day is refused`() {
        #expect(throws: Trouble.self) { try Self.window([], "10:00", "11:00") }
    }
}

import Foundation
import Simulators
import Testing

@testable import UpgradeModel

@Suite struct DayTests {
    /// A calendar that counts as Day does, before 1582 too.
    private func gregorian() throws -> Calendar {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        return calendar
    }

    @Test func `every day is what Foundation says`() throws {
        let calendar = try gregorian()
        for number in stride(from: -140_000, through: 2_932_896, by: 61) {
            let day = try #require(Day(number: number))
            let date = Date(timeIntervalSince1970: Double(number) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            #expect(day.components.year == parts.year)
            #expect(day.components.month == parts.month)
            #expect(day.components.day == parts.day)
        }
    }

    @Test func `days in a row are written and read back`() throws {
        var previous = try #require(Day("0001-01-01"))
        for number in (previous.number + 1)...(previous.number + 160_000) {
            let day = try #require(Day(number: number))
            let (year, month, dayOfMonth) = day.components
            #expect(Day(year: year, month: month, day: dayOfMonth) == day)
            #expect(day.components > previous.components)
            previous = day
        }
        for text in ["0001-01-01", "1600-02-29", "1970-01-01", "2000-02-29", "2026-11-23", "9999-12-31"] {
            #expect(Day(text)?.description == text)
        }
    }

    @Test(arguments: [
        "2025-02-29", "1900-02-29", "2025-00-10", "2025-13-01", "2025-04-31", "2025-1-01", "25-01-01", "0000-01-01",
        "2025-01-01T00:00:00Z", " 2025-01-01", "2025/01/01", "２025-01-01", "+025-01-01", "",
    ])
    func `what is no day is refused`(_ text: String) {
        #expect(Day(text) == nil)
    }

    @Test func `months are added as the calendar counts them`() throws {
        #expect(try #require(Day("2024-02-29")).adding(months: 12) == Day("2025-02-28"))
        #expect(try #require(Day("2024-02-29")).adding(months: 48) == Day("2028-02-29"))
        #expect(try #require(Day("2025-01-31")).adding(months: 1) == Day("2025-02-28"))
        #expect(try #require(Day("2025-07-16")).adding(months: 12) == Day("2026-07-16"))
        #expect(try #require(Day("2025-12-31")).adding(months: -1) == Day("2025-11-30"))
        #expect(try #require(Day("9999-12-01")).adding(months: 1) == nil)
        #expect(try #require(Day("2025-12-01")).adding(months: .max) == nil)
        #expect(try #require(Day("2025-12-01")).adding(days: .max) == nil)
        let calendar = try gregorian()
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2_000 {
            let number = Int.random(in: -100_000...100_000, using: &generator)
            let months = Int.random(in: 0...60, using: &generator)
            let date = Date(timeIntervalSince1970: Double(number) * 86_400)
            let later = try #require(calendar.date(byAdding: .month, value: months, to: date))
            let expected = Int((later.timeIntervalSince1970 / 86_400).rounded())
            #expect(Day(number: number)?.adding(months: months)?.number == expected)
        }
    }
}

@Suite struct MomentTests {
    @Test(arguments: [
        ("2026-03-02T10:11:12Z", "2026-03-02T10:11:12Z"),
        ("2026-03-02t10:11:12.5z", "2026-03-02T10:11:12.500Z"),
        ("2026-03-02 12:11:12.123456789+02:00", "2026-03-02T10:11:12.123456Z"),
        ("2026-03-01T23:30:00-01:00", "2026-03-02T00:30:00Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ])
    func `moments are read in any zone and written in UTC`(_ text: String, _ expected: String) throws {
        let moment = try #require(Moment(text))
        #expect(moment.description == expected)
        #expect(Moment(expected) == moment)
        #expect(moment.day.description == expected.prefix(10))
    }

    @Test(arguments: [
        "2026-03-02", "2026-03-02T10:11:12", "2026-03-02T24:00:00Z", "2026-03-02T10:60:00Z", "2026-03-02T10:11:61Z",
        "2026-03-02T10:11:12.Z", "2026-03-02T10:11:12+0200", "2026-03-02T10:11:12+24:00", "2026-02-30T10:11:12Z",
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:60Z", "2026-03-02T10:11:12ZZ", "2026-03-02X10:11:12Z",
    ])
    func `what is no moment is refused`(_ text: String) {
        #expect(Moment(text) == nil)
    }

    @Test func `moments are counted with durations`() throws {
        let first = try #require(Moment("2026-03-02T10:11:12Z"))
        let later = first.adding(.milliseconds(1500))
        #expect(later.description == "2026-03-02T10:11:13.500Z")
        #expect(later.since(first) == .milliseconds(1500))
        #expect(first.adding(.seconds(-86_400)).day.description == "2026-03-01")
        #expect(first.adding(.seconds(Int64.max / 2)).description == "9999-12-31T23:59:59.999999Z")
        #expect(Moment(microseconds: .min).description == "0001-01-01T00:00:00Z")
        #expect(Moment(microseconds: -1).day.description == "1969-12-31")
    }
}

import Testing
@testable import UpgradeModel

struct SequencePositionTests {
    @Test(arguments: [
        ("42 used to 57 used", "42 used"), ("42 used to 57 used", "50 used"), ("42 used to 57 used", "57 used"),
        ("1 unused to 9 used", "1 unused"), ("1 unused to 9 used", "1 used"), ("1 unused to 1 used", "1 used"),
        ("-3 used to -8 used", "-5 used"), ("7 used", "7 used"), ("7 unused", "7 unused"),
        ("-3 used to -8 used", "-3 used"), ("-3 used to -8 used", "-8 used"), ("-1 unused to -4 used", "-1 unused"),
        ("-1 unused to -4 used", "-1 used"), ("1 unused to 9 used", "9 used"), ("1 unused to 1 used", "1 unused"),
        ("1 used to 9 unused", "9 unused"),
    ])
    func `a place on the way is covered`(way: String, place: String) throws {
        #expect(try #require(SequencePosition(way)).covers(place))
    }

    @Test(arguments: [
        ("42 used to 57 used", "41 used"), ("42 used to 57 used", "58 used"), ("42 used to 57 used", "42 unused"),
        ("1 unused to 9 used", "0 used"), ("-3 used to -8 used", "-2 used"), ("-3 used to -8 used", "-9 used"),
        ("42 used to 57 used", "42 used to 57 used"), ("42 used to 57 used", ""), ("7 used", "7 unused"),
        ("1 unused to 9 unused", "9 used"), ("-3 used to -8 used", "-3 unused"), ("-3 used to -8 unused", "-8 used"),
        ("7 unused", "7 used"), ("7 used", "8 used"), ("7 used", "6 used"),
    ])
    func `any other place is not`(way: String, place: String) throws {
        #expect(try !#require(SequencePosition(way)).covers(place))
    }

    @Test(arguments: [
        "", "42", "used 42", "42 used to", "42 used to x used", "to", "42  used", "42 spent",
        "42 used now", "x used to 42 used", "9223372036854775808 used", "42 used to 43 used to 44 used",
    ])
    func `what is no position is none`(text: String) {
        #expect(SequencePosition(text) == nil)
    }

    @Test func `a way is written only where something moved`() {
        #expect(SequencePosition.text(from: "1 unused", to: "1 unused") == "1 unused")
        #expect(SequencePosition.text(from: "1 unused", to: "4 used") == "1 unused to 4 used")
        #expect(SequencePosition.text(from: "1 unused", to: nil) == "1 unused")
        #expect(SequencePosition.text(from: nil, to: "4 used") == "4 used")
        #expect(SequencePosition.text(from: nil, to: nil) == nil)
    }
}

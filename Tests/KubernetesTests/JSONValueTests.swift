import Testing

@testable import Kubernetes

@Suite struct JSONValueTests {
    @Test func `what was read is written as it was, numbers and order included`() throws {
        let text = #"{"b":1.50,"a":[1e3,-0,true,null,"é\"\\\u0001"],"c":{}}"#
        let value = try #require(JSONValue.read(Array(text.utf8), limit: 1000))
        #expect(value.text == text)
    }

    @Test func `a field deep inside is set, and everything else stays`() throws {
        var value = try #require(JSONValue.read(Array(#"{"spec":{"unknown":7},"x":[1]}"#.utf8), limit: 100))
        value[path: ["spec", "replicas"]] = 3
        value[path: ["metadata", "labels", "app"]] = "shop"
        #expect(value.text == #"{"spec":{"unknown":7,"replicas":3},"x":[1],"metadata":{"labels":{"app":"shop"}}}"#)
        value[path: ["spec", "unknown"]] = nil
        #expect(value[path: ["spec", "unknown"]] == nil)
        #expect(value["spec"]?.text == #"{"replicas":3}"#)
    }

    @Test(arguments: ["", "{", "<html>", #"{"a":1}x"#, #"{"a":1,"a":2}"#])
    func `what is no JSON is not read`(text: String) {
        #expect(JSONValue.read(Array(text.utf8), limit: 100) == nil)
    }

    @Test func `more bytes than allowed are not read`() {
        #expect(JSONValue.read(Array("[1,2]".utf8), limit: 4) == nil)
        #expect(JSONValue.read(Array("[1,2]".utf8), limit: 5) == [1, 2])
    }

    @Test func `printing a value shows nothing of what it says`() {
        let value: JSONValue = ["token": "hunter2"]
        #expect("\(value)" == "an object with 1 fields")
        var dumped = ""
        dump(value, to: &dumped)
        dump(Secret("hunter2"), to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(Secret("hunter2"))".contains("hunter2"))
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-27T21:01:34Z", 1_795_813_294_000_000),
        ("2026-11-27T21:01:34.000123Z", 1_795_813_294_000_123),
        ("2026-11-27T22:01:34.000123999+01:00", 1_795_813_294_000_123), ("2024-02-29T23:59:59Z", 1_709_251_199_000_000),
    ])
    func `times are read to the microsecond`(text: String, microseconds: Int64) throws {
        #expect(ClusterTime(text)?.microseconds == microseconds)
    }

    @Test func `times are written as the API server writes them`() {
        #expect(ClusterTime(microseconds: 1_795_813_294_000_123).precise == "2026-11-27T21:01:34.000123Z")
        #expect(ClusterTime(microseconds: 1_795_813_294_000_123).text == "2026-11-27T21:01:34Z")
        #expect(ClusterTime(microseconds: -1).precise == "1969-12-31T23:59:59.999999Z")
        for text in ["", "2026", "2026-11-27 21:01:34Z", "2026-13-27T21:01:34Z", "2026-11-27T21:01:34"] {
            #expect(ClusterTime(text) == nil)
        }
    }

    @Test func `lines come whole, however they were cut on their way`() {
        var cutter = LineCutter(limit: 8, excess: .refused)
        var lines: [String] = []
        for piece in ["a", "b\nc", "\r\n\n1234", "5678", "\nrest"] {
            let isTaken = cutter.take(Array(piece.utf8))
            #expect(isTaken)
            while let line = cutter.next() { lines.append(String(decoding: line.bytes, as: UTF8.self)) }
        }
        #expect(lines == ["ab", "c", "", "12345678"])
        let rest = cutter.rest()
        #expect(rest?.bytes == Array("rest".utf8))
    }

    @Test func `lines do not depend on where they are cut`() {
        var numbers = SystemNumbers(seed: 7)
        for _ in 0..<500 {
            let text = (0..<40).map { _ in ["a", "é", "\n", "\r\n", "xyz"][numbers.next(5)] }.joined()
            var cutter = LineCutter(limit: 1000, excess: .refused)
            var lines: [[UInt8]] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 + numbers.next(7))
                rest = rest.dropFirst(piece.count)
                _ = cutter.take(Array(piece))
                while let line = cutter.next() { lines.append(line.bytes) }
            }
            if let last = cutter.rest() { lines.append(last.bytes) }
            var whole = LineCutter(limit: 1000, excess: .refused)
            _ = whole.take(Array(text.utf8))
            var expected: [[UInt8]] = []
            while let line = whole.next() { expected.append(line.bytes) }
            if let last = whole.rest() { expected.append(last.bytes) }
            #expect(lines == expected)
            #expect(
                expected.count == text.utf8.split(separator: 10, omittingEmptySubsequences: false).count
                    - (text.utf8.last == 10 ? 1 : 0)
            )
        }
    }

    /// Numbers that are the same every time.
    private struct SystemNumbers {
        var seed: UInt64

        mutating func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
    }

    @Test func `a line that is too long is refused or cut, and never held`() {
        var refusing = LineCutter(limit: 4, excess: .refused)
        let isTaken = refusing.take(Array("12345".utf8))
        #expect(!isTaken)
        var cutting = LineCutter(limit: 4, excess: .cut)
        let isCut = cutting.take(Array("1234567890\n".utf8))
        #expect(isCut)
        var lines: [Int] = []
        var continued: [Bool] = []
        while let line = cutting.next() {
            lines.append(line.bytes.count)
            continued.append(line.isContinued)
        }
        #expect(lines == [4, 4, 2])
        #expect(continued == [true, true, false])
    }
}

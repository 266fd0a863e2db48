import Testing

@testable import Orchestrated

@Suite struct QuantityTests {
    @Test(arguments: [
        ("500m", 500), ("1", 1000), ("1.5", 1500), ("2Ki", 2_048_000), ("1e3", 1_000_000), ("3k", 3_000_000),
        ("100n", 1), ("0", 0),
    ])
    func `amounts are read as Kubernetes writes them`(_ text: String, _ thousandths: Int64) {
        #expect(Quantity(text)?.thousandths == thousandths)
    }

    @Test(arguments: ["", "x", "1Qi", "1 Gi", "Gi", "1e99"])
    func `what is no amount is none`(_ text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test func `amounts are told as people write them`() {
        #expect(Quantity("250m")?.text == "250m")
        #expect(Quantity("2")?.text == "2")
        #expect(Quantity("3Gi")?.text == "3Gi")
        #expect(Quantity("1536Mi")?.text == "1.5Gi")
    }

    @Test func `a sum that does not fit is as large as can be`() {
        let huge = Quantity(thousandths: .max)
        #expect(huge + huge == huge)
        #expect(huge * 3 == huge)
    }
}

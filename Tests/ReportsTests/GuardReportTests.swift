import Testing

@testable import Reports

@Suite struct GuardReportTests {
    private func report(_ state: GuardReport.State) -> GuardReport {
        GuardReport(
            state,
            namespace: "prod",
            release: "shop",
            serverVersion: "v1.31.4",
            policy: "pawl-prod-shop",
            parameters: "pawl-guard.shop"
        )
    }

    @Test func `a guard has the shape of the reference`() throws {
        var full = report(.installed)
        full.highWaterMark = "1.1.0"
        full.allowed = ["1.1.0"]
        full.others = ["StatefulSet/shop-database=16.4"]
        full.run = "20261128-090000-7f3a"
        full.changed = ["ConfigMap pawl-guard.shop"]
        full.rejects = true
        for state in GuardReport.State.allCases { try expect(report(state), like: "## `guard`") }
        try expect(full, like: "## `guard`")
        #expect(
            full.text == """
                Installed: pawl-prod-shop guards the Helm release shop in the namespace prod.
                May run: 1.1.0 (high-water mark 1.1.0)
                  and StatefulSet/shop-database=16.4
                Said by the run 20261128-090000-7f3a, which is not over.
                  written: ConfigMap pawl-guard.shop
                Tried: the API server rejects another version.
                """
        )
    }

    @Test func `what is wrong is said before what may run`() {
        var edited = report(.differs)
        edited.differences = ["the binding pawl-prod-shop is missing"]
        let lines = edited.text.split(separator: "\n").map(String.init)
        #expect(lines.contains("! the binding pawl-prod-shop is missing"))
        #expect(lines.last == "May run: nothing")
        #expect(edited.text.contains("pawl guard install"))
    }

    @Test func `a cluster that cannot have one says why`() {
        var none = report(.notAvailable)
        none.reason = "This cluster is Kubernetes v1.20.2."
        #expect(none.text == "Not available. This cluster is Kubernetes v1.20.2.")
        #expect(JSONText.line(none).contains(#""state":"notAvailable""#))
        var gone = report(.absent)
        gone.changed = ["ConfigMap pawl-guard.shop"]
        #expect(gone.text.hasSuffix("removed: ConfigMap pawl-guard.shop"))
    }
}

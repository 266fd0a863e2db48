internal import Processes
internal import UpgradeModel

extension Trouble {
    /// Why Helm has made no manifest of a chart. One that was killed has said nothing about the chart.
    static func ofRendering(_ printed: Collected) -> Trouble {
        if case .signal = printed.status {
            return Trouble(
                .environment,
                "helm-failed",
                "Helm was killed while it rendered the chart (\(printed.status)).",
                remedy: "Find out what has killed it, such as a want of memory, then try again."
            )
        }
        let said = printed.errorText.split(whereSeparator: \.isNewline).suffix(5).joined(separator: "\n")
        return Trouble(
            .release,
            "chart-refused",
            "Helm makes nothing of the chart (\(printed.status))" + (said.isEmpty ? "." : ":\n\(said)"),
            remedy: "Check the operator's values; if they are right, tell the publisher of the release."
        )
    }
}

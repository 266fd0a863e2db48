import Simulators
import Testing

@testable import UpgradeModel

@Suite struct PathSearchTests {
    @Test func `nothing leads from nowhere, and where one is already no path leads`() {
        let here = PathSearch.Stop(position: nil, chart: nil, kubernetes: nil, wallsBelow: 0, wallsThrough: 0)
        #expect(PathSearch.path(through: []) == nil)
        #expect(PathSearch.path(through: [here]) == nil)
        #expect(PathSearch.reachable(through: []).isEmpty)
        #expect(PathSearch.reachable(through: [here]).isEmpty)
    }

    /// What a frontier must answer, by looking at everything that was inserted.
    private func expected(_ inserted: [(stop: Int, chart: Int, distance: Int)], notBelow chart: Int) -> [Int]? {
        inserted.filter { $0.chart >= chart }.min { ($0.distance, -$0.stop) < ($1.distance, -$1.stop) }
            .map { [$0.stop, $0.distance] }
    }

    @Test func `a frontier chooses the nearest stop, then the newest, whose chart is high enough`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let highest = Int.random(in: 1...12, using: &generator)
            var frontier = ChartFrontier()
            var inserted: [(stop: Int, chart: Int, distance: Int)] = []
            for stop in (0..<Int.random(in: 1...24, using: &generator)).reversed() {
                let chart = Int.random(in: 0...highest, using: &generator)
                let distance = Int.random(in: 0...3, using: &generator)
                frontier.insert(stop, chart: chart, distance: distance)
                inserted.append((stop, chart, distance))
                for chart in -1...(highest + 1) {
                    let found = frontier.best(notBelow: chart).map { [$0.stop, $0.distance] }
                    #expect(found == expected(inserted, notBelow: chart), "\(inserted) not below \(chart)")
                }
            }
        }
    }

    @Test func `among charts of one distance the newest that suffices is chosen`() {
        var frontier = ChartFrontier()
        for (stop, chart) in zip((0..<9).reversed(), 1...9) { frontier.insert(stop, chart: chart, distance: 1) }
        for chart in 1...9 { #expect(frontier.best(notBelow: chart)?.stop == 9 - chart) }
        #expect(frontier.best(notBelow: 10) == nil)
        #expect(ChartFrontier().best(notBelow: 0) == nil)
    }
}

/// Finds the fewest hops through a list of releases, oldest first, and among those the newest release at every hop.
///
/// Works backwards from the target. For every stop it asks: of the later stops that a hop may reach, which is nearest
/// to the target, and of those which is the newest? A hop may not cross a wall, so only the stops up to the next wall
/// are kept; among them a hop must not lower the chart nor skip a Kubernetes minor, so they are kept by minor, and for
/// each minor as a frontier over charts. The whole takes O(n log n).
struct PathSearch {
    /// A release at which a path may stop.
    struct Stop {
        /// The position in the catalog; nil for the start, which the catalog need not hold.
        var position: Int?
        /// The rank of the chart version; nil where it is unknown, so that the rule is silent.
        var chart: Int?
        /// The Kubernetes minor; nil where it is unknown or does not matter.
        var kubernetes: KubernetesMinor?
        /// How many required releases are older.
        var wallsBelow: Int
        /// How many required releases are older or of this very version.
        var wallsThrough: Int
    }

    /// The stops from the first to the last, the first left out; nil where there is no way.
    static func path(through stops: [Stop]) -> [Stop]? {
        guard let target = stops.last, stops.count > 1 else { return nil }
        var next: [Int] = Array(repeating: -1, count: stops.count)
        var frontiers = Frontiers()
        frontiers.insert(stops.count - 1, target, distance: 0)
        var walls = target.wallsBelow
        for index in stops.indices.dropLast().reversed() {
            let stop = stops[index]
            let best = stop.wallsThrough == walls ? frontiers.best(from: stop) : nil
            if stop.wallsBelow != walls {
                frontiers.removeAll()
                walls = stop.wallsBelow
            }
            guard let best else { continue }
            next[index] = best.stop
            frontiers.insert(index, stop, distance: best.distance + 1)
        }
        var path: [Stop] = []
        var index = 0
        while index != stops.count - 1 {
            index = next[index]
            guard index != -1 else { return nil }
            path.append(stops[index])
        }
        return path
    }

    /// Which stops some path leads to from the first one; the first itself is not counted.
    static func reachable(through stops: [Stop]) -> [Stop] {
        guard let start = stops.first else { return [] }
        var lowest = LowestCharts(from: start)
        var walls = start.wallsThrough
        var reached: [Stop] = []
        for stop in stops.dropFirst() {
            guard stop.wallsBelow == walls else { break }
            guard lowest.allowHop(to: stop) else {
                // A required release that cannot be reached ends every way.
                if stop.wallsThrough != walls { break }
                continue
            }
            reached.append(stop)
            if stop.wallsThrough == walls {
                lowest.insert(stop)
            } else {
                lowest = LowestCharts(from: stop)
                walls = stop.wallsThrough
            }
        }
        return reached
    }

    /// The stops between a place and the next wall, by Kubernetes minor.
    private struct Frontiers {
        private var all = ChartFrontier()
        private var byMinor: [KubernetesMinor: ChartFrontier] = [:]
        private var unknown = ChartFrontier()

        mutating func insert(_ index: Int, _ stop: Stop, distance: Int) {
            let chart = stop.chart ?? .max
            all.insert(index, chart: chart, distance: distance)
            if let minor = stop.kubernetes {
                byMinor[minor, default: ChartFrontier()].insert(index, chart: chart, distance: distance)
            } else {
                unknown.insert(index, chart: chart, distance: distance)
            }
        }

        mutating func removeAll() {
            all = ChartFrontier()
            byMinor.removeAll(keepingCapacity: true)
            unknown = ChartFrontier()
        }

        func best(from stop: Stop) -> ChartFrontier.Found? {
            let chart = stop.chart ?? .min
            guard let minor = stop.kubernetes else { return all.best(notBelow: chart) }
            let following = KubernetesMinor(major: minor.major, minor: minor.minor + 1)
            let found = [
                byMinor[minor]?.best(notBelow: chart), byMinor[following]?.best(notBelow: chart),
                unknown.best(notBelow: chart),
            ]
            return found.compactMap(\.self).min { ($0.distance, -$0.stop) < ($1.distance, -$1.stop) }
        }
    }

    /// The lowest chart that was reached since the last wall, by Kubernetes minor.
    private struct LowestCharts {
        private var all = Int.max
        private var byMinor: [KubernetesMinor: Int] = [:]
        private var unknown: Int?

        init(from stop: Stop) {
            insert(stop)
        }

        mutating func insert(_ stop: Stop) {
            let chart = stop.chart ?? .min
            all = min(all, chart)
            if let minor = stop.kubernetes {
                byMinor[minor] = min(byMinor[minor] ?? .max, chart)
            } else {
                unknown = min(unknown ?? .max, chart)
            }
        }

        func allowHop(to stop: Stop) -> Bool {
            let chart = stop.chart ?? .max
            guard let minor = stop.kubernetes else { return all <= chart }
            let before = KubernetesMinor(major: minor.major, minor: minor.minor - 1)
            return [byMinor[minor], byMinor[before], unknown].contains { $0.map { $0 <= chart } ?? false }
        }
    }
}

/// Stops by their distance to the target, of which only those are kept that some chart version would choose.
///
/// Stops are inserted newest first. A stop is chosen for the least distance, then for being the newest; so one is worth
/// keeping only if its chart is higher than that of every stop with the same or a lesser distance that is newer.
struct ChartFrontier {
    /// A stop and its distance to the target, in hops.
    struct Found {
        var stop: Int
        var distance: Int
    }

    private struct Level {
        var distance: Int
        /// Newest first, charts ascending; never empty.
        var steps: [(chart: Int, stop: Int)]

        var highest: Int { steps[steps.count - 1].chart }
    }

    /// Distances ascending, and so are their highest charts.
    private var levels: [Level] = []

    /// Adds a stop that is older than all before it. An unknown chart counts as the highest, since no rule bars it.
    mutating func insert(_ stop: Int, chart: Int, distance: Int) {
        let place = firstLevel { $0.distance >= distance }
        if place > 0, levels[place - 1].highest >= chart { return }
        if place < levels.count, levels[place].distance == distance {
            guard levels[place].highest < chart else { return }
            levels[place].steps.append((chart, stop))
        } else {
            levels.insert(Level(distance: distance, steps: [(chart, stop)]), at: place)
        }
        var dominated = place + 1
        while dominated < levels.count, levels[dominated].highest <= chart { dominated += 1 }
        levels.removeSubrange((place + 1)..<dominated)
    }

    /// The stop to choose where the chart must not be below a rank.
    func best(notBelow chart: Int) -> Found? {
        let place = firstLevel { $0.highest >= chart }
        guard place < levels.count else { return nil }
        let steps = levels[place].steps
        var (low, high) = (0, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].chart < chart { low = middle + 1 } else { high = middle }
        }
        return Found(stop: steps[low].stop, distance: levels[place].distance)
    }

    private func firstLevel(_ holds: (Level) -> Bool) -> Int {
        var (low, high) = (0, levels.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(levels[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

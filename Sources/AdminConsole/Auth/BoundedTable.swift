import UpgradeModel

/// Values by key, never more than so many: where there is no room, the quarter that was used the longest ago goes.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var entries: [Key: (value: Value, usedAt: Moment)] = [:]
    let largest: Int

    init(largest: Int) { self.largest = largest }

    var count: Int { entries.count }

    /// The value of a key, as it is.
    func value(_ key: Key) -> Value? { entries[key]?.value }

    /// Changes the value of a key, beginning with `initial` where there is none.
    mutating func change<Result>(_ key: Key, from initial: Value, at now: Moment, _ body: (inout Value) -> Result)
        -> Result
    {
        var entry = entries[key] ?? (initial, now)
        let result = body(&entry.value)
        entry.usedAt = now
        if entries[key] == nil, entries.count >= largest { makeRoom() }
        entries[key] = entry
        return result
    }

    mutating func remove(_ key: Key) { entries[key] = nil }

    private mutating func makeRoom() {
        let oldest = entries.sorted { $0.value.usedAt < $1.value.usedAt }.prefix(max(1, largest / 4))
        for (key, _) in oldest { entries[key] = nil }
    }
}

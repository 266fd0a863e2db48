/// The known word that somebody most likely meant, by edit distance; nil where none is near.
func nearestWord(to word: String, among known: [String]) -> String? {
    let word = Array(word.lowercased().unicodeScalars.prefix(64))
    var best: (word: String, distance: Int)?
    for candidate in known.sorted() {
        let distance = editDistance(word, Array(candidate.lowercased().unicodeScalars))
        guard distance <= max(1, min(candidate.count, word.count) / 3) else { continue }
        if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
    }
    return best?.word
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
private func editDistance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for (row, a) in first.enumerated() {
        var current = [row + 1]
        for (column, b) in second.enumerated() {
            var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (a == b ? 0 : 1))
            if row > 0, column > 0, a == second[column - 1], first[row - 1] == b {
                distance = min(distance, beforeLast[column - 1] + 1)
            }
            current.append(distance)
        }
        beforeLast = last
        last = current
    }
    return last[second.count]
}

extension Check {
    /// The operator knows how long going back would take. Only not knowing blocks: the hop makes a proven
    /// set of its own.
    static let wayBack = Check("way-back", "The way back", needs: .backups) { observation in
        observation.wayBack.judged(
            "how long a restore takes",
            remedy: "Look at the sets with `pawl backup list`."
        ) { way in
            guard let way else {
                return .pass("No set is proven yet; this hop makes one and proves it before anything is changed.")
            }
            let seconds = Int(way.seconds.rounded(.up))
            return .pass(
                "A restore takes about \(seconds) s; a set was last proven"
                    + (way.provenAt.map { " on \($0.day)" } ?? "")
                    + "."
            )
        }
    }
}

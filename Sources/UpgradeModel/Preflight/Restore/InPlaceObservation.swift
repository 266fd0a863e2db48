extension RestoreObservation {
    /// What the checks of a set look at that somebody has restored outside of any run.
    package struct InPlace: Sendable {
        /// A database of the set, as the configuration names it now.
        package struct Database: Sendable {
            /// Its name in the product.
            package var name: String
            /// Which of its objects are otherwise than the set has them.
            package var differences: Fact<[FingerprintDifference]>
            /// Which of its tables have fewer rows than in the set.
            package var rows: Fact<RowShortfall>

            /// Makes a value.
            package init(
                name: String,
                differences: Fact<[FingerprintDifference]>,
                rows: Fact<RowShortfall> = .unknown("they were not counted")
            ) {
                self.name = name
                self.differences = differences
                self.rows = rows
            }
        }

        /// What runs that is not of the set's release, one clause each.
        package var strangers: Fact<[String]>
        /// What the installation's own files say otherwise than what runs, one clause each.
        package var contradictions: Fact<[String]>
        /// The databases of the set.
        package var databases: [Database]

        /// Puts the facts together.
        package init(strangers: Fact<[String]>, contradictions: Fact<[String]>, databases: [Database]) {
            self.strangers = strangers
            self.contradictions = contradictions
            self.databases = databases
        }
    }

    /// Puts together what is known where nothing is to be brought back: of the set only whose it is.
    package init(
        plan: RestorePlan,
        origin: Origin,
        createdAt: Moment,
        proof: ProofRecord,
        atWork: Fact<AtWork>,
        inPlace: InPlace
    ) {
        let isOfNoConcern = "it is of no concern to a restore in place"
        self.init(
            plan: plan,
            origin: origin,
            createdAt: createdAt,
            proof: proof,
            damages: .unknown(isOfNoConcern),
            lock: .unknown(isOfNoConcern),
            release: .unknown(isOfNoConcern),
            missingImages: .unknown(isOfNoConcern),
            obstacles: .unknown(isOfNoConcern),
            atWork: atWork,
            extra: .unknown(isOfNoConcern),
            databases: [],
            missingTools: []
        )
        self.inPlace = inPlace
    }
}

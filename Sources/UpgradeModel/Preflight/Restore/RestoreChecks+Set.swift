/// What is asked of the set and of the release that it carries.
extension RestoreChecks {
    static func whole(_ observation: RestoreObservation) -> Verdict {
        observation.damages.judged(
            "whether \(observation.plan.set) is whole",
            remedy: "Check the disk that holds the set."
        ) { damages in
            damages.isEmpty
                ? .pass("Every file of \(observation.plan.set) is what its manifest says.")
                : .fail(
                    "\(observation.plan.set) is damaged: \(ListText.and(damages)).",
                    remedy: "Use another set (`pawl backup list`); check the disk of this one, and who writes to it."
                )
        }
    }

    static func origin(_ observation: RestoreObservation) -> Verdict {
        let (set, origin) = (observation.plan.set, observation.origin)
        let installation: Verdict =
            origin.installation == origin.here
            ? .pass("\(set) was made of \(origin.here).")
            : .warn(
                "\(set) was made of the installation `\(origin.installation)`; this one is `\(origin.here)`.",
                remedy: "Go on only where another installation's data and keys are meant to come here."
            )
        let record = origin.standing.judged(
            "whether \(set) is on Pawl's record",
            remedy: "Check the disk that holds the data folder."
        ) { standing in
            switch standing {
            case .recorded: .pass("Pawl has it on record.")
            case .unknown:
                .warn(
                    "\(set) is not on Pawl's record: it comes from elsewhere, or the record is gone.",
                    remedy: "Make sure where it comes from; after an empty machine this is always so."
                )
            case .changed where origin.installation != origin.here:
                .warn(
                    "The manifest of \(set) was written anew since Pawl has seen it here, as its own installation may.",
                    remedy: "Make sure where it comes from; the restore itself compares every table."
                )
            case .changed:
                .fail(
                    "The manifest of \(set) is not the one that Pawl wrote.",
                    remedy: "Use another set (`pawl backup list`), and find out who changed this one."
                )
            }
        }
        return .all([installation, record], none: installation)
    }

    static func proven(_ observation: RestoreObservation) -> Verdict {
        let set = observation.plan.set
        return switch observation.proof.state {
        case .proven:
            .pass("\(set) was restored and compared" + (observation.proof.at.map { " on \($0)." } ?? "."))
        // What a proof here finds of another installation's set is not noted in it, so that it cannot be cured here.
        case .failed where observation.origin.installation != observation.origin.here:
            .warn(
                "The last proof that is noted in \(set) failed.",
                remedy:
                    "Prove it: `pawl backup verify \(set)`. The restore itself compares every table before anything is "
                    + "replaced."
            )
        case .failed:
            .fail(
                "The last proof of \(set) failed.",
                remedy: "Use another set, or prove it: `pawl backup verify \(set)`."
            )
        case .none:
            .warn(
                "\(set) was never proven; the restore itself compares every table before anything is replaced.",
                remedy: "Nothing need be done."
            )
        }
    }

    static func moment(_ observation: RestoreObservation) -> Verdict {
        switch observation.isOfOneMoment {
        case true?: .pass("Its databases are as they were at one moment.")
        case nil: .pass("Whether writers were stopped when it was made is not noted.")
        case false?:
            .warn(
                "Writers went on while \(observation.plan.set) was made: each of its databases is as it was at a moment of its "
                    + "own, and they may not agree with one another.",
                remedy:
                    "Use a set that an upgrade has made, where there is one; otherwise look whether what one database "
                    + "says of another is right."
            )
        }
    }

    static func readable(_ observation: RestoreObservation) -> Verdict {
        observation.lock.judged(
            "whether \(observation.plan.set) can be decrypted",
            remedy: "Check the file that --identity names."
        ) { lock in
            guard let lock else { return .pass("The set can be read.") }
            return .fail(
                "\(observation.plan.set) cannot be decrypted: \(lock).",
                remedy: "Give the file with the age identity of one of its recipients: --identity FILE."
            )
        }
    }

    static func release(_ observation: RestoreObservation) -> Verdict {
        let release = observation.plan.release
        let files = carried(observation)
        let images = observation.missingImages.judged(
            "whether the images of \(release) are in the Engine",
            remedy: "Look at the finding about the release's files, and whether the Docker Engine runs."
        ) { missing in
            missing.isEmpty
                ? .pass("Its images are in the Engine.")
                : .warn(
                    "The Engine lacks images of \(release): \(ListText.and(missing)). The restore gets them before it "
                        + "touches anything, and ends there where it cannot.",
                    remedy:
                        "See that the source offers \(release) with its images, or that their registries can be reached; or "
                        + "load them by hand: `docker load --input images/….tar`."
                )
        }
        return .all([files, images], none: files)
    }

    static func carried(_ observation: RestoreObservation) -> Verdict {
        let release = observation.plan.release
        return observation.release.judged(
            "whether the set carries \(release)",
            remedy: "Look into the folder `release` of the set."
        ) { troubles in
            troubles.isEmpty
                ? .pass("The set carries \(release).")
                : .fail(
                    "The set does not carry \(release) whole: \(ListText.and(troubles)).",
                    remedy: "Use another set (`pawl backup list`)."
                )
        }
    }

    static func files(_ observation: RestoreObservation) -> Verdict {
        observation.obstacles.judged(
            "whether what \(observation.plan.set) holds can be put into the installation's folder",
            remedy: "See that Pawl may read the installation's folder."
        ) { .all($0.map(\.verdict), none: .pass("Nothing in the installation's folder is in the way.")) }
    }
}

extension Check {
    /// Every image of the target can be had, and is the one that the release means.
    static let images = Check("images", "Images are available", needs: .release) { observation in
        let version = observation.target.release.version
        return observation.target.images.judged(
            "whether the images of \(version) can be had",
            remedy: "See that the Docker Engine answers and that the release's package is good."
        ) { images in
            .all(images.compactMap(judge), none: .pass("All \(images.count) images of \(version) can be had."))
        }
    }

    private static func judge(_ image: ObservedImage) -> Verdict? {
        let found: String
        switch image.place {
        case .nowhere where image.isNamedByDigest:
            return .warn(
                "The image `\(image.name)` is not in the Engine yet; it is pulled by its digest when the release is staged.",
                remedy: "See that its registry can be reached, or pull it now: `docker pull \(image.name)`."
            )
        case .nowhere:
            return .fail(
                "The image `\(image.name)` is neither in the Engine nor in the package.",
                remedy: "Load it with `docker load`, or use a package that brings its images."
            )
        case .engine(let id), .package(let id):
            found = id
        }
        guard let pinned = image.pinned else {
            // The Engine has it under the very digest that the name tells.
            if image.isNamedByDigest { return nil }
            return .fail(
                "The release does not say which image it means by `\(image.name)`.",
                remedy: "The release's publisher must list it under `images` in release.yaml."
            )
        }
        guard found != pinned else {
            return nil
        }
        let remedy: String
        if case .engine = image.place {
            remedy = "Remove the tag (`docker rmi \(image.name)`) and load or pull the image that the release means."
        } else {
            remedy = "The package contradicts itself: get it again, and tell its publisher if that does not help."
        }
        return .fail(
            "The image `\(image.name)` is \(short(found)), the release means \(short(pinned)).",
            remedy: remedy
        )
    }

    private static func short(_ id: String) -> String {
        let digits = id.split(separator: ":").last.map(String.init) ?? id
        return String(digits.prefix(12))
    }
}

package import UpgradeModel

/// Where an image that a release needs is.
package struct ImageState: Sendable, Hashable {
    /// The name that the Compose file uses.
    package var reference: String
    /// The id that the release pins; nil where the name has a digest.
    package var pinned: String?
    /// The id under which the Engine has the image; nil where it has not got what is pinned.
    package var present: String?
}

extension ComposeDeployment {
    /// Looks for the images that a release pins, in the Engine.
    ///
    /// - Parameter pins: ids by name.
    /// - Returns: in the order of the names.
    /// - Throws: what asking the Engine may bring.
    package func imageStates(pins: [String: String]) async throws(Trouble) -> [ImageState] {
        var states: [ImageState] = []
        for (reference, id) in pins.sorted(by: { $0.key < $1.key }) {
            let found = try await engine.image(id)?.id
            states.append(ImageState(reference: reference, pinned: id, present: found))
        }
        return states
    }

    /// Makes sure that the Engine has every image that will be used, under the name that the file uses and with the
    /// id that is pinned: as it is, from the package's archives, or from a registry.
    ///
    /// - Returns: the ids by name.
    func provideImages(
        of file: ResolvedComposeFile,
        content: ReleaseContent,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) -> [String: String] {
        let names = Set(file.services.filter { $0.isNeeded(by: migrationServices) }.compactMap(\.image)).sorted()
        return try await provideImages(names, pins: content.images, package: content.folder, report: report)
    }

    /// Makes sure that the Engine has the images that a release's folder notes, by their ids. Those that are there keep the
    /// names that they have: it is not yet this release that runs.
    ///
    /// - Parameters:
    ///   - release: the release's folder, wherever it lies.
    ///   - package: the release's package, unpacked; nil where it is not to be had.
    ///   - report: gets a line for each thing done.
    /// - Throws: codes `image-missing` and `image-differs`, and what asking the Engine may bring.
    package func provideImages(
        of release: ReleaseFolder,
        from package: String?,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) {
        let pins = try images(of: release) ?? [:]
        var missing: [String] = []
        for (name, id) in pins where try await engine.image(id) == nil { missing.append(name) }
        _ = try await fetch(missing.sorted(), pins: pins, package: package, report: report)
    }

    private func provideImages(
        _ names: [String],
        pins: [String: String],
        package: String?,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) -> [String: String] {
        var ids: [String: String] = [:]
        var missing: [String] = []
        for name in names {
            if let id = try await settled(name, pin: pins[name]) {
                ids[name] = id
            } else {
                missing.append(name)
            }
        }
        try await fetch(missing, pins: pins, package: package, report: report).forEach { ids[$0] = $1 }
        return ids
    }

    /// Gets images that the Engine has not got; returns their ids by name.
    private func fetch(
        _ missing: [String],
        pins: [String: String],
        package: String?,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) -> [String: String] {
        var ids: [String: String] = [:]
        guard !missing.isEmpty else { return ids }
        let archives = try package.map(archives(in:)) ?? []
        for (index, archive) in archives.enumerated() {
            report("Loading images (\(index + 1) of \(archives.count))", Double(index) / Double(archives.count))
            _ = try await engine.loadImages(from: archive)
        }
        for name in missing {
            if let id = try await settled(name, pin: pins[name]) { ids[name] = id; continue }
            ids[name] = try await pulled(name, pin: pins[name], hadArchives: !archives.isEmpty, report: report)
        }
        return ids
    }

    /// The id of an image that is as it must be; nil where it is not. A pinned image that is there under another name
    /// gets this one too.
    private func settled(_ name: String, pin: String?) async throws(Trouble) -> String? {
        let found = try await engine.image(name)
        guard let pin else { return found?.id }
        if found?.id == pin { return pin }
        guard let image = try await engine.image(pin), image.id == pin else { return nil }
        let reference = ImageReference(name)
        guard reference.digest == nil else { return nil }
        try await engine.tag(pin, as: reference)
        return pin
    }

    private func pulled(
        _ name: String,
        pin: String?,
        hadArchives: Bool,
        report: @Sendable (String, Double?) -> Void
    ) async throws(Trouble) -> String {
        report("Pulling \(name)", nil)
        var why = ""
        do {
            try await engine.pullImage(ImageReference(name))
        } catch  where error.code == "image-pull" {
            why = error.message
        }
        if let id = try await settled(name, pin: pin) { return id }
        if why.isEmpty, let pin {
            throw Trouble(
                .release,
                "image-differs",
                "The image \(name) is not the one that the release pins (\(pin)).",
                remedy: "Tell the publisher: the image was changed after the release was published."
            )
        }
        throw Trouble(
            hadArchives ? .release : .environment,
            "image-missing",
            "The image \(name) is neither in the Engine\(hadArchives ? ", nor in the package" : "") nor can it be pulled. \(why)",
            remedy:
                "Load the image into the Engine, give access to its registry, or use a package that carries its images."
        )
    }

    private func archives(in content: String) throws(Trouble) -> [String] {
        let folder = content + "/images"
        return try DurableFiles.names(in: folder).filter { name in
            [".tar", ".tar.gz", ".tgz", ".tar.zst"].contains { name.hasSuffix($0) }
        }.map { folder + "/" + $0 }
    }
}

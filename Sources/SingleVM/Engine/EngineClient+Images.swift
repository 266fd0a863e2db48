internal import Documents
internal import Foundation
package import UpgradeModel

internal import WebClient

extension EngineClient {
    /// Looks at an image; nil where the Engine has none of that name or id.
    package func image(_ reference: String) async throws(Trouble) -> EngineImage? {
        // Slashes and colons belong to the path here; everything else that could end it is escaped.
        let answer = try await ask(.get, "/images/\(Self.pathEncoded(reference))/json", accepting: [404])
        return answer.status == 404 ? nil : try read(answer.body) { EngineImage($0) }
    }

    /// Gives an image one more name.
    package func tag(_ id: String, as reference: ImageReference) async throws(Trouble) {
        let query = "?repo=\(percentEncoded(reference.name))&tag=\(percentEncoded(reference.tag ?? "latest"))"
        _ = try await ask(.post, "/images/\(Self.pathEncoded(id))/tag" + query)
    }

    /// Loads the images of an archive as `docker save` writes it, plain or compressed.
    ///
    /// - Parameters:
    ///   - path: the archive.
    ///   - report: gets what the Engine says, a line at a time.
    /// - Returns: the names and ids that the Engine says it has loaded.
    /// - Throws: blame `release`, code `image-archive`, where the Engine could not use the archive.
    package func loadImages(
        from path: String,
        report: @Sendable (String) -> Void = { _ in }
    ) async throws(Trouble) -> [String] {
        let target = "/images/load?quiet=1"
        let request = HTTPRequest(
            .post,
            url(target),
            fields: [HTTPField("Content-Type", "application/x-tar")],
            body: .file(path: path)
        )
        var loaded: [String] = []
        let failure = try await walk(request, target: target) { message in
            guard let line = message["stream"]?.string?.trimmingCharacters(in: .whitespacesAndNewlines) else { return }
            for prefix in ["Loaded image: ", "Loaded image ID: "] where line.hasPrefix(prefix) {
                loaded.append(String(line.dropFirst(prefix.count)))
            }
            report(line)
        }
        guard let failure else { return loaded }
        throw Trouble(
            .release,
            "image-archive",
            "The Docker Engine could not load the images in \(path): \(failure)",
            remedy: "Get the release's package again; if it fails again, tell its publisher."
        )
    }

    /// Gets an image from its registry.
    ///
    /// - Parameters:
    ///   - reference: its name.
    ///   - report: gets what the Engine says, a line at a time.
    /// - Throws: code `image-pull`, where it could not be had.
    package func pullImage(
        _ reference: ImageReference,
        report: @Sendable (String) -> Void = { _ in }
    ) async throws(Trouble) {
        let version = reference.digest ?? reference.tag ?? "latest"
        let target = "/images/create?fromImage=\(percentEncoded(reference.name))&tag=\(percentEncoded(version))"
        let failure: String?
        do {
            failure = try await walk(HTTPRequest(.post, url(target)), target: target) { message in
                if let status = message["status"]?.string { report(status) }
            }
        } catch  where ["engine-refused", "engine-failed"].contains(error.code) {
            failure = error.message
        }
        guard let failure else { return }
        throw Trouble(
            .environment,
            "image-pull",
            "The image \(reference.name):\(version) could not be pulled: \(failure)",
            remedy: "Check the network, the registry and its credentials; or use a package that carries its images."
        )
    }

    /// Reads an answer of one JSON document a line; returns the error that the Engine reported in it.
    private func walk(
        _ request: HTTPRequest,
        target: String,
        _ visit: (DocumentNode) -> Void
    ) async throws(Trouble) -> String? {
        let answer = try await follow(request, target: target)
        var splitter = LineSplitter()
        var failure: String?
        func see(_ line: String) {
            guard let message = Self.json(Array(line.utf8)) else { return }
            if let error = message["error"]?.string { failure = failure ?? error }
            visit(message)
        }
        try await walk(answer) { chunk throws(Trouble) in
            for line in splitter.lines(in: chunk) { see(line) }
        }
        if let rest = splitter.rest() { see(rest) }
        return failure
    }

    private static func pathEncoded(_ reference: String) -> String {
        reference.split(separator: "/", omittingEmptySubsequences: false).map { percentEncoded(String($0)) }
            .joined(separator: "/")
    }
}

/// What a release's package brings, after it was verified and unpacked.
package struct ReleaseContent: Sendable, Hashable {
    /// The folder with `docker-compose.yml`, and, where the package has them, `release.yaml`, `NOTES.md` and
    /// `images/*.tar`.
    package var folder: String
    /// The text of the `.env` file: the release's defaults merged with the operator's values.
    package var environment: String
    /// The id of every image that the package pins, by the name that the Compose file uses.
    package var images: [String: String]

    /// Makes a description.
    package init(folder: String, environment: String, images: [String: String]) {
        self.folder = folder
        self.environment = environment
        self.images = images
    }
}

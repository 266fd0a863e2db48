/// What the Engine says about itself.
package struct EngineInfo: Sendable, Hashable {
    /// Its version, such as `20.10.24+dfsg1`.
    package var version: String
    /// The newest API that it speaks, such as `1.41`.
    package var apiVersion: String
    /// The folder that holds its images and volumes.
    package var rootFolder: String

    /// Makes a description.
    package init(version: String, apiVersion: String, rootFolder: String) {
        self.version = version
        self.apiVersion = apiVersion
        self.rootFolder = rootFolder
    }
}

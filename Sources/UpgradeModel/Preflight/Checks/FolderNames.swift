extension Check {
    /// Nothing has a name in the installation's folder that Pawl needs past the point of no return.
    static let folderNames = Check("folder-names", "Names in the installation's folder are free", needs: .services) {
        observation in
        .all(
            observation.installation.obstacles.map(\.verdict),
            none: .pass("Nothing is in the way of what Pawl keeps in the installation's folder.")
        )
    }
}

/// Pawl's own version, compared with what catalogs ask of their console.
enum PawlVersion {
    static let current = "0.1.0"
}

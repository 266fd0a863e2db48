import ReleaseSource
import StateStore
import UpgradeModel

/// The releases that the installation's source offers, and what it said before.
struct CatalogBook: Sendable {
    let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Asks the source, refuses what takes back what it said before, and keeps it in mind.
    func ask() throws -> Catalog {
        let source = workplace.installation.source
        let catalog = try Self.read(source)
        if let product = catalog.header.product, product != workplace.product.name {
            throw Trouble(
                .operator,
                "another-product",
                "The source \(source.url) has releases of \(product); this installation is one of "
                    + "\(workplace.product.name).",
                remedy: "Correct `source` in \(workplace.configuration)."
            )
        }
        let seen = try memory()
        let memory = try ReplayGuard.admit(catalog.memory, after: seen?.memory)
        // A source that says the same as ever needs no writing; and in safe mode there is none.
        if memory != seen?.memory, workplace.store.safeMode == nil {
            try workplace.store.remember(memory, of: source.place, at: Workplace.now())
        }
        return catalog
    }

    /// What the source said when it was last asked, and when that was.
    func memory() throws -> (checkedAt: Moment, memory: CatalogMemory)? {
        let source = workplace.installation.source
        return try workplace.store.catalogMemory(of: source.place) ?? workplace.store.catalogMemory(of: source.url)
    }

    /// The releases that the source had when somebody last asked what is new; nil where nobody has.
    func checked() throws -> Set<ReleaseVersion>? {
        try workplace.store.catalogMemory(of: checkedPlace).map { Set($0.memory.fingerprints.map(\.version)) }
    }

    /// Keeps in mind that somebody was told what is new. Whoever only looks on takes no news away.
    func noteChecked() throws {
        guard let memory = try memory()?.memory else { return }
        try workplace.store.remember(memory, of: checkedPlace, at: Workplace.now())
    }

    private var checkedPlace: String { "checked " + workplace.installation.source.place }

    /// Reads a source as it is, without minding what it said before.
    static func read(_ source: SourceReference) throws -> Catalog {
        try directory(of: source).catalog()
    }

    static func directory(of source: SourceReference) throws -> DirectorySource {
        guard let directory = source.directory else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "This version of Pawl takes releases from directories only.",
                remedy: "Put the releases into a directory and name it as file:///… in `source`."
            )
        }
        return DirectorySource(path: directory)
    }
}

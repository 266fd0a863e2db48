import Foundation
import SingleVM
import UpgradeModel
import WebClient

/// The connections to an installation that are held while a command works; to be closed at its end.
struct Site: Sendable {
    let workplace: Workplace
    let session: WebSession
    let engine: EngineClient
    /// Whether the installation's folder may have no environment: a restore brings it along.
    let allowsEmpty: Bool

    init(
        _ workplace: Workplace,
        allowsEmpty: Bool = false,
        engine host: String? = ProcessInfo.processInfo.environment["DOCKER_HOST"]
    ) throws {
        self.workplace = workplace
        self.allowsEmpty = allowsEmpty
        session = WebSession()
        engine = EngineClient(try EngineAddress(host: host), session: session)
    }

    /// The installation as Compose runs it, with its settings as they are now.
    func deployment() throws -> ComposeDeployment {
        guard let product = workplace.product.singleVM else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "The product \(workplace.product.name) does not say how it runs on a single VM.",
                remedy: "Use a Product file with `singleVM`."
            )
        }
        let settings =
            allowsEmpty
            ? (try? workplace.environment()).map(workplace.settings)?.isOn ?? [:]
            : workplace.settings(in: try workplace.environment()).isOn
        return ComposeDeployment(
            folder: InstallationFolder(path: workplace.singleVM.directory),
            project: workplace.singleVM.project,
            product: product,
            settings: settings,
            engine: engine,
            session: session,
            home: ProcessInfo.processInfo.environment["HOME"]
        )
    }

    func close() async { await session.shutdown() }

    /// Works at a site and closes it, however the work ends.
    static func with<Value: Sendable>(
        _ workplace: Workplace,
        allowsEmpty: Bool = false,
        _ body: (Site) async throws -> Value
    ) async throws -> Value {
        let site = try Site(workplace, allowsEmpty: allowsEmpty)
        do {
            let value = try await body(site)
            await site.close()
            return value
        } catch {
            await site.close()
            throw error
        }
    }
}

extension Site {
    /// Looks at an installation without reading its settings, which say nothing of what runs.
    static func observe(_ singleVM: SingleVMDeployment, _ product: Product) async throws -> InstalledState {
        guard let described = product.singleVM else {
            throw Trouble(
                .operator,
                "configuration-invalid",
                "The product \(product.name) does not say how it runs on a single VM.",
                remedy: "Use a Product file with `singleVM`."
            )
        }
        let session = WebSession()
        do {
            let engine = EngineClient(
                try EngineAddress(host: ProcessInfo.processInfo.environment["DOCKER_HOST"]),
                session: session
            )
            let deployment = ComposeDeployment(
                folder: InstallationFolder(path: singleVM.directory),
                project: singleVM.project,
                product: described,
                settings: [:],
                engine: engine,
                session: session,
                home: ProcessInfo.processInfo.environment["HOME"]
            )
            let state = try await deployment.observe()
            await session.shutdown()
            return state
        } catch {
            await session.shutdown()
            throw error
        }
    }
}

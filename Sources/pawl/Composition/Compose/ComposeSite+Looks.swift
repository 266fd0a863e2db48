import Foundation
import ReleasePackage
import SingleVM
import UpgradeModel

/// What the checks look at on a single VM.
extension ComposeSite {
    func lookAtRuntime(_ observation: inout Observation, from place: Standpoint) async {
        observation.runtime = ObservedRuntime(
            engine: await .of { try await engine.info().version },
            compose: await composeFound()
        )
    }

    private func composeFound() async -> Fact<ObservedCompose?> {
        do {
            let tool = try await deployment().composeTool()
            return .known(
                ObservedCompose(
                    form: tool.leadingArguments.isEmpty ? .standalone : .plugin,
                    version: tool.version.description
                )
            )
        } catch {
            let isMissing = (error as? Trouble)?.code == "compose-missing"
            return isMissing ? .known(nil) : .unknown(Fact<Never>.reason(error))
        }
    }

    func lookAtInstallation(_ observation: inout Observation, _ facts: InstallationFacts) async {
        observation.installation = await InstallationScout(self, facts).look()
    }

    func lookAtTarget(_ observation: inout Observation, _ look: TargetLook) async -> Fact<Int64> {
        let package = Result { try PackageShelf(workplace).open(look.release, in: look.scratch) }
        observation.target = await TargetScout(self, look).look(package)
        let isBrought = observation.target.images.value?.contains { image in
            if case .package = image.place { true } else { false }
        }
        return .of {
            // An archive of images is not compressed as a rule: what it weighs is what the Engine will hold.
            let archives = try package.get().imageArchives.reduce(Int64(0)) { $0 + $1.bytes }
            return isBrought == true ? archives : 0
        }
    }

    func imagesFolder() async throws -> String? { try await engine.info().rootFolder }

    func dataFolder(of service: String) async throws -> String? {
        try await deployment().dataFolder(of: service)
    }
}

import Foundation
import Synchronization
import Testing
import UpgradeEngine
import UpgradeModel

/// A runner that is killed over and over in one upgrade; the cluster goes on meanwhile.
extension ClusterScenarios {
    /// The kinds of effects that no upgrade has which goes well. Every other must be killed below, so that a new kind
    /// cannot be without it.
    private static let foreignKinds: Set<Effect.Kind> = [
        .checkReplacement, .rehearse, .removeFailed, .putBack, .discardBackup, .checkRestore, .confirmRestored,
        .unpackSet, .provideDatabases, .restoreDatabase, .proveDatabase, .closeDatabases, .setAside, .bringIn,
        .replaceConfiguration, .discardRestored,
    ]

    @Test(.timeLimit(.minutes(45)))
    func `an upgrade on a cluster whose runner is killed at every effect in turn ends like an undisturbed one`()
        async throws
    {
        let undisturbed = try await Self.undisturbedUpgrade()
        try await Demo.with { demo in
            let replicas = try await demo.replicas()
            var walk = KillWalk(durations: undisturbed.seconds)
            _ = try await walk.go(through: demo)
            for kill in walk.kills { KillRecord.add("\(kill)") }
            let details = try await demo.pawl("details", "-o", "json")
            #expect(details.text("state") == "succeeded", "\(details)")
            #expect(try await demo.hashes() == undisturbed.hashes)
            #expect(try await demo.migrationRuns() == undisturbed.migrations, "each migration ran once")
            try await serves(demo, Demo.newest)
            #expect(try await demo.replicas() == replicas)

            // The very last one does nothing on a cluster: it may be over, and the run with it, before anybody sees it.
            let spared = Set(undisturbed.seconds.keys).subtracting(walk.kills.map(\.effect))
            #expect(spared.subtracting(["1/clean-up#1"]) == [], "an effect was spared")
            let words = undisturbed.kinds(ofHop: 0).compactMap { $0.split(separator: ":").first.map(String.init) }
            let kinds = Set(words.compactMap { Effect.Kind(rawValue: $0) })
            #expect(kinds == Set(Effect.Kind.allCases).subtracting(Self.foreignKinds))
            #expect(walk.kills.filter(\.wasOpen).count > walk.kills.count / 2, "hardly any was hit: \(walk.kills)")
            #expect(walk.kills.contains { $0.children > 0 }, "no tool was killed: \(walk.kills)")
        }
    }

    /// What the first scenario has left behind, or another upgrade that nobody disturbs.
    private static func undisturbedUpgrade() async throws -> UndisturbedUpgrade {
        if let kept = undisturbed.withLock({ $0 }) { return kept }
        return try await Demo.with { demo in try await UndisturbedUpgrade(of: demo) }
    }

    /// The hop that the matrix is gone through with, undisturbed.
    private static let undisturbedHop = Task {
        try await Demo.with(Demo.required) { demo in try await UndisturbedUpgrade(of: demo) }
    }

    /// The Engine is the cluster's own here, and points at which it dies are left out.
    @Test(
        .timeLimit(.minutes(20)),
        arguments: KillPoint.chosen(by: "PAWL_CLUSTER_KILL_POINTS").filter { $0.toll != .engine }
    )
    func `a fresh upgrade on a cluster, killed at one point, ends like an undisturbed one`(
        point: KillPoint
    ) async throws {
        let undisturbed = try await Self.undisturbedHop.value
        try await KillAttempt.upToThree(at: point) { share in
            try await Demo.with(Demo.required) { demo in
                let attempt = KillAttempt(
                    point: point,
                    undisturbed: undisturbed,
                    share: share,
                    migration: Self.migration
                ) {
                    throw Failure("no Engine dies on a cluster")
                }
                let sight = try await attempt.made(on: demo, to: Demo.newest)
                try await serves(demo, Demo.newest)
                return sight
            }
        }
    }
}

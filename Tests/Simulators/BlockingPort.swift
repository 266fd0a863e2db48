package import UpgradeEngine
package import UpgradeModel

/// A port in front of another one, that stays in one kind of effect until it is cancelled.
package actor BlockingPort: EffectPort {
    private let port: any EffectPort
    private let kind: Effect.Kind
    private let blocked: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// Blocks in effects of `kind`.
    package init(over port: any EffectPort, blockingAt kind: Effect.Kind) {
        self.port = port
        self.kind = kind
        (blocked, signal) = AsyncStream.makeStream()
    }

    /// Returns as soon as the effect is going on.
    package func waitUntilBlocked() async {
        for await _ in blocked { return }
    }

    package func probe(_ effect: Effect, in context: EffectContext) async throws -> Probe {
        try await port.probe(effect, in: context)
    }

    package func perform(_ effect: Effect, in context: EffectContext) async throws -> Outcome {
        guard effect.kind == kind else { return try await port.perform(effect, in: context) }
        signal.yield()
        // A stream without a producer ends when the task is cancelled, and not before.
        let (forever, producer) = AsyncStream.makeStream(of: Void.self)
        for await _ in forever {}
        producer.finish()
        try Task.checkCancellation()
        return .done
    }
}

/// What to do about an effect that a dead runner left between intent and outcome.
package enum Recovery: Sendable, Hashable {
    /// Perform it: nothing happened yet, or performing joins what is underway.
    case perform
    /// Tell the machine this; performing it again would be wrong.
    case conclude(Event)

    /// Decides from what reality says. Never assumes: what cannot be read is a failure with its evidence, which puts
    /// everything back before the point of no return and waits for an operator after it.
    package init(of effect: Effect, seeing probe: Probe) {
        self =
            switch probe {
            case .notStarted, .underway: .perform
            case .done(let outcome): .conclude(.succeeded(effect, outcome))
            case .failed(let trouble): .conclude(.failed(effect, trouble))
            case .unknown(let evidence):
                .conclude(
                    .failed(
                        effect,
                        Trouble(
                            .environment,
                            "unknown-outcome",
                            "After an interruption it cannot be told whether \(effect.identity) happened: \(evidence)",
                            changed: true,
                            remedy:
                                "Mend what keeps Pawl from looking, or see for yourself what became of it; then decide."
                        )
                    )
                )
            }
    }
}

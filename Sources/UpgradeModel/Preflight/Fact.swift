/// Something that a check needs to know, or the reason why nobody could find it out.
///
/// A fact that is not known is never taken for a good one: a check that meets it ends as an `error`, which blocks.
package enum Fact<Value: Sendable>: Sendable {
    /// It was found out.
    case known(Value)
    /// It could not be found out; one clause that says why, without a full stop.
    case unknown(String)

    /// The value where it is known.
    package var value: Value? {
        guard case .known(let value) = self else {
            return nil
        }
        return value
    }

    /// The same fact seen another way.
    package func map<Other: Sendable>(_ transform: (Value) -> Other) -> Fact<Other> {
        switch self {
        case .known(let value): .known(transform(value))
        case .unknown(let reason): .unknown(reason)
        }
    }
}

extension Fact: Equatable where Value: Equatable {}

extension Fact {
    /// Judges a known value; an unknown one is an `error`.
    ///
    /// - Parameters:
    ///   - what: what was to be found out, as the object of "Pawl could not find out …".
    ///   - remedy: what the operator can do so that it can be found out.
    ///   - judge: what to say of the value.
    /// - Returns: what is to be said of the fact.
    func judged(_ what: String, remedy: String, by judge: (Value) -> Verdict) -> Verdict {
        switch self {
        case .known(let value): judge(value)
        case .unknown(let reason): .error("Pawl could not find out \(what): \(reason).", remedy: remedy)
        }
    }
}

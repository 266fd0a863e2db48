import UpgradeModel

extension Fact {
    /// A fact from something that may fail.
    static func of(_ look: () throws -> Value) -> Fact {
        do {
            return .known(try look())
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }

    /// A fact from something that may fail and takes a while.
    static func of(_ look: () async throws -> Value) async -> Fact {
        do {
            return .known(try await look())
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }

    /// An error as one clause without a full stop.
    static func reason(_ error: any Error) -> String {
        let text = (error as? Trouble)?.message ?? "\(error)"
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

extension Fact {
    /// A fact from something that an account may not be allowed to look at; nil then.
    static func allowed<Seen>(_ look: () async throws -> Seen) async -> Fact where Value == Seen? {
        do {
            return .known(try await look())
        } catch let trouble as Trouble where trouble.code == "cluster-forbidden" {
            return .known(nil)
        } catch {
            return .unknown(Fact<Never>.reason(error))
        }
    }
}

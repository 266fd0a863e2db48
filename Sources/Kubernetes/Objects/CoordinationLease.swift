/// Who does something at the moment, and until when: a Lease of the cluster.
package struct CoordinationLease: KnownObject {
    /// Its kind.
    package static let resource = ResourceType.leases
    /// The whole object.
    package var json: JSONValue
    /// Takes an object as it is.
    package init(_ json: JSONValue) { self.json = json }

    /// Who has it; empty where nobody does.
    package var holder: String { text("spec", "holderIdentity") }
    /// For how long it counts after each renewal, by the clock of whoever sees the renewal.
    package var duration: Duration { .seconds(count("spec", "leaseDurationSeconds")) }
    /// Since when the holder has it, by the holder's clock.
    package var acquireTime: ClusterTime? { ClusterTime(text("spec", "acquireTime")) }
    /// When the holder renewed it last, by the holder's clock.
    package var renewTime: ClusterTime? { ClusterTime(text("spec", "renewTime")) }
    /// How often it went from one to another; it grows with every new holder.
    package var transitions: Int { count("spec", "leaseTransitions") }
}

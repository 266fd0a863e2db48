/// Proxies whose word is taken for where a request comes from. Anybody else could say anything.
package struct TrustedProxies: Sendable, Hashable {
    private let addresses: Set<String>

    /// Nobody's word is taken.
    package static let none = TrustedProxies(addresses: [])

    /// Takes the addresses of proxies; nil where one of them is no address.
    package init?(_ texts: [String]) {
        let known = texts.compactMap { NetworkAddress.plain($0) }
        guard known.count == texts.count else { return nil }
        self.init(addresses: Set(known))
    }

    private init(addresses: Set<String>) { self.addresses = addresses }

    /// Where a request comes from whose connection is `peer`'s, and whose `X-Forwarded-For` fields are these.
    ///
    /// Each proxy adds at the end whom it was asked by: the last one there that is no proxy of ours is who asks. What
    /// stands before it is anybody's. Where it is not even an address, the peer is all that is known.
    func source(_ peer: String, forwardedFor fields: [String]) -> String {
        guard isOurs(peer) else { return peer }
        let hops = fields.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .map { String($0).trimmed }
        guard let last = hops.last(where: { !isOurs($0) }), NetworkAddress.plain(last) != nil else { return peer }
        return last
    }

    private func isOurs(_ address: String) -> Bool {
        NetworkAddress.plain(address).map { addresses.contains($0) } ?? false
    }
}

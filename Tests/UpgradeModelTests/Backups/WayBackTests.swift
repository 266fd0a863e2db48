import Testing

@testable import UpgradeModel

@Suite struct WayBackTests {
    private let moment = Moment(microseconds: 1_795_000_000_000_000)

    @Test func `the way back takes as long as the newest proof, or as restores took`() {
        let proofs = [
            ProofRecord(state: .failed, seconds: 1), ProofRecord(state: .proven, at: moment, seconds: 4),
            ProofRecord(state: .proven, seconds: 9),
        ]
        #expect(WayBack(proofs: proofs, restores: [])?.seconds == 4)
        #expect(WayBack(proofs: proofs, restores: [])?.provenAt == moment)
        #expect(WayBack(proofs: proofs, restores: [30, 10, 20])?.seconds == 20)
        #expect(WayBack(proofs: [ProofRecord(state: .failed)], restores: [10]) == nil)
    }

    @Test func `the check shows the way back, and only not knowing blocks`() throws {
        #expect(try finding("way-back") { _ in }.outcome == .pass)
        let known = try finding("way-back") {
            $0.wayBack = .known(WayBack(proofs: [ProofRecord(state: .proven, at: moment, seconds: 3.2)], restores: []))
        }
        #expect(known.outcome == .pass && known.message.contains("4 s"))
        #expect(try finding("way-back") { $0.wayBack = .unknown("the folder cannot be read") }.outcome == .error)
    }
}

import Testing

@testable import UpgradeModel

@Suite struct WayBackTests {
    private let moment = Moment(microseconds: 1_795_000_000_000_000)

    @Test func `the way back takes as long as dump and proof of the newest proven set, or as restores took`() {
        let sets = [
            WayBack.Known(proof: ProofRecord(state: .failed, seconds: 1), dumpSeconds: 50),
            WayBack.Known(proof: ProofRecord(state: .proven, at: moment, seconds: 4), dumpSeconds: 7),
            WayBack.Known(proof: ProofRecord(state: .proven, seconds: 9)),
        ]
        #expect(WayBack(sets: sets, restores: [])?.seconds == 11)
        #expect(WayBack(sets: sets, restores: [])?.provenAt == moment)
        #expect(WayBack(sets: sets, restores: [30, 10, 20])?.seconds == 20)
        #expect(WayBack(sets: [WayBack.Known(proof: ProofRecord(state: .failed))], restores: [10]) == nil)
    }

    @Test func `the check shows the way back, and only not knowing blocks`() throws {
        #expect(try finding("way-back") { _ in }.outcome == .pass)
        let known = try finding("way-back") {
            let proof = ProofRecord(state: .proven, at: moment, seconds: 3.2)
            $0.wayBack = .known(WayBack(sets: [WayBack.Known(proof: proof)], restores: []))
        }
        #expect(known.outcome == .pass && known.message.contains("4 s"))
        #expect(try finding("way-back") { $0.wayBack = .unknown("the folder cannot be read") }.outcome == .error)
    }
}

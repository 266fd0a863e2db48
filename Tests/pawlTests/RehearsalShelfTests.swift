import Foundation
import Testing
import UpgradeModel

@testable import pawl

@Suite struct RehearsalShelfTests {
    @Test func `the newest ten stay, and the one that has just ended, whenever a clock says that it was`() throws {
        let paper = try PaperInstallation()
        let shelf = RehearsalShelf(try paper.workplace())
        let (from, target) = (try ReleaseVersion("1.0"), try ReleaseVersion("1.1"))
        func keep(_ day: Int) throws -> RunID {
            let at = Moment(microseconds: 1_795_000_000_000_000 + Int64(day) * 86_400_000_000)
            let id = RunID(startedAt: at, salt: 7)
            _ = try shelf.begin(id)
            try shelf.keep(Rehearsal(id: id, from: from, target: target, startedAt: at), schemas: [])
            return id
        }
        let days = try (1...12).map { try keep($0) }
        #expect(shelf.rehearsals().map(\.id) == days.suffix(10).reversed())
        let dated = try keep(-300)
        #expect(shelf.rehearsals().map(\.id) == days.suffix(9).reversed() + [dated])
    }
}

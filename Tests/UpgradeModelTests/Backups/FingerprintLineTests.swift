import Foundation
import Testing
import UpgradeModel

struct FingerprintLineTests {
    @Test func `odd names, empty texts and missing ones survive a manifest`() throws {
        let names = ["a\tb\nc\\d\re", "\\N", "", "🙂 \"quoted\"", "\\t", "\u{1}"]
        let objects = names.map {
            ObjectPrint(
                kind: .defaultPrivileges,
                name: $0,
                owner: $0,
                grants: "",
                definition: nil,
                value: $0,
                version: nil
            )
        }
        let fingerprint = DatabaseFingerprint(
            tables: names.map { TableRows(name: $0, rows: -1, sum: "-12345678901234567890") },
            objects: objects + [ObjectPrint(kind: .table, name: "t", definition: DefinitionDigest(high: 1, low: 2))],
            scope: FingerprintScope(passwords: true, largeObjectGroup: 1000)
        )
        let read = try JSONDecoder().decode(DatabaseFingerprint.self, from: try JSONEncoder().encode(fingerprint))
        #expect(read == fingerprint)
        #expect(read.objects.first?.definition == nil)
    }

    @Test(arguments: [
        #"["a\tb"]"#, #"["nonsense\tx\t\\N\t\\N\t\\N\t\\N\t\\N"]"#, #"["table\tx\t\\N\t\\N\tzz\t\\N\t\\N"]"#, #"[{}]"#,
    ])
    func `a line that is none is refused`(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ObjectPrint].self, from: Data(text.utf8))
        }
    }
}

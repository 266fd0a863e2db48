import Testing

@testable import UpgradeModel

struct PasswordRulesTests {
    private func objection(_ password: String, _ name: String = "ada.lovelace") throws -> PasswordRules.Objection? {
        PasswordRules.objection(to: password, of: try #require(AccountName(name))) { $0 == "JustinBieber" }
    }

    @Test func `a password has 12 to 256 characters, whatever they are`() throws {
        #expect(try objection("k7#Vq!zP2mX") == .tooShort)
        #expect(try objection("k7#Vq!zP2mXw") == nil)
        #expect(try objection("zwölf Boxkämpfer jagen") == nil)
        #expect(try objection("🐎🔋📎🌍 und noch mehr") == nil)
        let long = (0..<32).map { "k7#Vq!z\($0 % 10)" }.joined()
        #expect(try objection(long) == nil)
        #expect(try objection(long + "x") == .tooLong)
    }

    @Test func `common passwords and what is made of common pieces are refused`() throws {
        for password in [
            "password1234", "Password12345!", "P@ssw0rd2026!",
            "qwertyuiop12",
            "aaaaaaaaaaaa", "abcabcabcabc", "xyxyxyxyxyxy", "123456789012", "adalovelace1", "Ada.Lovelace2026",
            "admin2026admin",
            "WelcomeToPawl", "letmeinletmein", "dragonmonkeyfootball", "changeme-changeme", "zxcvbnm,./12",
            "Passwort123!",
            "SummerSummer26", "111122223333", "987654321987",
        ] {
            #expect(try objection(password) == .common, "\(password)")
        }
    }

    @Test func `long passwords of rare pieces will do`() throws {
        for password in [
            "correct horse battery", "my dog has 3 legs", "vX9$kQ2!mLz7", "trumpet-lilac-anvil",
            "adalovelace plays the tuba",
        ] {
            #expect(try objection(password) == nil, "\(password)")
        }
    }

    @Test func `a password that is known to have been published is refused`() throws {
        #expect(try objection("JustinBieber") == .published)
        #expect(try objection("JustinBieber plays") == nil)
    }
}

struct AccountRulesTests {
    private func account(_ name: String, _ role: Role) throws -> Account {
        let moment = Moment(microseconds: 0)
        return Account(
            name: try #require(AccountName(name)),
            role: role,
            password: nil,
            createdAt: moment,
            passwordSetAt: moment
        )
    }

    @Test func `the last admin can neither go nor become less`() throws {
        let (ada, bob) = (try account("ada", .admin), try account("bob", .operator))
        let all = [ada, bob]
        #expect(AccountRules.objection(to: nil, of: ada.name, among: all)?.code == "last-admin")
        #expect(
            AccountRules.objection(to: try account("ada", .operator), of: ada.name, among: all)?.code == "last-admin"
        )
        #expect(AccountRules.objection(to: ada, of: ada.name, among: all) == nil)
        #expect(AccountRules.objection(to: nil, of: bob.name, among: all) == nil)
        #expect(AccountRules.objection(to: nil, of: ada.name, among: all + [try account("eve", .admin)]) == nil)
    }

    @Test func `what others type cannot pass for another line of the audit trail`() {
        let entry = AuditEntry(
            at: Moment(microseconds: 0),
            actor: "ada\n2026 bob",
            address: "::1",
            action: "x\u{2028}y\u{202E}z",
            subject: String(repeating: "é", count: 1500) + "\0",
            outcome: .done
        )
        #expect(entry.actor == "ada\u{FFFD}2026 bob")
        #expect(entry.action == "x\u{FFFD}y\u{FFFD}z")
        #expect(entry.subject.unicodeScalars.count == 1000 && entry.subject.hasSuffix("é…"))
        #expect(AuditEntry.plain(entry.subject).unicodeScalars.count == 200)
    }

    @Test func `a role may do what the ones before it may`() {
        #expect(Role.allCases.sorted() == [.viewer, .operator, .admin])
        for permission in Permission.allCases {
            for (less, more) in zip(Role.allCases, Role.allCases.dropFirst()) where less.allows(permission) {
                #expect(more.allows(permission))
            }
        }
        #expect(!Role.viewer.allows(.operate))
        #expect(!Role.operator.allows(.administer))
    }
}

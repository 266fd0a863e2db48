import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import StateStore
import Testing
import UpgradeModel

@testable import AdminConsole

struct SecondFactorTests {
    @Test func `one-time codes are those of RFC 6238, and secrets are written as in RFC 4648`() {
        let secret = Array("12345678901234567890".utf8)
        for (seconds, code) in [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)] {
            let step = OneTimeCode.step(at: Moment(microseconds: seconds * 1_000_000))
            #expect(OneTimeCode.text(secret, step: step, digits: 8) == code)
            #expect(OneTimeCode.text(secret, step: step) == code.suffix(6))
        }
        for (plain, coded) in [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("fooba", "MZXW6YTB"), ("", "")] {
            #expect(Base32.text(Array(plain.utf8)) == coded)
        }
        #expect(OneTimeCode.makeSecret() != OneTimeCode.makeSecret())
    }

    @Test func `after the password a second factor is asked for, and nobody is signed in before`() async throws {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let secret = try console.giveSecondFactor(ada.name)
            try await console.test { client in
                var browser = Browser(client: client, console: console)
                let form = ["name": "ada", "password": GuardedConsole.password, "next": "/versions"]
                let first = try await browser.post("/sign-in", form)
                #expect(first.location == "/sign-in/code")
                #expect(first.cookie(Sessions.cookie) == nil)
                #expect(first.cookie(Client.cookie) == nil)
                #expect(try console.store.sessions(of: ada.name).isEmpty)
                let halfway = try #require(first.cookie(HalfwaySignIns.cookie))
                browser.fields[.cookie] = "\(HalfwaySignIns.cookie)=\(halfway)"
                #expect(try await browser.get("/settings").location.hasPrefix("/sign-in"))
                #expect(try await browser.get("/sign-in/code").text.contains("one-time-code"))
                let wrong = try await browser.post("/sign-in/code", ["code": console.wrongCode(secret)])
                #expect(wrong.status == .unprocessableContent)
                #expect(wrong.headers[.setCookie] == nil)
                let done = try await browser.post("/sign-in/code", ["code": console.code(secret)])
                #expect(done.location == "/versions")
                #expect(try await browser.following(done).get("/settings").status == .ok)
                // It has served its purpose.
                #expect(try await browser.post("/sign-in/code", ["code": "1"]).location == "/sign-in")
            }
            #expect(
                try console.trail() == [
                    "- sign-in ada asked", "- second-factor ada refused", "- second-factor ada done",
                    "- sign-in ada done",
                ]
            )
        }
    }

    @Test func `a wrong password gets the same answer whether an account has a second factor, none, or is none`()
        async throws
    {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            try await console.add("bob", .admin)
            _ = try console.giveSecondFactor(ada.name)
            try await console.test { client in
                let browser = Browser(client: client, console: console)
                var answers: Set<String> = []
                for name in ["ada", "bob", "eve"] {
                    let answer = try await browser.post("/sign-in", ["name": name, "password": "not hers at all"])
                    #expect(answer.status == .unprocessableContent)
                    #expect(answer.headers[.setCookie] == nil)
                    answers.insert(answer.text.replacing(name, with: "?"))
                }
                #expect(answers.count == 1)
            }
        }
    }

    @Test
    func `a sign-in that was begun ends after five minutes, with another password, and without its second factor`()
        async throws
    {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let secret = try console.giveSecondFactor(ada.name)
            try await console.test { client in
                func begin() async throws -> Browser {
                    var browser = Browser(client: client, console: console)
                    let form = ["name": "ada", "password": GuardedConsole.password]
                    let answer = try await browser.post("/sign-in", form)
                    let halfway = try #require(answer.cookie(HalfwaySignIns.cookie))
                    browser.fields[.cookie] = "\(HalfwaySignIns.cookie)=\(halfway)"
                    return browser
                }
                for spoil in [
                    { console.clock.advance(seconds: 301) },
                    {
                        _ = try await console.parts.accounts.set(
                            "stapled batteries on horses",
                            of: ada.name,
                            isGiven: false,
                            by: nil
                        )
                    },
                    { _ = try console.store.removeSecondFactor(of: ada.name) },
                ] as [() async throws -> Void] {
                    let browser = try await begin()
                    #expect(try await browser.get("/sign-in/code").status == .ok)
                    // Passwords are set at some instant later than the one before.
                    console.clock.advance(seconds: 1)
                    try await spoil()
                    #expect(try await browser.get("/sign-in/code").location == "/sign-in")
                    let answer = try await browser.post("/sign-in/code", ["code": console.code(secret)])
                    #expect(answer.location == "/sign-in")
                    #expect(answer.cookie(Sessions.cookie) == nil)
                    try console.store.put(ada)
                }
            }
        }
    }

    @Test func `a code counts once, whichever process sees it first, and may be one step early or late`() async throws {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let secret = try console.giveSecondFactor(ada.name)
            let other = SecondFactors(
                records: try StateStore(in: try DataFolder(console.folder, create: false)),
                now: { console.clock.now }
            )
            let place = try Place(Client(address: "a", browser: nil), of: "ada", console.store)
            func shown(_ factors: SecondFactors, _ steps: Int64) throws -> Bool {
                try factors.shown(console.code(secret, ahead: steps), of: ada.name, from: place) != nil
            }
            let factors = console.parts.secondFactors
            #expect(try !shown(factors, -2))
            #expect(try shown(factors, -1))
            #expect(try !shown(other, -1))
            #expect(try shown(other, 0))
            #expect(try !shown(factors, 0))
            #expect(try !shown(factors, -1))
            #expect(try !shown(factors, 2))
            #expect(try shown(factors, 1))
            console.clock.advance(seconds: 30)
            #expect(try !shown(other, 0))
            #expect(try shown(other, 1))
        }
    }

    @Test func `guessing codes is slowed to a few an hour, which holds up neither known places nor recovery codes`()
        async throws
    {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let codes = ["ABCD-EFGH-IJKL-MNOP-QRST-UVWX"]
            let secret = try console.giveSecondFactor(ada.name, recoveryCodes: codes)
            try console.store.remember("home", of: ada.name, at: console.clock.now)
            func guess(_ code: String, from address: String) throws -> SecondFactors.Shown? {
                let place = try Place(Client(address: address, browser: nil), of: "ada", console.store)
                return try console.parts.secondFactors.shown(code, of: ada.name, from: place)
            }
            var looked = 0
            for second in 0..<3600 {
                for number in 0..<3 {
                    do {
                        #expect(try guess(console.wrongCode(secret), from: "flood \(second) \(number)") == nil)
                        looked += 1
                    } catch is AdminConsole.Refusal {}
                }
                console.clock.advance(seconds: 1)
            }
            // Ten at first, then waits that double up to a quarter of an hour.
            #expect(looked <= 22)
            #expect(throws: AdminConsole.Refusal.self) { try guess(console.code(secret), from: "elsewhere") }
            #expect(try guess(codes[0].lowercased(), from: "elsewhere") == .recoveryCode)
            #expect(try guess(console.code(secret), from: "home") == .code)
        }
    }

    @Test func `a recovery code works once, in the place of a code, and that is noted`() async throws {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let code = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX"
            _ = try console.giveSecondFactor(ada.name, recoveryCodes: [code])
            try await console.test { client in
                for isFirst in [true, false] {
                    var browser = Browser(client: client, console: console)
                    let form = ["name": "ada", "password": GuardedConsole.password]
                    let halfway = try #require(try await browser.post("/sign-in", form).cookie(HalfwaySignIns.cookie))
                    browser.fields[.cookie] = "\(HalfwaySignIns.cookie)=\(halfway)"
                    let answer = try await browser.post("/sign-in/code", ["code": code])
                    #expect((answer.cookie(Sessions.cookie) != nil) == isFirst)
                }
            }
            #expect(
                try console.trail() == [
                    "- sign-in ada asked", "- recovery-code ada done", "- sign-in ada done", "- sign-in ada asked",
                    "- second-factor ada refused",
                ]
            )
        }
    }

    @Test func `confirming and changing the password ask for a code too, and do not say which of both was wrong`()
        async throws
    {
        try await GuardedConsole.with { console in
            let ada = try await console.add("ada", .admin)
            let secret = try console.giveSecondFactor(ada.name)
            try await console.test { client in
                let browser = try console.browser("ada", client)
                #expect(try await browser.get("/confirm").text.contains("name=\"code\""))
                var answers: Set<String> = []
                for (password, code) in [
                    (GuardedConsole.password, ""), (GuardedConsole.password, console.wrongCode(secret)),
                    ("not hers at all", console.code(secret)),
                ] {
                    let answer = try await browser.post("/confirm", ["password": password, "code": code])
                    #expect(answer.status == .unprocessableContent)
                    answers.insert(answer.text)
                }
                #expect(answers.count == 1)
                // A wrong password uses no code up.
                let form = ["password": GuardedConsole.password, "code": console.code(secret), "next": "/x"]
                let done = try await browser.post("/confirm", form)
                #expect(done.location == "/x")
                let after = browser.following(done)
                console.clock.advance(seconds: 30)
                let fresh = "stapled batteries on horses"
                var change = ["current": GuardedConsole.password, "password": fresh, "again": fresh]
                #expect(try await after.post("/settings/password", change).status == .unprocessableContent)
                change["code"] = console.code(secret)
                #expect(try await after.post("/settings/password", change).status == .seeOther)
            }
        }
    }
}

extension GuardedConsole {
    /// Gives an account a second factor; returns its secret.
    func giveSecondFactor(_ name: AccountName, recoveryCodes: [String] = []) throws -> [UInt8] {
        let secret = OneTimeCode.makeSecret()
        _ = try store.put(
            SecondFactor(account: name, secret: secret, setAt: clock.now, newestStep: 0),
            recoveryCodes: recoveryCodes.map { Secret.digest($0.replacing("-", with: "")) },
            by: nil
        )
        return secret
    }

    /// The code of the present step, or of one so many later.
    func code(_ secret: [UInt8], ahead steps: Int64 = 0) -> String {
        OneTimeCode.text(secret, step: OneTimeCode.step(at: clock.now) + steps)
    }

    /// A code that does not count now.
    func wrongCode(_ secret: [UInt8]) -> String {
        let right = Set((-1...1).map { code(secret, ahead: $0) })
        return ["000000", "111111", "222222", "333333"].first { !right.contains($0) } ?? ""
    }
}

extension TestResponse {
    /// The value that an answer gives a cookie.
    func cookie(_ name: String) -> String? {
        headers[values: .setCookie].first { $0.hasPrefix(name + "=") }
            .flatMap { $0.split(separator: ";").first?.split(separator: "=", maxSplits: 1).last }.map(String.init)
    }
}

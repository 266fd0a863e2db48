import Reports
import Testing

@testable import pawl

@Suite struct GlobalArgumentsTests {
    @Test(arguments: [
        (["--config", "a", "status"], ["status", "--config", "a"]),
        (["-o", "json", "-v", "backup", "list"], ["backup", "list", "-o", "json", "-v"]),
        (["--data-dir=d", "plan", "--to", "2026.1.1"], ["plan", "--to", "2026.1.1", "--data-dir=d"]),
        (["status", "-o", "json"], ["status", "-o", "json"]),
        (["--help"], ["--help"]), ([], []),
        (["-o", "json", "details", "--", "run"], ["details", "-o", "json", "--", "run"]),
    ])
    func `global options may stand before the command`(given: [String], meant: [String]) {
        #expect(GlobalArguments.behindTheCommand(given) == meant)
    }

    @Test func `whoever wants JSON gets their errors as JSON too, even of arguments that make no sense`() {
        #expect(GlobalArguments.wantJSON(["nonsense", "-o", "json"]))
        #expect(GlobalArguments.wantJSON(["--output=json"]))
        #expect(!GlobalArguments.wantJSON(["-o", "table"]))
        #expect(!GlobalArguments.wantJSON([]))
    }

    @Test func `whoever follows gets one document a line, errors too`() {
        #expect(GlobalArguments.jsonForm(["upgrade", "--follow", "-o", "json"]) == .line)
        #expect(GlobalArguments.jsonForm(["upgrade", "-o", "json"]) == .document)
        #expect(GlobalArguments.jsonForm(["-o", "json", "details", "--", "--follow"]) == .document)
        #expect(GlobalArguments.jsonForm(["upgrade", "--follow"]) == nil)
    }
}

@Suite struct RedactionTests {
    @Test func `no secret of the installation is in what leaves the machine`() {
        let canaries = ["c4n4ry-one", "c4n4ry-two", "c4n4ry-three", "c4n4ry-four", "c4n4ry-five"]
        let text = """
            value c4n4ry-one in the open
            postgres://carto:c4n4ry-two@10.0.0.5/carto
            DB_PASSWORD=c4n4ry-three
            {"api_key": "c4n4ry-four"}
            Authorization: Bearer c4n4ry-five
            """
        let clean = Redaction(secrets: ["c4n4ry-one"]).clean(text)
        for canary in canaries { #expect(!clean.contains(canary), "\(clean)") }
        #expect(clean.contains("postgres://carto:***HIDDEN***@10.0.0.5/carto"))
    }

    @Test func `a secret is taken out of JSON too, where it is written otherwise`() {
        let secret = #"c4n4"ry/\one"#
        let text = JSONText.line(["message": "it says \(secret) here"]) + #" {"message": "c4n4\"ry\/\\one"}"# + secret
        let clean = Redaction(secrets: [secret]).clean(text)
        #expect(!clean.contains("c4n4") && !clean.contains("one"), "\(clean)")
    }

    @Test(arguments: ["DB_PASSWORD", "encryption_key", "API_TOKEN", "LITELLM_SALT"])
    func `names of secrets are known`(name: String) { #expect(Redaction.isSecretName(name)) }

    @Test(arguments: ["DB_HOST", "ROUTER_PORT", "COMPANY_NAME"])
    func `other names are left alone`(name: String) { #expect(!Redaction.isSecretName(name)) }
}

import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct ValuesFileTests {
    private func secrets(_ text: String) throws -> [String] {
        try ValuesFile.read(bytes(text), path: "values.yaml").secretValues
    }

    @Test func `a file is kept as it stands`() throws {
        let folder = try ScratchFolder()
        try folder.write("values.yaml", "# mine\nrouter: {replicas: 2}\n")
        let file = try ValuesFile.read(file: folder.at("values.yaml"))
        #expect(file.path == folder.at("values.yaml"))
        #expect(file.text == bytes("# mine\nrouter: {replicas: 2}\n"))
        #expect(file.secretValues == [])
    }

    @Test func `an empty file says nothing and is no error`() throws {
        #expect(try secrets("") == [])
        #expect(try secrets("# nothing\n") == [])
    }

    @Test(arguments: ["- a\n", "text\n", "a: [\n", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n"])
    func `what is no mapping is refused with file and line`(text: String) throws {
        let trouble = try trouble { () throws(Trouble) in try ValuesFile.read(bytes(text), path: "mine/values.yaml") }
        #expect(trouble.blame == .operator)
        #expect(trouble.code == "configuration-invalid")
        #expect(trouble.message.firstMatch(of: #/^mine/values\.yaml:[0-9]+: /#) != nil, "\(trouble.message)")
    }

    @Test func `a file that is not there is named`() throws {
        let trouble = try trouble { () throws(Trouble) in try ValuesFile.read(file: "/nowhere/values.yaml") }
        #expect(trouble.code == "configuration-unreadable")
        #expect(trouble.message.contains("/nowhere/values.yaml"))
    }

    @Test(arguments: [
        "password", "dbPassword", "DB_PASSWD", "clientSecret", "apiToken", "encryptionKey", "secretKey", "credentials",
        "privateKey", "litellmSaltKey",
    ])
    func `a value is secret by its key, wherever that stands`(key: String) throws {
        #expect(try secrets("\(key): hunter2\n") == ["hunter2"])
        #expect(try secrets("a: {b: [{\(key): hunter2}]}\n") == ["hunter2"])
        #expect(try secrets("\(key): {a: hunter2, b: [other]}\n") == ["hunter2", "other"])
    }

    @Test func `numbers are secrets too, yes and no are none`() throws {
        #expect(try secrets("password: 12345678\ntoken: true\nkey: null\nsecret: \"\"\n") == ["12345678"])
    }

    @Test func `containers' variables are secret by their names`() throws {
        let text = "env:\n  - {name: DB_PASSWORD, value: hunter2}\n  - {name: DB_HOST, value: db}\n"
        #expect(try secrets(text) == ["hunter2"])
    }

    @Test(arguments: [
        "existingSecret: demo-database", "imagePullSecrets: [{name: registry}]", "secretName: demo-tls",
        "env: {valueFrom: {secretKeyRef: {name: demo-database, key: password}}}", "existingSecretPasswordKey: password",
        "topologyKey: kubernetes.io/hostname", "router: {replicas: 2, domain: demo.example}",
    ])
    func `what only says where a secret is stays readable`(text: String) throws {
        #expect(try secrets(text + "\n") == [])
    }

    @Test func `of a private key its lines are secrets as well`() throws {
        let text = """
            tls:
              privateKey: |
                -----BEGIN PRIVATE KEY-----
                MIIEvQIBADANBgkqhkiG9w0BAQEF
                AASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
                -----END PRIVATE KEY-----
            """
        let found = try secrets(text + "\n")
        #expect(found.count == 3)
        #expect(found.first?.hasPrefix("-----BEGIN PRIVATE KEY-----\n") == true)
        #expect(found.dropFirst() == ["MIIEvQIBADANBgkqhkiG9w0BAQEF", "AASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"])
    }

    @Test func `a secret that stands twice is told once`() throws {
        #expect(try secrets("a: {password: hunter2}\nb: {password: hunter2, token: other}\n") == ["hunter2", "other"])
    }
}

import Testing
import UpgradeModel

@Suite struct DatabaseURLTests {
    @Test func `an address is read part by part`() throws {
        let url = try DatabaseURL("postgres://carto@10.0.0.5:5433/work%20space?sslmode=require")
        #expect(url.user == "carto")
        #expect(url.host == "10.0.0.5")
        #expect(url.port == 5433)
        #expect(url.database == "work space")
        #expect(url.parameters == ["sslmode": "require"])
    }

    @Test func `the port is 5432 where none is written`() throws {
        #expect(try DatabaseURL("postgresql://a@b/c").port == 5432)
        #expect(try DatabaseURL("postgres://a@[::1]/c") == DatabaseURL(user: "a", host: "::1", database: "c"))
    }

    @Test func `a socket folder may stand for a host`() throws {
        let url = try DatabaseURL("postgres://a@/c?host=/run/postgresql")
        #expect(url.host == "/run/postgresql")
        #expect(url.parameters.isEmpty)
    }

    @Test(arguments: [
        "postgres://u@h:5432/d", "postgres://u%40x@[fe80::1]:6000/d%2Fe", "postgres://u@:5432/d?host=/run/x%20y",
        "postgres://u@h:5432/d?connect_timeout=3&sslmode=verify-full",
    ])
    func `an address is written as it is read`(text: String) throws {
        let url = try DatabaseURL(text)
        #expect(try DatabaseURL(url.description) == url)
    }

    @Test(arguments: [
        "mysql://a@b/c", "postgres://b/c", "postgres://a@b", "postgres://a@b/", "postgres://a@/c",
        "postgres://@b/c", "postgres://a@b:0/c", "postgres://a@b:70000/c", "postgres://a@b:x/c", "postgres://a@[::1/c",
        "postgres://a@[::1]x/c", "postgres://a@b/c?user=x", "postgres://a@b/c?password=x", "postgres://a@b/%zz",
        "postgres://a@b/%00",
    ])
    func `what is no address is refused`(text: String) {
        #expect(throws: DatabaseURL.Malformed.self) { try DatabaseURL(text) }
    }

    @Test func `a password is refused and never quoted`() {
        let error = #expect(throws: DatabaseURL.Malformed.self) { try DatabaseURL("postgres://a:hunter2@b/c") }
        #expect(error?.reason == "it holds a password")
    }
}

import SimulatedCluster
import Testing
import WebClient

@testable import Kubernetes

@Suite struct EnvironmentProxyTests {
    @Test(arguments: [
        ("https://k.example:6443", "", "http://proxy:3128"), ("https://k.example:6443", "example", nil),
        ("https://k.example:6443", ".example", nil), ("https://k.example:6443", "*.example", nil),
        ("https://k.example:6443", "ample", "http://proxy:3128"), ("https://example", ".example", "http://proxy:3128"),
        ("https://k.example:6443", "a, k.example:6443", nil),
        ("https://k.example:6443", "k.example:443", "http://proxy:3128"), ("https://k.example:6443", "*", nil),
        ("https://10.1.2.3", "10.0.0.0/8", nil), ("https://10.1.2.3", "10.1.2.0/30", nil),
        ("https://10.1.2.4", "10.1.2.0/30", "http://proxy:3128"), ("https://10.1.2.3", "10.1.2.3", nil),
        ("https://[fd00::1]", "fd00::/8", nil), ("https://[fd00::1]", "10.0.0.0/8", "http://proxy:3128"),
        ("https://127.0.0.1:1", "", nil), ("https://localhost", "", nil), ("https://[::1]", "", nil),
        ("http://k.example", "", nil),
    ])
    func `the environment's proxy is taken as Go takes it`(server: String, exceptions: String, expected: String?) throws
    {
        let address = try #require(ServerAddress(server))
        for names in [("HTTPS_PROXY", "NO_PROXY"), ("https_proxy", "no_proxy")] {
            let environment = [names.0: "proxy:3128", names.1: exceptions]
            #expect(EnvironmentProxy(environment: environment).text(for: address) == expected)
        }
    }

    @Test func `a name in capitals without a value does not hide the other`() throws {
        let address = try #require(ServerAddress("https://k.example"))
        let environment = ["HTTPS_PROXY": "", "https_proxy": "proxy:3128"]
        #expect(EnvironmentProxy(environment: environment).text(for: address) == "http://proxy:3128")
    }

    @Test func `what the settings say counts before the environment`() async throws {
        let text = """
            current-context: c
            contexts: [{name: c, context: {cluster: k}}, {name: d, context: {cluster: l}}, {name: e, context: {cluster: m}}]
            clusters:
            - {name: k, cluster: {server: "https://k"}}
            - {name: l, cluster: {server: "https://l", proxy-url: "socks5://own"}}
            - {name: m, cluster: {server: "https://10.0.0.1"}}
            """
        try await withScratchFolder { folder in
            try write(text, to: folder + "/config")
            func proxy(_ context: String) throws -> WebProxy? {
                try ClusterAccess.standard(
                    path: folder + "/config",
                    context: context,
                    environment: ["HTTPS_PROXY": "http://me:x@proxy:3128"],
                    home: "/nowhere"
                ).proxy
            }
            #expect(try proxy("c") == .http(host: "proxy", port: 3128, user: "me", password: "x"))
            #expect(try proxy("d") == .socks(host: "own", port: 1080))
            let error = #expect(throws: KubernetesError.self) { try proxy("e") }
            #expect(error?.remedy.contains("NO_PROXY") == true)
            let none = try ClusterAccess.standard(path: folder + "/config", environment: [:], home: "/nowhere")
            #expect(none.proxy == nil)
        }
    }
}

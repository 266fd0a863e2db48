import Foundation
import Processes
import SimulatedCluster
import Testing
import WebClient

@testable import Kubernetes

@Suite struct KubeconfigTests {
    static let whole = """
        apiVersion: v1
        kind: Config
        current-context: shop
        preferences: {}
        clusters:
        - name: one
          cluster:
            server: https://one.example:6443/prefix/
            certificate-authority-data: LS0tLS1DQQ==
            tls-server-name: kubernetes
            proxy-url: http://me:p%40ss@proxy.example:3128
        contexts:
        - name: shop
          context: {cluster: one, user: me, namespace: shop}
        users:
        - name: me
          user:
            client-certificate: certs/me.crt
            client-key-data: LS0tLS1LRVk=
            token: hunter2
            tokenFile: /run/token
            as: somebody
            as-groups: [a, b]
            as-user-extra: {scopes: [view, edit]}
        """

    private func settings(_ text: String, _ body: (Kubeconfig, String) throws -> Void) async throws {
        try await withScratchFolder { folder in
            try write(text, to: folder + "/config")
            try body(try Kubeconfig.read([folder + "/config"]), folder)
        }
    }

    private func refusal(_ text: String, context: String? = nil) async throws -> KubernetesError {
        try await withScratchFolder { folder in
            try write(text, to: folder + "/config")
            var error = try #require(throws: KubernetesError.self) {
                _ = try Kubeconfig.read([folder + "/config"]).access(context: context)
            }
            error.detail = error.detail.replacing(folder, with: "")
            return error
        }
    }

    @Test func `everything that a context needs is read`() async throws {
        try await settings(Self.whole) { settings, folder in
            let access = try settings.access()
            #expect("\(access.server)" == "https://one.example:6443/prefix")
            #expect(access.serverName == "kubernetes")
            #expect(access.authority == .bytes(Array("-----CA".utf8)))
            #expect(access.proxy == .http(host: "proxy.example", port: 3128, user: "me", password: "p@ss"))
            #expect(access.namespace == "shop")
            #expect(access.isServerVerified)
            #expect(access.account.certificate == .file(folder + "/certs/me.crt"), "as seen from the file's own folder")
            #expect(access.account.key == .bytes(Array("-----KEY".utf8)))
            #expect(access.account.token == Secret("hunter2"))
            #expect(access.account.tokenFile == "/run/token")
            let other = Impersonation(user: "somebody", groups: ["a", "b"], extra: ["scopes": ["view", "edit"]])
            #expect(access.account.impersonation == other)
            #expect(access.origin == "the context “shop” of \(folder)/config")
            #expect(access.contextName == "shop", "the current one has a name, too")
        }
    }

    @Test func `nothing that is secret is printed`() async throws {
        try await settings(Self.whole) { settings, _ in
            let access = try settings.access()
            var printed = "\(access)"
            dump(access, to: &printed)
            dump(settings, to: &printed)
            for secret in ["hunter2", "p@ss", "-----KEY", "LS0tLS1LRVk"] { #expect(!printed.contains(secret)) }
        }
    }

    @Test func `of several files the first to name something counts, and counts whole`() async throws {
        try await withScratchFolder { folder in
            let first = """
                users: [{name: red, user: {token: first}}]
                contexts: [{name: c, context: {cluster: k, user: red}}]
                """
            let second = """
                current-context: c
                clusters: [{name: k, cluster: {server: "https://k:1"}}]
                users: [{name: red, user: {token: second, username: me, password: x}}]
                """
            let third = "current-context: other\n"
            for (index, text) in [first, second, third].enumerated() { try write(text, to: "\(folder)/\(index)") }
            let list = ["\(folder)/0", "\(folder)/none", "\(folder)/1", "", "\(folder)/0", "\(folder)/2"]
            let paths = Kubeconfig.standardPaths(
                environment: ["KUBECONFIG": list.joined(separator: ":")],
                home: "/home/me"
            )
            #expect(paths.count == 4, "each once, and no empty one")
            let access = try Kubeconfig.read(paths).access()
            #expect(access.account.token == Secret("first"))
            #expect(access.account.username == nil, "what another file says of the same user is left out")
        }
        #expect(Kubeconfig.standardPaths(environment: [:], home: "/home/me") == ["/home/me/.kube/config"])
    }

    @Test func `settings may be empty, or JSON`() async throws {
        try await withScratchFolder { folder in
            try write("", to: folder + "/empty")
            let json =
                #"{"current-context":"c","contexts":[{"name":"c","context":{"cluster":"k","user":""}}],"clusters":"#
                + #"[{"name":"k","cluster":{"server":"k.example:6443"}}],"users":null}"#
            try write(json, to: folder + "/settings.json")
            let settings = try Kubeconfig.read([folder + "/empty", folder + "/settings.json"])
            let access = try settings.access()
            #expect("\(access.server)" == "http://k.example:6443", "without certificates and a scheme, as kubectl does")
            #expect(access.account == ClusterAccount())
            #expect(access.namespace == "default")
        }
    }

    @Test func `a file that was named by the operator must be there`() throws {
        #expect(throws: KubernetesError.self) { try Kubeconfig.read(["/nowhere/config"], mustExist: true) }
        #expect(try Kubeconfig.read(["/nowhere/config"]).files.isEmpty)
    }

    @Test(arguments: [
        ("clusters:\n- name: a\n  cluster: {server: [x]}\n", "/config:3: "),
        ("clusters:\n- name: a\n  cluster: {certificate-authority-data: '%%'}\n", "/config:3: "),
        ("users:\n- name: a\n  user: {client-key: x}\n", "client-certificate"),
        ("users:\n- {name: a, user: {}}\n- {name: a, user: {}}\n", "/config:3: a second user is called “a”"),
        ("users: [\n", "/config:2: "),
        ("contexts: []\n", "choose no context"),
        ("current-context: x\ncontexts: [{name: y, context: {}}]\n", "there is no context “x”"),
        (
            "current-context: y\ncontexts:\n- name: y\n  context: {cluster: k}\n",
            "/config:3: the context “y” names the cluster “k”, which is nowhere"
        ),
        (
            "current-context: y\ncontexts: [{name: y, context: {cluster: k}}]\nclusters:\n- name: k\n  cluster: {server: 'ftp://k'}\n",
            "/config:4: the server of the cluster “k” is no address"
        ),
        (
            "current-context: y\ncontexts: [{name: y, context: {cluster: k, user: u}}]\n"
                + "clusters: [{name: k, cluster: {server: 'https://k'}}]\n",
            "/config:2: the context “y” names the user “u”, who is nowhere"
        ),
    ])
    func `what cannot be used is refused with file and line`(text: String, expected: String) async throws {
        let error = try await refusal(text)
        #expect(error.detail.contains(expected), "\(error.detail)")
        #expect(error.kind == .settings)
        #expect(!error.remedy.isEmpty)
    }

    private func user(_ user: String, cluster: String = "server: 'https://k'") -> String {
        """
        current-context: y
        contexts: [{name: y, context: {cluster: k, user: u}}]
        clusters:
        - name: k
          cluster: {\(cluster)}
        users:
        - name: u
          user: {\(user)}
        """
    }

    @Test func `an auth-provider is refused with what to use instead, and only where it is chosen`() async throws {
        let error = try await refusal(user("auth-provider: {name: gcp}"))
        #expect(error.detail.contains("/config:7: the user “u” signs in by the auth-provider “gcp”"))
        #expect(error.remedy.contains("exec"))
        let other =
            user("auth-provider: {name: gcp}").replacing("user: u}", with: "user: v}")
            + "\n- {name: v, user: {token: t}}\n"
        try await settings(other) { settings, _ in
            let access = try settings.access()
            #expect(access.account.token == Secret("t"))
        }
    }

    @Test(arguments: ["as-groups: [a]", "as-uid: '7'", "as-user-extra: {scopes: [view]}"])
    func `groups of somebody who is not named are refused, as kubectl does`(text: String) async throws {
        let error = try await refusal(user(text))
        #expect(error.kind == .settings)
        #expect(error.detail.contains("/config:7: the user “u” is to act with groups"))
        #expect(error.remedy.contains("`as`"))
        try await settings(user("as-groups: []")) { settings, _ in
            let access = try settings.access()
            #expect(access.account.impersonation == nil)
        }
    }

    @Test func `a server that need not prove itself is refused unless that is said aloud`() async throws {
        let insecure = user("token: t", cluster: "server: 'https://k', insecure-skip-tls-verify: true")
        let error = try await refusal(insecure)
        #expect(error.detail.contains("/config:4: insecure-skip-tls-verify lets anybody"))
        try await settings(insecure) { settings, _ in
            let access = try settings.access(acceptsUnverifiedServer: true)
            #expect(!access.isServerVerified)
        }
        let both = user(
            "",
            cluster: "server: 'https://k', insecure-skip-tls-verify: true, certificate-authority: ca.crt"
        )
        #expect(try await refusal(both).detail.contains("exclude one another"))
    }

    @Test func `a credential program is read with all that it is told`() async throws {
        let text = """
            current-context: y
            contexts: [{name: y, context: {cluster: k, user: u}}]
            clusters:
            - name: k
              cluster:
                server: https://k
                certificate-authority-data: LS0tLS1DQQ==
                extensions:
                - name: client.authentication.k8s.io/exec
                  extension: {audience: me}
            users:
            - name: u
              user:
                exec:
                  apiVersion: client.authentication.k8s.io/v1beta1
                  command: ./bin/login
                  args: [token, --cluster, "k"]
                  env: [{name: PROFILE, value: work}]
                  installHint: Ask Anna.
                  provideClusterInfo: true
                  interactiveMode: IfAvailable
            """
        try await settings(text) { settings, folder in
            let program = try #require(try settings.access().account.program)
            #expect(program.version == .v1beta1)
            #expect(program.command == folder + "/./bin/login")
            let command = program.invocation(inherited: ["HOME": "/home/me", "PROFILE": "old"])
            #expect(command.arguments == ["token", "--cluster", "k"])
            #expect(command.environment["HOME"] == "/home/me")
            #expect(command.environment["PROFILE"] == "work")
            let said =
                "{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"spec\":"
                + "{\"interactive\":false,\"cluster\":{\"server\":\"https://k\",\"certificate-authority-data\":"
                + "\"LS0tLS1DQQ==\",\"config\":{\"audience\":\"me\"}}}}"
            #expect(command.environment["KUBERNETES_EXEC_INFO"] == said)
        }
    }

    @Test(arguments: [
        ("exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "not spoken here"),
        ("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", "at a terminal"),
    ])
    func `a credential program that cannot work is refused`(user: String, expected: String) async throws {
        let error = try await refusal(self.user(user))
        #expect(error.detail.contains(expected))
    }

    @Test(arguments: [
        ("https://proxy:1", false), ("socks5://me:x@proxy", false), ("proxy:3128", false), ("http://proxy:1", true),
        ("socks5://proxy", true),
    ])
    func `a proxy is used or refused, and never left out`(proxy: String, isUsed: Bool) async throws {
        let text = user("token: t", cluster: "server: 'https://k', proxy-url: '\(proxy)'")
        try await settings(text) { settings, _ in
            let access = try? settings.access()
            #expect((access?.proxy != nil) == isUsed)
            #expect((access == nil) != isUsed)
        }
    }

    @Test func `behind a proxy a server that is a number needs a name for its certificate`() async throws {
        let text = user("", cluster: "server: 'https://10.0.0.1:6443', proxy-url: 'http://proxy:1'")
        #expect(try await refusal(text).remedy.contains("tls-server-name"))
    }

    @Test(arguments: [
        ("https://k", "https://k"), ("https://k:443/", "https://k"), ("HTTP://k:80", "http://k"),
        ("https://[::1]:6443", "https://[::1]:6443"), ("https://k/a/b//", "https://k/a/b"),
    ])
    func `addresses of servers are read`(text: String, expected: String) {
        #expect(ServerAddress(text).map { "\($0)" } == expected)
    }

    @Test(arguments: [
        "k:6443", "https://", "https://me:x@k", "https://k?x=1", "https://k:0", "https://k:99999", "https://[::1",
    ])
    func `what is no address of a server is refused`(text: String) {
        #expect(ServerAddress(text) == nil)
    }

    @Test func `a pod finds its own account`() async throws {
        try await withScratchFolder { folder in
            let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
            #expect(try ClusterAccess.inCluster(environment: environment, folder: folder) == nil, "there is no token")
            try write("token", to: folder + "/token")
            #expect(throws: KubernetesError.self) {
                try ClusterAccess.inCluster(environment: environment, folder: folder)
            }
            try write("-----CA", to: folder + "/ca.crt")
            try write("shop\n", to: folder + "/namespace")
            let access = try #require(try ClusterAccess.inCluster(environment: environment, folder: folder))
            #expect("\(access.server)" == "https://[fd00::1]")
            #expect(access.namespace == "shop")
            #expect(access.account.tokenFile == folder + "/token")
            #expect(access.contextName == nil)
            #expect(access.authority == .file(folder + "/ca.crt"))
            #expect(try ClusterAccess.inCluster(environment: [:], folder: folder) == nil)
        }
    }
}

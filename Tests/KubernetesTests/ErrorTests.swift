import Testing
import WebClient

@testable import Kubernetes

@Suite struct ErrorTests {
    private let context = RequestContext(
        verb: .get,
        target: RequestTarget(.pods, namespace: "shop", name: "api", subresource: "log"),
        server: "https://k",
        secrets: [Secret("hunter2")]
    )

    private func error(
        _ status: Int,
        _ text: String,
        type: String = "application/json",
        retryAfter: String? = nil
    ) -> KubernetesError {
        let fields = [HTTPField("Content-Type", type)] + (retryAfter.map { [HTTPField("Retry-After", $0)] } ?? [])
        return KubernetesError(HTTPResponse(status: status, fields: fields, body: Array(text.utf8)), context)
    }

    private func status(_ code: Int, _ reason: String, _ message: String = "m") -> String {
        #"{"kind":"Status","status":"Failure","message":"\#(message)","reason":"\#(reason)","code":\#(code)}"#
    }

    @Test(arguments: [
        (404, "NotFound", KubernetesError.Kind.notFound), (409, "AlreadyExists", .alreadyExists),
        (409, "Conflict", .conflict), (403, "Forbidden", .forbidden), (401, "Unauthorized", .unauthorized),
        (429, "TooManyRequests", .tooManyRequests), (410, "Expired", .gone), (410, "Gone", .gone),
        (422, "Invalid", .invalid), (400, "BadRequest", .invalid), (500, "InternalError", .serverTrouble),
        (503, "ServiceUnavailable", .serverTrouble), (504, "Timeout", .serverTrouble),
        (413, "RequestEntityTooLarge", .tooLarge), (405, "MethodNotAllowed", .invalid), (507, "", .serverTrouble),
    ])
    func `what a server says is sorted`(code: Int, reason: String, kind: KubernetesError.Kind) {
        let error = error(code, status(code, reason))
        #expect(error.kind == kind)
        #expect(error.status?.reason == reason)
        #expect(!error.remedy.isEmpty)
    }

    @Test(arguments: [
        (200, "text/html", "<html>Sign in</html>", KubernetesError.Kind.notAnAPIServer),
        (403, "text/html", "<html>Blocked by policy</html>", .notAnAPIServer),
        (502, "text/html", "<html>Bad gateway</html>", .serverTrouble),
        (404, "text/plain", "404 page not found", .notFound), (401, "text/plain", "Unauthorized", .unauthorized),
        (429, "text/plain", "", .tooManyRequests), (302, "text/html", "", .notAnAPIServer),
    ])
    func `what no API server has written is sorted, too`(
        code: Int,
        type: String,
        text: String,
        kind: KubernetesError.Kind
    ) {
        let error = error(code, text, type: type)
        #expect(error.kind == kind)
        #expect(error.detail.contains("https://k answered \(code)"))
    }

    @Test func `a refusal for want of a right says which rule would do`() throws {
        let said =
            #"pods \"api\" is forbidden: User \"jane\" cannot get resource \"pods/log\" in API group \"\" "#
            + #"in the namespace \"shop\": RBAC: not found"#
        let error = error(403, status(403, "Forbidden", said))
        let rule = try #require(error.missingRule)
        #expect(rule == RoleRule(group: "", resource: "pods/log", verb: "get", namespace: "shop"))
        #expect(
            rule.text == """
                - apiGroups: [""]
                  resources: ["pods/log"]
                  verbs: ["get"]
                """
        )
        #expect(error.remedy.contains(rule.text))
        #expect("\(error)".hasPrefix("get pods/log “api” in the namespace shop: pods \"api\" is forbidden"))
    }

    @Test func `the rule is the one that the server has missed, which need not be the one that was asked for`() throws {
        let impersonated =
            #"users \"x\" is forbidden: User \"jane\" cannot impersonate resource \"users\" in API group \"\" "#
            + "at the cluster scope"
        let rule = try #require(error(403, status(403, "Forbidden", impersonated)).missingRule)
        #expect(rule == RoleRule(group: "", resource: "users", verb: "impersonate", namespace: nil))
        let applied =
            #"deployments.apps \"web\" is forbidden: User \"system:serviceaccount:pawl:pawl\" cannot create resource "#
            + #"\"deployments\" in API group \"apps\" in the namespace \"shop\""#
        let other = try #require(error(403, status(403, "Forbidden", applied)).missingRule)
        #expect(other == RoleRule(group: "apps", resource: "deployments", verb: "create", namespace: "shop"))
    }

    @Test func `a refusal by a quota or a webhook is not taken for a missing right`() {
        for said in [
            "exceeded quota: compute", #"admission webhook \"w\" denied the request: no"#,
            #"admission webhook \"w\" denied the request: User \"jane\" cannot get resource \"pods\" in API group \"\""#,
            #"pods \"api\" is forbidden: you cannot get that today"#, #"forbidden: User \"x\" cannot get path \"/x\""#,
        ] {
            let error = error(403, status(403, "Forbidden", said))
            #expect(error.kind == .forbidden)
            #expect(error.missingRule == nil)
        }
    }

    @Test func `the details of what was wrong are kept`() throws {
        let text = """
            {"kind":"Status","message":"bad","reason":"Invalid","code":422,"details":{"name":"api","kind":"Deployment",
            "causes":[{"reason":"FieldValueInvalid","message":"must be positive","field":"spec.replicas"}],
            "retryAfterSeconds":7}}
            """
        let status = try #require(error(422, text).status)
        #expect(status.name == "api")
        #expect(status.kind == "Deployment")
        #expect(status.causes.first?.field == "spec.replicas")
        #expect(error(422, text).retryAfter == .seconds(7))
        #expect(error(429, text, retryAfter: "3").retryAfter == .seconds(3), "the header counts first")
    }

    @Test func `no message holds what must not be shown`() {
        let echoed = error(400, status(400, "BadRequest", "token hunter2 is no good"))
        let told = "\(echoed) \(echoed.status?.message ?? "")"
        #expect(!told.contains("hunter2"))
        var secrets = context
        secrets.target = RequestTarget(.secrets, namespace: "shop", name: "db")
        let said = #"data[password]: Invalid value: \"c3dvcmRmaXNo\": no"#
        let answer = HTTPResponse(status: 422, body: Array(status(422, "Invalid", said).utf8))
        let error = KubernetesError(answer, secrets)
        #expect(!error.description.contains("c3dvcmRmaXNo"))
        #expect(error.detail.contains("data[password]: Invalid value: (withheld)"))
        let page = self.error(500, "<html>hunter2</html>", type: "text/html")
        #expect(!page.detail.contains("hunter2"))
    }

    @Test func `a name that would be a whole collection is never asked for`() {
        for target in [
            RequestTarget(.pods, namespace: "shop", name: ""), RequestTarget(.pods, namespace: "", name: "x"),
            RequestTarget(.pods, namespace: "shop", name: ".."), RequestTarget(.pods, namespace: "shop", name: "a/b"),
            RequestTarget(.pods, name: "x"), RequestTarget(.nodes, namespace: "shop", name: "x"),
        ] {
            #expect(target.objection != nil)
        }
        let fine = RequestTarget(.deployments, namespace: "shop", name: "api", subresource: "scale")
        #expect(fine.objection == nil)
        #expect(fine.path == "/apis/apps/v1/namespaces/shop/deployments/api/scale")
        #expect(RequestTarget(.nodes).path == "/api/v1/nodes")
        let odd = RequestTarget(.configMaps, namespace: "shop", name: "a b:c")
        #expect(odd.path == "/api/v1/namespaces/shop/configmaps/a%20b%3Ac")
    }

    @Test func `pauses grow, by chance only half, and obey a server within bounds`() {
        let pace = RequestPace(firstPause: .seconds(1), longestPause: .seconds(8), chance: { 0 })
        #expect([1, 2, 3, 4, 5, 60].map { pace.pause(after: $0) } == [0.5, 1, 2, 4, 4, 4].map { .seconds($0) })
        var busy = KubernetesError(.tooManyRequests, "", remedy: "")
        func wait(_ error: KubernetesError, _ repetition: Repetition, left: Duration = .seconds(30)) -> Duration? {
            pace.wait(after: error, failures: 1, left: left, repetition, hasWorked: false)
        }
        #expect(wait(busy, .unsafe) == .seconds(0.5))
        busy.retryAfter = .seconds(9)
        #expect(wait(busy, .unsafe) == .seconds(9))
        #expect(wait(busy, .unsafe, left: .seconds(8)) == nil, "it is not asked before the time that it wants")
        busy.retryAfter = .seconds(31)
        #expect(wait(busy, .unsafe, left: .seconds(60)) == nil, "that is for the caller to decide")
        let away = KubernetesError(.unreachable, "", remedy: "")
        #expect(wait(away, .unsafe) == nil)
        #expect(wait(away, .safe) == .seconds(0.5))
        #expect(wait(away, .safe, left: .seconds(0.25)) == .seconds(0.25), "it is tried once more at the end")
        #expect(wait(away, .safe, left: .zero) == nil)
        let unknown = KubernetesError(.credentials, "", remedy: "")
        #expect(wait(unknown, .safe) == nil)
        #expect(pace.wait(after: unknown, failures: 1, left: .seconds(1), .unsafe, hasWorked: true) == .seconds(0.5))
        #expect([0.2, 1, 1.5].map { Duration.seconds($0).wholeSeconds } == [1, 1, 2])
    }
}

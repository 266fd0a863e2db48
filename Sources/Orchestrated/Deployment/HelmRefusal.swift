internal import Kubernetes
internal import UpgradeModel

/// What Helm prints when it says no, read for what an operator has to do.
struct HelmRefusal: Sendable {
    /// The lines that matter, without what is in front of them.
    let text: String

    /// What Helm says where the API server does not know who it is.
    private static let strangers = [
        "Unauthorized", "You must be logged in to the server", "has asked for the client to provide credentials",
    ]

    /// What Helm says where the API server is away, starts anew or has too much to do.
    private static let absences = [
        "cluster unreachable", "connection refused", "connection reset by peer", "connection lost", "no route to host",
        "network is unreachable", "i/o timeout", "TLS handshake timeout", "EOF", "unable to handle the request",
        "etcdserver: request timed out", "etcdserver: leader changed", "etcdserver: no leader", "too many requests",
    ]

    /// Reads the end of Helm's output.
    init(_ output: String) {
        // Newer ones put the same into a line of their log, with quotes in quotes.
        let lines = output.replacing("\\\"", with: "\"").split(whereSeparator: \.isNewline).map(String.init)
        let errors = lines.lastIndex { $0.hasPrefix("Error:") }.map { lines[$0...].prefix(12) } ?? lines.suffix(6)[...]
        text = errors.joined(separator: "\n")
    }

    /// Who answers for fields that Helm wanted to change; none where that is not why.
    var managers: [String] {
        guard text.contains("conflict") else { return [] }
        var names: [String] = []
        for found in text.matches(of: #/conflicts? with "([^"]+)"(?: with subresource "([^"]+)")?/#) {
            let name = String(found.output.1)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The rule that the account lacks; nil where that is not why.
    var missingRule: RoleRule? {
        for found in text.matches(of: #/[^\s:]+ (?:"[^"]*" )?is forbidden: User "[^"]+" cannot .*/#) {
            if let rule = RoleRule(refusal: String(found.output)) { return rule }
        }
        return nil
    }

    /// The policy at the API server that says no; nil where that is not why.
    var policy: String? {
        text.firstMatch(of: #/ValidatingAdmissionPolicy '([^']+)'.* denied request/#).map { String($0.output.1) }
    }

    func trouble(of release: ReleaseVersion, _ place: HelmPlace, log: String) -> Trouble {
        func trouble(_ blame: Blame, _ code: String, _ remedy: String) -> Trouble {
            Trouble(
                blame,
                code,
                "Helm did not upgrade \(place.release) to \(release)" + (text.isEmpty ? "." : ":\n\(text)"),
                changed: true,
                remedy: remedy
            )
        }
        let managers = managers
        if !managers.isEmpty {
            return trouble(
                .operator,
                "field-conflict",
                "\(managers.joined(separator: ", ")) answers for fields that the chart sets. Undo what it has changed by "
                    + "hand, or take the field out of its settings; then retry."
            )
        }
        if let rule = missingRule { return .forbidden(rule, changed: true) }
        let isGoing = text.contains("because it is being terminated")
        if isGoing || text.contains("namespaces \"\(place.namespace)\" not found") {
            return .namespaceGone(place.namespace, isGoing: isGoing, changed: true)
        }
        if Self.strangers.contains(where: { text.contains($0) }) {
            return trouble(.operator, "cluster-credentials", "Renew what shows the cluster who we are, then retry.")
        }
        if let policy {
            let isOwn = policy == GuardPolicy(namespace: place.namespace, release: place.release).name
            let remedy =
                isOwn
                ? "Run `pawl guard install`, which puts the guard right; then retry."
                : "Do what the policy \(policy) asks for, then retry."
            return trouble(.operator, isOwn ? "guard-refused" : "policy-refused", remedy)
        }
        if text.contains("exceeded quota") {
            return trouble(.operator, "quota-exceeded", "Raise the quota of \(place.namespace), then retry.")
        }
        if text.contains("another operation") {
            return trouble(.operator, "helm-busy", "Wait for the other Helm to end, then retry.")
        }
        if text.contains("failed calling webhook") {
            let remedy = "Mend the webhook's service, or remove the webhook; then retry."
            return trouble(.environment, "webhook-down", remedy)
        }
        if text.contains("denied the request") {
            return trouble(.operator, "webhook-refused", "Do what the webhook asks for, then retry.")
        }
        if text.contains("no matches for kind") {
            return trouble(.release, "kinds-unserved", "Install what serves that kind, or deploy a fixed release.")
        }
        if Self.absences.contains(where: { text.contains($0) }) {
            return trouble(.environment, "cluster-unreachable", "Check that the API server is up, then retry.")
        }
        if text.contains("hooks failed") {
            return trouble(.release, "hook-failed", "Read \(log). Mend the cause and retry, or restore.")
        }
        return trouble(.environment, "helm-failed", "See the whole output in \(log), mend the cause, then retry.")
    }
}

/// The rule of a Role that would allow what was refused.
package struct RoleRule: Sendable, Hashable {
    /// The group.
    package var group: String
    /// The resource, with its part, such as `pods/log`.
    package var resource: String
    /// What is to be done to it.
    package var verb: String
    /// Where; nil for a rule that a ClusterRole must have.
    package var namespace: String?

    /// Makes a rule.
    package init(group: String, resource: String, verb: String, namespace: String?) {
        self.group = group
        self.resource = resource
        self.verb = verb
        self.namespace = namespace
    }

    /// Reads which rule is missing from the words in which authorizers refuse; nil where they are another's. Quotas,
    /// policies and webhooks forbid with the same status, and no rule helps there. It need not be the rule for what was
    /// asked: who applies an object that is not there needs the right to create it.
    package init?(refusal: String) {
        let words =
            #/
            ^[^\ ]+ (?:\ "[^"]*")? \ is\ forbidden:\ User\ ".*?" \ cannot\ (\w+)
            \ resource\ "([^"]+)" \ in\ API\ group\ "([^"]*)" (?:\ in\ the\ namespace\ "([^"]+)")?
            /#
        guard let found = refusal.firstMatch(of: words)?.output else { return nil }
        self.init(
            group: String(found.3),
            resource: String(found.2),
            verb: String(found.1),
            namespace: found.4.map { String($0) }
        )
    }

    /// As it stands under `rules:`.
    package var text: String {
        """
        - apiGroups: ["\(group)"]
          resources: ["\(resource)"]
          verbs: ["\(verb)"]
        """
    }
}

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

    /// As it stands under `rules:`.
    package var text: String {
        """
        - apiGroups: ["\(group)"]
          resources: ["\(resource)"]
          verbs: ["\(verb)"]
        """
    }
}

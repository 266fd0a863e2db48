/// What `pawl guard` prints.
package struct GuardReport: Encodable, Sendable {
    /// Whether there is a guard.
    package enum State: String, Encodable, Sendable, CaseIterable {
        case installed, absent, differs, notAvailable
    }

    package var state: State
    package var namespace: String
    package var release: String
    package var serverVersion: String
    package var policy: String
    package var parameters: String
    /// Why the cluster cannot have one.
    @Null package var reason: String?
    /// How it is not what Pawl has made of it; one clause each.
    package var differences: [String]
    @Null package var highWaterMark: String?
    /// The versions that may run.
    package var allowed: [String]
    /// Workloads that may have another version.
    package var others: [String]
    /// The run that has said so and is not over.
    @Null package var run: String?
    /// The objects that this command has made, put right, or removed.
    package var changed: [String]
    /// Whether the API server was seen to reject another version; only told by `install`.
    @Null package var rejects: Bool?

    /// Reports a guard.
    package init(
        _ state: State,
        namespace: String,
        release: String,
        serverVersion: String,
        policy: String,
        parameters: String,
        reason: String? = nil,
        differences: [String] = [],
        highWaterMark: String? = nil,
        allowed: [String] = [],
        others: [String] = [],
        run: String? = nil,
        changed: [String] = [],
        rejects: Bool? = nil
    ) {
        self.state = state
        self.namespace = namespace
        self.release = release
        self.serverVersion = serverVersion
        self.policy = policy
        self.parameters = parameters
        self.reason = reason
        self.differences = differences
        self.highWaterMark = highWaterMark
        self.allowed = allowed
        self.others = others
        self.run = run
        self.changed = changed
        self.rejects = rejects
    }

    /// The answer for a terminal.
    package var text: String {
        var lines = [verdict]
        lines += differences.map { TextLayout.wrap(TextLayout.plain("! \($0)"), indent: 2) }
        if state == .differs {
            lines.append("Put it right with `pawl guard install`, or take it away with `pawl guard remove`.")
        }
        if state == .installed || state == .differs {
            let mark = highWaterMark.map { " (high-water mark \($0))" } ?? ""
            let versions = allowed.isEmpty ? "nothing" : allowed.joined(separator: ", ")
            lines.append(TextLayout.wrap(TextLayout.plain("May run: \(versions)\(mark)"), indent: 2))
            lines += others.map { TextLayout.plain("  and \($0)") }
            if let run { lines.append(TextLayout.plain("Said by the run \(run), which is not over.")) }
        }
        lines += changed.map { TextLayout.plain("  \(state == .absent ? "removed" : "written"): \($0)") }
        switch rejects {
        case true?: lines.append("Tried: the API server rejects another version.")
        case false?:
            lines.append("! The API server has not rejected another version when it was tried, for half a minute.")
        case nil: break
        }
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        let whose = "the Helm release \(release) in the namespace \(namespace)"
        let words =
            switch state {
            case .installed: "Installed: \(policy) guards \(whose)."
            case .absent: "No guard is installed for \(whose)."
            case .differs: "Installed, and not as Pawl has made it: \(policy), for \(whose)."
            case .notAvailable: "Not available. \(reason ?? "")"
            }
        return TextLayout.wrap(TextLayout.plain(words))
    }
}

extension Check {
    /// The Docker Engine answers and is new enough.
    static let engine = Check("docker-engine", "Docker Engine 20.10 or newer", needs: .engine) { observation in
        observation.runtime.engine.judged(
            "the Docker Engine's version",
            remedy: "Start the Engine (`systemctl start docker`) and see that Pawl may use its socket."
        ) { version in
            guard let numbers = ToolNumbers(version) else {
                return .error(
                    "The Docker Engine calls its version `\(version)`, which Pawl cannot read.",
                    remedy: "Install Docker Engine 20.10 or newer, from Debian (`docker.io`) or from Docker."
                )
            }
            guard numbers >= ToolNumbers(20, 10) else {
                return .fail(
                    "The Docker Engine is \(version); 20.10 is the oldest that Pawl drives.",
                    remedy: "Install a newer one, from Debian (`apt-get install docker.io`) or from Docker."
                )
            }
            return .pass("The Docker Engine is \(version).")
        }
    }
}

extension Check {
    /// Compose is there and new enough.
    static let compose = Check("compose", "Compose 1.29 or newer", needs: .engine) { observation in
        let install =
            "Install the plugin (`apt-get install docker-compose-plugin` from Docker's archive) or "
            + "Debian's `docker-compose`."
        return observation.runtime.compose.judged("Compose's version", remedy: install) { compose in
            guard let compose else {
                return .fail("Neither `docker compose` nor `docker-compose` is installed.", remedy: install)
            }
            guard let numbers = ToolNumbers(compose.version) else {
                return .error(
                    "`\(compose.form.rawValue)` calls its version `\(compose.version)`, which Pawl cannot read.",
                    remedy: install
                )
            }
            guard numbers >= ToolNumbers(1, 29) else {
                return .fail(
                    "`\(compose.form.rawValue)` is \(compose.version); 1.29 is the oldest that Pawl drives.",
                    remedy: install
                )
            }
            return .pass("`\(compose.form.rawValue)` is \(compose.version).")
        }
    }
}

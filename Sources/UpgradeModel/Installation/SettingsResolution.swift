/// The product's settings in one installation, and where each value comes from.
package struct SettingsResolution: Sendable, Hashable {
    /// Where a value comes from.
    package enum Origin: Sendable, Hashable {
        /// From a variable of the installation's own environment.
        case installation(variable: String)
        /// From `pawl.yaml`.
        case configuration
        /// From the product's default.
        case product
    }

    /// One setting's value.
    package struct Value: Sendable, Hashable {
        /// Whether it is on.
        package let isOn: Bool
        /// Where that comes from.
        package let origin: Origin
    }

    /// Why settings cannot be trusted.
    package enum Problem: Sendable, Hashable {
        /// The installation and `pawl.yaml` say different things.
        case contradiction(setting: String, variable: String, installation: Bool, configuration: Bool)
        /// The installation's variable is neither a yes nor a no.
        case unreadable(setting: String, variable: String)
        /// `pawl.yaml` has a setting that the product does not know.
        case unknown(setting: String, known: [String])
    }

    /// The values by the setting's name; every setting of the product has one.
    package let values: [String: Value]
    /// What is wrong; each blocks an upgrade.
    package let problems: [Problem]

    /// The values alone.
    package var isOn: [String: Bool] {
        values.mapValues(\.isOn)
    }

    /// Finds the settings' values: the installation's own word counts, `pawl.yaml`'s only where it has none.
    ///
    /// - Parameters:
    ///   - product: whose settings.
    ///   - environment: the installation's effective variables by name.
    ///   - configured: `settings` of `pawl.yaml`.
    package init(product: Product, environment: [String: String], configured: [String: Bool]) {
        var values: [String: Value] = [:]
        var problems: [Problem] = []
        for setting in product.settings {
            var own: (variable: String, isOn: Bool)?
            if let variable = setting.variable, let text = environment[variable], !text.isEmpty {
                if let isOn = Self.truth(of: text) {
                    own = (variable, isOn)
                } else {
                    problems.append(.unreadable(setting: setting.name, variable: variable))
                }
            }
            let said = configured[setting.name]
            if let own, let said, own.isOn != said {
                problems.append(
                    .contradiction(
                        setting: setting.name,
                        variable: own.variable,
                        installation: own.isOn,
                        configuration: said
                    )
                )
            }
            if let own {
                values[setting.name] = Value(isOn: own.isOn, origin: .installation(variable: own.variable))
            } else if let said {
                values[setting.name] = Value(isOn: said, origin: .configuration)
            } else {
                values[setting.name] = Value(isOn: setting.defaultValue, origin: .product)
            }
        }
        let known = product.settings.map(\.name)
        for name in configured.keys.sorted() where !known.contains(name) {
            problems.append(.unknown(setting: name, known: known))
        }
        self.values = values
        self.problems = problems
    }

    /// Reads a yes or a no the way container images commonly do.
    ///
    /// - Returns: nil for anything else.
    package static func truth(of text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}

extension Product {
    /// The databases that the settings make necessary, in the product's order.
    ///
    /// - Parameter settings: whether each setting is on, by name; one that is missing counts as off.
    /// - Returns: the definitions.
    package func necessaryDatabases(settings: [String: Bool]) -> [DatabaseDefinition] {
        databases.filter { database in database.condition.map { settings[$0] ?? false } ?? true }
    }
}

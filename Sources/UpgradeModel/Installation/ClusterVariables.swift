/// Finds the values of a product's variables in a cluster, for those who have read values and Secrets.
///
/// Values depend on nothing and come first; the name of a Secret may be made of them, of `RELEASE_NAME` and of
/// `NAMESPACE`. Nothing here can go round in a circle.
package enum ClusterVariables {
    /// What every product may use without saying where it is.
    package static let given = ["RELEASE_NAME", "NAMESPACE"]

    /// A variable that has no value here.
    package struct Missing: Sendable, Hashable {
        /// The variable's name.
        package let variable: String
        /// One clause that says where its value was looked for.
        package let reason: String
    }

    /// Finds every value.
    ///
    /// - Parameters:
    ///   - product: says where values are.
    ///   - value: the value of the release's effective values at a path, as text; nil where nothing is there, or no
    ///     single value.
    ///   - secret: the text in a Secret of the namespace under a key; nil where there is none.
    ///   - release: the Helm release's name.
    ///   - namespace: the namespace.
    /// - Returns: the values by the variable's name, `RELEASE_NAME` and `NAMESPACE` among them, and the variables that
    ///   have none, both going by the order of the product's file.
    package static func resolve(
        product: OrchestratedProduct,
        value: (_ path: [String]) -> String?,
        secret: (_ name: String, _ key: String) -> String?,
        release: String,
        namespace: String
    ) -> (values: [String: String], missing: [Missing]) {
        let plain = self.plain(product, value, release, namespace)
        var values = plain
        var missing: [Missing] = []
        for variable in product.variables {
            switch variable.source {
            case .value(let path):
                guard plain[variable.name] == nil else { continue }
                let place = path.joined(separator: ".")
                missing.append(Missing(variable: variable.name, reason: "the values have nothing at `\(place)`"))
            case .secret(let text, let key):
                guard let name = text.resolved(in: plain) else {
                    let lacking = ListText.code(text.missing(in: plain))
                    let reason = "the name of its Secret needs \(lacking), which has no value"
                    missing.append(Missing(variable: variable.name, reason: reason))
                    continue
                }
                if let found = secret(name, key) {
                    values[variable.name] = found
                } else {
                    let reason = "there is no Secret `\(name)` with the key `\(key)`"
                    missing.append(Missing(variable: variable.name, reason: reason))
                }
            }
        }
        return (values, missing)
    }

    /// The names of the Secrets that `resolve` will ask for, each once, so that they can be read before.
    package static func secretNames(
        product: OrchestratedProduct,
        value: (_ path: [String]) -> String?,
        release: String,
        namespace: String
    ) -> [String] {
        let plain = self.plain(product, value, release, namespace)
        var names: [String] = []
        for case .secret(let text, _) in product.variables.map(\.source) {
            if let name = text.resolved(in: plain), !names.contains(name) {
                names.append(name)
            }
        }
        return names
    }

    /// What the values alone say.
    private static func plain(
        _ product: OrchestratedProduct,
        _ value: (_ path: [String]) -> String?,
        _ release: String,
        _ namespace: String
    ) -> [String: String] {
        var values: [String: String] = [:]
        for variable in product.variables {
            if case .value(let path) = variable.source, let text = value(path) {
                values[variable.name] = text
            }
        }
        // Not the product's to say.
        values["RELEASE_NAME"] = release
        values["NAMESPACE"] = namespace
        return values
    }
}

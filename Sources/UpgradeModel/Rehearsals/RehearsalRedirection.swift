/// How the services of a release are led to a scratch copy of a database instead of the database itself: by the
/// variables that the Product file names.
package struct RehearsalRedirection: Sendable, Hashable {
    /// The database, by its name in the product.
    package let database: String
    /// The variable that holds the server's host.
    package let hostVariable: String
    /// The variable that holds the server's port; nil where the port is fixed.
    package let portVariable: String?
    /// The port where it is fixed.
    package let port: Int
    /// The variable that holds the password.
    package let passwordVariable: String

    /// Finds the variables of a database.
    ///
    /// - Parameters:
    ///   - definition: what the product says.
    ///   - environment: the installation's effective variables by name.
    /// - Throws: code `rehearsal-impossible` where the product names no variable that leads to the database.
    package init(_ definition: DatabaseDefinition, environment: [String: String]) throws(Trouble) {
        database = definition.name
        guard let host = definition.host, let variable = host.soleVariable else {
            throw Self.impossible(
                "the Product file does not name one variable that is the host of the database \(definition.name)"
            )
        }
        hostVariable = variable
        guard let password = definition.passwordVariable else {
            throw Self.impossible(
                "the Product file names no variable for the password of the database \(definition.name)"
            )
        }
        passwordVariable = password
        portVariable = definition.port?.soleVariable
        guard let text = definition.port, portVariable == nil else {
            port = 5432
            return
        }
        guard let number = text.resolved(in: environment).flatMap({ Int($0) }), (1...65535).contains(number) else {
            throw Self.impossible("the port of the database \(definition.name) is not known")
        }
        port = number
    }

    /// Where a copy is, and the password of the account there.
    package struct Place: Sendable, Hashable {
        /// The address that the services reach it at.
        package var address: String
        /// The port.
        package var port: Int
        /// The password of the rehearsal's own.
        package var password: String

        /// Makes a place.
        package init(address: String, port: Int, password: String) {
            self.address = address
            self.port = port
            self.password = password
        }
    }

    /// The variables with which services find the copies.
    ///
    /// - Parameters:
    ///   - redirections: one for each database.
    ///   - places: where the copies are, by the databases' names.
    /// - Returns: values by variable.
    /// - Throws: code `rehearsal-impossible` where two databases need different values of one variable.
    package static func variables(
        _ redirections: [RehearsalRedirection],
        to places: [String: Place]
    ) throws(Trouble) -> [String: String] {
        var values: [String: String] = [:]
        for redirection in redirections {
            guard let place = places[redirection.database] else { continue }
            var wanted = [
                (redirection.hostVariable, place.address), (redirection.passwordVariable, place.password),
            ]
            if let variable = redirection.portVariable { wanted.append((variable, String(place.port))) }
            for (name, value) in wanted {
                guard values[name] == nil || values[name] == value else {
                    throw impossible("the variable \(name) would have to lead to two copies at once")
                }
                values[name] = value
            }
        }
        return values
    }

    /// The trouble of a rehearsal that cannot be made; `why` is one clause.
    package static func impossible(_ why: String) -> Trouble {
        Trouble(
            .operator,
            "rehearsal-impossible",
            "The migrations cannot be rehearsed: \(why).",
            remedy:
                "Upgrade without a rehearsal, or let the Product file say by which variables services find the database."
        )
    }
}

extension VariableText {
    /// The variable where the text is nothing but one; nil otherwise.
    fileprivate var soleVariable: String? {
        guard parts.count == 1, case .variable(let name, _)? = parts.first else { return nil }
        return name
    }
}

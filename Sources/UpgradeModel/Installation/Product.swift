/// What an application's maker says about it, and Pawl cannot guess: everything of a Product file.
package struct Product: Sendable, Hashable {
    /// The short name, such as `carto`; the same as the catalog's `product`.
    package let name: String
    /// The name that people read.
    package let title: String
    /// How long a release is supported.
    package let supportWindow: SupportPolicy
    /// Whom to ask when Pawl cannot help.
    package let support: SupportContact
    /// The switches on which databases and migrations depend, in the file's order.
    package let settings: [SettingDefinition]
    /// The metadata databases, in the file's order.
    package let databases: [DatabaseDefinition]
    /// How the product runs on a single VM; nil where it does not.
    package let singleVM: SingleVMProduct?
    /// How the product runs in a cluster; nil where it does not.
    package let orchestrated: OrchestratedProduct?
    /// Variables of the installation without which the data is useless.
    package let keys: [String]
    /// Files and folders that belong to the configuration, relative to the installation's directory.
    package let configuration: [String]

    /// Makes a product of its parts; see the properties for what each says.
    package init(
        name: String,
        title: String,
        supportWindow: SupportPolicy,
        support: SupportContact = SupportContact(),
        settings: [SettingDefinition] = [],
        databases: [DatabaseDefinition],
        singleVM: SingleVMProduct? = nil,
        orchestrated: OrchestratedProduct? = nil,
        keys: [String] = [],
        configuration: [String] = []
    ) {
        self.name = name
        self.title = title
        self.supportWindow = supportWindow
        self.support = support
        self.settings = settings
        self.databases = databases
        self.singleVM = singleVM
        self.orchestrated = orchestrated
        self.keys = keys
        self.configuration = configuration
    }

    /// The definition of a setting, by name.
    package func setting(_ name: String) -> SettingDefinition? {
        settings.first { $0.name == name }
    }

    /// The definition of a database, by name.
    package func database(_ name: String) -> DatabaseDefinition? {
        databases.first { $0.name == name }
    }
}

/// Whom to ask about a product.
package struct SupportContact: Sendable, Hashable {
    /// A mail address or telephone number.
    package let contact: String?
    /// The address of a page.
    package let url: String?

    /// Makes a contact; either part may be missing.
    package init(contact: String? = nil, url: String? = nil) {
        self.contact = contact
        self.url = url
    }
}

/// A switch of the product that some databases or migrations depend on.
package struct SettingDefinition: Sendable, Hashable {
    /// The name, as `when:` and `pawl.yaml` use it.
    package let name: String
    /// The variable of the installation's environment that holds it; nil where only `pawl.yaml` can say.
    package let variable: String?
    /// The value where neither says anything.
    package let defaultValue: Bool

    /// Makes a definition.
    package init(name: String, variable: String? = nil, defaultValue: Bool = false) {
        self.name = name
        self.variable = variable
        self.defaultValue = defaultValue
    }
}

/// One metadata database of a product.
package struct DatabaseDefinition: Sendable, Hashable {
    /// The name that Pawl and its backup sets use.
    package let name: String
    /// The setting that makes it necessary; nil where it always is.
    package let condition: String?
    /// The Compose service, or the Service of the namespace, that is its server, where the installation brings its own;
    /// nil where it is always outside.
    package let service: String?
    /// The server's host; nil stands for the service.
    package let host: VariableText?
    /// The server's port; nil stands for 5432.
    package let port: VariableText?
    /// The database's name on the server.
    package let database: VariableText
    /// The role to connect as.
    package let user: VariableText
    /// The variable of the installation's environment that holds the role's password; nil where none is needed.
    package let passwordVariable: String?

    /// Makes a definition; see the properties for what each says.
    package init(
        name: String,
        condition: String? = nil,
        service: String? = nil,
        host: VariableText? = nil,
        port: VariableText? = nil,
        database: VariableText,
        user: VariableText,
        passwordVariable: String? = nil
    ) {
        self.name = name
        self.condition = condition
        self.service = service
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.passwordVariable = passwordVariable
    }
}

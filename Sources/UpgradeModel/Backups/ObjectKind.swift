/// The kinds of things in a database that a fingerprint tells apart. Raw values are part of the stored format and are
/// the words that messages use.
package enum ObjectKind: String, Sendable, Hashable, Codable, CaseIterable {
    case accessMethod = "access method"
    case aggregate
    case cast
    case collation
    case columnGrants = "grants on column"
    case comment
    case constraint
    case conversion
    case database
    case defaultPrivileges = "default privileges"
    case domainConstraint = "domain constraint"
    case eventTrigger = "event trigger"
    case `extension`
    case foreignDataWrapper = "foreign-data wrapper"
    case foreignTable = "foreign table"
    case function
    case index
    case language
    case largeObjects = "large object"
    case materializedView = "materialized view"
    case `operator`
    case operatorClass = "operator class"
    case operatorFamily = "operator family"
    case policy
    case publication
    case role
    case rule
    case schema
    case securityLabel = "security label"
    case sequence
    case server
    case setting
    case statistics
    case subscription
    case systemGrants = "grants on system object"
    case table
    case textSearch = "text search object"
    case transform
    case trigger
    case type
    case userMapping = "user mapping"
    case view
}

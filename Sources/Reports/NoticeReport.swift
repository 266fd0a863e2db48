package import UpgradeModel

/// What a webhook is sent.
package struct NoticeReport: Encodable, Sendable {
    package var id: String
    package var event: String
    package var at: String
    package var installation: String
    package var title: String
    package var message: String
    @Null package var run: String?
    @Null package var release: String?

    /// Reports a notice.
    package init(_ notice: Notice) {
        id = notice.id
        event = notice.kind.rawValue
        at = notice.at.description
        installation = notice.installation
        title = notice.title
        message = notice.message
        run = notice.run?.description
        release = notice.release?.description
    }
}

package import UpgradeModel

/// A request that its sender has given a key, so that asking twice does not do it twice.
package struct KeyedRequest: Sendable, Hashable {
    /// Who asks.
    package var account: AccountName
    /// The sender's key.
    package var key: String
    /// SHA-256 of what is asked for, in hexadecimal digits.
    package var digest: String

    /// Puts it together.
    package init(account: AccountName, key: String, digest: String) {
        self.account = account
        self.key = key
        self.digest = digest
    }
}

/// An answer as it is kept to be given again.
package struct KeptAnswer: Sendable, Hashable {
    /// The HTTP status.
    package var status: Int
    /// The media type of the body.
    package var type: String
    /// Where what was made is found.
    package var location: String?
    /// The body.
    package var body: String

    /// Puts it together.
    package init(status: Int, type: String, location: String?, body: String) {
        self.status = status
        self.type = type
        self.location = location
        self.body = body
    }
}

/// What is known of a key.
package enum KeyStanding: Sendable, Hashable {
    /// It is new, and now taken by this request.
    case new
    /// The same was asked for; this was the answer.
    case answered(KeptAnswer)
    /// The same was asked for and is not answered, or its process ended before it was.
    case unanswered
    /// Something else was asked for under it.
    case other
}

/// The keys of requests, and what was answered; durable when a call returns, and forgotten after a day.
package protocol RequestRecords: Sendable {
    /// Takes a key for a request, or says what is known of it.
    func take(_ request: KeyedRequest, at moment: Moment) throws(Trouble) -> KeyStanding
    /// Keeps the answer to a request that has its key.
    func keep(_ answer: KeptAnswer, of request: KeyedRequest) throws(Trouble)
    /// Gives the key of a request back, since nothing came of it.
    func release(_ request: KeyedRequest) throws(Trouble)
}

package import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import UnixSignals
package import UpgradeEngine
package import UpgradeModel

/// The Admin Console: pages, API and streams over one installation.
package struct Console: Sendable {
    /// Where it listens, and how.
    package struct Settings: Sendable {
        /// The address to listen on, a name or a number.
        package var host: String
        /// The port; 0 takes any that is free.
        package var port: Int
        /// What it shows that it is; nil for plain HTTP, which is only allowed on loopback.
        package var certificate: CertificateKeeper?
        /// The address that people use, where something stands in front.
        package var publicURL: URL?
        /// Whose word is taken for where a request comes from.
        package var proxies: TrustedProxies

        /// Puts the settings together.
        package init(
            host: String,
            port: Int,
            certificate: CertificateKeeper?,
            publicURL: URL? = nil,
            proxies: TrustedProxies = .none
        ) {
            self.host = host
            self.port = port
            self.certificate = certificate
            self.publicURL = publicURL
            self.proxies = proxies
        }
    }

    let settings: Settings
    let parts: ConsoleParts

    /// Puts a console together. `automation` is what it does by itself, and `now` its clock.
    ///
    /// - Throws: code `usage` where it would speak plain HTTP to other machines.
    package init(
        _ settings: Settings,
        desk: any Desk,
        records: any AccessRecords,
        bootstrap: Bootstrap? = nil,
        version: String = "",
        automation: Automation? = nil,
        now: @escaping @Sendable () -> Moment
    ) throws {
        guard settings.certificate != nil || NetworkAddress.isLoopback(settings.host) else {
            throw Trouble(
                .operator,
                "usage",
                "Plain HTTP is only served to this machine, and \(settings.host) is not an address of it alone.",
                remedy: "Leave out --plain, or listen on 127.0.0.1."
            )
        }
        self.settings = settings
        parts = try ConsoleParts(
            desk: desk,
            records: records,
            site: SiteRules(
                host: settings.host,
                isSecure: settings.certificate != nil,
                publicURL: settings.publicURL,
                proxies: settings.proxies
            ),
            bootstrap: bootstrap,
            about: ConsoleAbout(version: version, certificate: settings.certificate),
            automation: automation,
            now: now
        )
    }

    /// Serves until it is asked to stop (SIGTERM, SIGINT). `ready` is called with the port once it listens.
    ///
    /// - Throws: code `port-unavailable` where it cannot listen there.
    package func serve(ready: @escaping @Sendable (Int) -> Void) async throws {
        var log = Logger(label: "console", factory: { StreamLogHandler.standardError(label: $0) })
        log.logLevel = .warning
        let plain = HTTPServerBuilder.http1(configuration: Self.limits)
        let server = try settings.certificate.map { try .tls(plain, tlsConfiguration: try $0.configuration()) } ?? plain
        let app = Application(
            router: parts.router(),
            server: server,
            configuration: .init(
                address: .hostname(settings.host, port: settings.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)
            ),
            onServerRunning: { channel in ready(channel.localAddress?.port ?? 0) },
            logger: log
        )
        var configuration = ServiceGroupConfiguration(
            services: [app],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: log
        )
        // Streams end by themselves when they hear of it; whatever does not is cut off.
        configuration.maximumGracefulShutdownDuration = .milliseconds(700)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw Trouble(
                .environment,
                "port-unavailable",
                "The console cannot listen on \(settings.host), port \(settings.port): "
                    + "\(String(cString: strerror(error.errnoCode))).",
                remedy: "Choose another with --host and --port, or stop what listens there."
            )
        }
    }

    /// Connections that may be open at once, and of one address.
    static let mostConnections = 2048

    private static var limits: HTTP1Channel.Configuration {
        let addresses = ConnectionsByAddress(most: mostConnections * 3 / 8)
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionBound(addresses)],
            idleTimeout: .seconds(75),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 << 10,
                maxHeaderListSize: 32 << 10,
                maxHeaderFieldCount: 64
            )
        )
    }
}

/// What pages, API and streams are made of.
struct ConsoleParts: Sendable {
    let desk: any Desk
    let sessions: Sessions
    let tokens: Tokens
    let accounts: Accounts
    let secondFactors: SecondFactors
    let halfway: HalfwaySignIns
    let records: any AccessRecords
    let rates: RateLimits
    var longAnswers = LongAnswers()
    let refusals: RefusalCount
    let failedSignIns: RefusalCount
    let site: SiteRules
    let bootstrap: Bootstrap?
    var about: ConsoleAbout
    let renderer: PageRenderer
    let hub: EventHub
    let board: StatusBoard
    let traffic = Traffic()
    /// What the console does by itself; without it there are no settings of it either.
    let automation: Automation?
    let now: @Sendable () -> Moment

    init(
        desk: any Desk,
        records: any AccessRecords,
        site: SiteRules = SiteRules(host: "localhost", isSecure: false, publicURL: nil),
        bootstrap: Bootstrap? = nil,
        about: ConsoleAbout = ConsoleAbout(),
        passwords: Passwords = Passwords(),
        automation: Automation? = nil,
        now: @escaping @Sendable () -> Moment
    ) throws {
        self.automation = automation
        self.desk = desk
        self.records = records
        self.site = site
        self.bootstrap = bootstrap
        self.about = about
        self.now = now
        sessions = Sessions(records: records, now: now)
        tokens = Tokens(records: records, now: now)
        accounts = Accounts(records: records, passwords: passwords, now: now)
        secondFactors = SecondFactors(records: records, now: now)
        halfway = HalfwaySignIns(now: now)
        rates = RateLimits(now: now)
        refusals = RefusalCount(now: now)
        failedSignIns = RefusalCount(now: now)
        renderer = try PageRenderer()
        board = StatusBoard(desk: desk)
        hub = EventHub(desk: desk, presence: Presence(records: records, sessions: sessions, now: now))
    }

    /// Every door of the console.
    func doors() -> [Door] {
        [
            AssetDoors.all(), SignInDoors(parts: self).all(), FirstStartDoors(parts: self).all(), PageDoors.all(self),
            SettingsDoors(parts: self).all(), APIDoors(parts: self).all(), EventDoors(parts: self).all(),
        ]
        .flatMap(\.self) + (automation.map(automationDoors) ?? [])
    }

    private func automationDoors(_ automation: Automation) -> [Door] {
        AutomationDoors(parts: self, automation: automation).all()
            + ScheduleDoors(parts: self, automation: automation).all()
            + NotificationDoors(parts: self, automation: automation).all()
    }

    /// The router over every door, and over some more that tests bring.
    func router(adding more: [Door] = []) -> Router<ConsoleContext> {
        let router = Router(context: ConsoleContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            TrafficCount(traffic: traffic)
            SecurityHeaders(isSecure: site.isReachedSecurely)
            Doorkeeper(parts: self)
        }
        for (path, doors) in Dictionary(grouping: doors() + more, by: \.path) {
            for door in doors {
                router.on(RouterPath(path), method: door.method) { request, context in
                    try await DoorWay(door: door, parts: self).pass(request, context)
                }
            }
            let known = doors.map(\.method)
            let refusal = Refusal.wrongMethod((known + (known.contains(.get) ? [.head] : [])).map(\.rawValue).sorted())
            let kind = doors[0].kind
            let others: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .options, .trace]
            for method in others where !known.contains(method) {
                router.on(RouterPath(path), method: method) { _, context in
                    Failure.response(to: refusal, kind, context, renderer)
                }
            }
        }
        return router
    }

    /// Whether nobody has an account yet, and the first one is to be made with the bootstrap secret.
    func isUnclaimed() throws -> Bool {
        guard bootstrap != nil else { return false }
        return try records.accounts().isEmpty
    }

    /// Writes a line of the audit trail.
    func note(_ action: String, of subject: String, by visit: Visit, _ outcome: AuditEntry.Outcome) throws {
        try records.note(
            AuditEntry(
                at: now(),
                actor: visit.visitor?.actor ?? "-",
                address: visit.context.address,
                action: action,
                subject: subject,
                outcome: outcome
            )
        )
    }

    /// Writes a line of the audit trail.
    func note(_ action: AuditAction, of subject: String, by visit: Visit, _ outcome: AuditEntry.Outcome) throws {
        try note(action.rawValue, of: subject, by: visit, outcome)
    }

    /// Writes how something ended that was noted when it began.
    func noteEnd(_ action: AuditAction, of subject: String, by visit: Visit, _ outcome: AuditEntry.Outcome) throws {
        try noteEnd(action.rawValue, of: subject, by: visit, outcome)
    }

    /// Writes how something ended that was noted when it began.
    func noteEnd(_ action: String, of subject: String, by visit: Visit, _ outcome: AuditEntry.Outcome) throws {
        do {
            try note(action, of: subject, by: visit, outcome)
        } catch {
            throw Trouble(
                .environment,
                "audit-unwritable",
                "It was tried, but how it ended could not be noted in the audit trail.",
                changed: true,
                remedy: "See whether it was done, and to the disk under the data folder."
            )
        }
    }
}

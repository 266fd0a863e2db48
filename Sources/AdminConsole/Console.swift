import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
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
        /// Certificate and key in PEM; nil for plain HTTP, which is only allowed on loopback.
        package var certificate: (chain: String, key: String)?

        /// Puts the settings together.
        package init(host: String, port: Int, certificate: (chain: String, key: String)?) {
            self.host = host
            self.port = port
            self.certificate = certificate
        }
    }

    let settings: Settings
    let parts: ConsoleParts

    /// Puts a console together. `automation` is what it does by itself, and `now` its clock.
    package init(
        _ settings: Settings,
        desk: any Desk,
        records: any AccessRecords,
        automation: Automation? = nil,
        now: @escaping @Sendable () -> Moment
    ) throws {
        self.settings = settings
        parts = try ConsoleParts(desk: desk, records: records, automation: automation, now: now)
    }

    /// Serves until it is asked to stop (SIGTERM, SIGINT). `ready` is called with the port once it listens.
    package func serve(ready: @escaping @Sendable (Int) -> Void) async throws {
        var log = Logger(label: "console")
        log.logLevel = .warning
        let server: HTTPServerBuilder
        if let certificate = settings.certificate {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.chain.utf8))
                    .map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.key.utf8), format: .pem))
            )
            configuration.minimumTLSVersion = .tlsv12
            server = try .tls(.http1(configuration: Self.limits), tlsConfiguration: configuration)
        } else {
            server = .http1(configuration: Self.limits)
        }
        let app = Application(
            router: parts.router(),
            server: server,
            configuration: .init(address: .hostname(settings.host, port: settings.port)),
            onServerRunning: { channel in ready(channel.localAddress?.port ?? 0) },
            logger: log
        )
        try await app.runService(gracefulShutdownSignals: [.sigterm, .sigint])
    }

    private static var limits: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
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
    let accounts: Accounts
    let records: any AccessRecords
    let renderer: PageRenderer
    /// What the console does by itself; without it there are no settings of it either.
    let automation: Automation?
    let now: @Sendable () -> Moment

    init(
        desk: any Desk,
        records: any AccessRecords,
        automation: Automation? = nil,
        now: @escaping @Sendable () -> Moment
    ) throws {
        self.automation = automation
        self.desk = desk
        self.records = records
        self.now = now
        sessions = Sessions(records: records, now: now)
        accounts = Accounts(records: records, now: now)
        renderer = try PageRenderer()
    }

    /// Every door of the console.
    func doors() -> [Door] {
        [
            AssetDoors.all(), SignInDoors(parts: self).all(), DashboardDoors(parts: self).all(),
            APIDoors(parts: self).all(),
        ]
        .flatMap(\.self) + (automation.map(automationDoors) ?? [])
    }

    private func automationDoors(_ automation: Automation) -> [Door] {
        SettingsDoors(parts: self, automation: automation).all()
            + ScheduleDoors(parts: self, automation: automation).all()
            + NotificationDoors(parts: self, automation: automation).all()
    }

    func router() -> Router<ConsoleContext> {
        let router = Router(context: ConsoleContext.self)
        router.addMiddleware {
            SecurityHeaders()
            Doorkeeper(sessions: sessions, renderer: renderer)
        }
        for door in doors() {
            router.on(RouterPath(door.path), method: door.method) { request, context in
                try await DoorWay(door: door, parts: self).pass(request, context)
            }
        }
        return router
    }
}

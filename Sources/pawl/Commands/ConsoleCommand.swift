import AdminConsole
import ArgumentParser
import Foundation
import Reports
import StateStore
import UpgradeEngine
import UpgradeModel

/// The Admin Console.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "The Admin Console: the same installation in a browser.",
        subcommands: [ConsoleServeCommand.self, ConsoleResetPasswordCommand.self]
    )
}

/// Serves the console until it is asked to stop.
struct ConsoleServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the Admin Console. Runs go on when it stops.",
        discussion: """
            pawl console serve                              https on port 8800, with a certificate of its own making
            pawl console serve --plain --host 127.0.0.1     plain HTTP, on loopback only
            """
    )

    @OptionGroup var options: GlobalOptions
    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port.") var port = 8800
    @Flag(help: "Plain HTTP; on loopback only.") var plain = false

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        let automation = Automation(workplace)
        let console = try Console(
            Console.Settings(host: host, port: port, certificate: nil),
            desk: InstallationDesk(workplace: workplace),
            records: workplace.store,
            automation: automation,
            now: Workplace.now
        )
        try await withThrowingTaskGroup { group in
            group.addTask { await automation.run() }
            try await console.serve { port in Output.remark("The Admin Console listens on http://\(host):\(port)/") }
            group.cancelAll()
        }
    }
}

/// Gives an account another password, from the machine itself.
struct ConsoleResetPasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-password",
        abstract:
            "Set the password of an account of the console, read from standard input; makes an admin where there is none."
    )

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The account.") var name = "admin"

    func run() async throws {
        let workplace = try Workplace(options, allowsEmpty: true)
        FileHandle.standardError.write(Data("New password of \(name): ".utf8))
        guard let password = readLine() else {
            throw Trouble(.operator, "usage", "No password came on standard input.", remedy: "Type one.")
        }
        try await ConsoleAccounts(records: workplace.store, now: Workplace.now).reset(name, password: password)
        Output.remark("The password of \(name) is set; its sessions have ended.")
    }
}

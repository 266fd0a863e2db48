import AdminConsole
import Foundation
import Glibc
import StateStore
import UpgradeEngine
import UpgradeModel

/// The Admin Console over a simulated installation, for pictures and the tests in a browser. It is no part of Pawl.
///
/// Usage: `ConsoleStage FOLDER SCENE [PORT [PACE]]`. The journal, the accounts and the machine are the real ones; what effects
/// do to the world is simulated, each for as long as ``StagePort`` says, times PACE. Started again over the same folder it goes on
/// with what was open, as Pawl does. Prints `ready PORT`; ends on SIGTERM.
///
/// Everybody's password is ``password``: `admin`, `operator`, `second` (an operator, too) and `viewer`.
@main
enum ConsoleStage {
    static let password = "a pawl lets it turn one way"

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 2, let scene = Scene(rawValue: arguments[1]) else {
            FileHandle.standardError.write(
                Data(
                    "usage: ConsoleStage FOLDER \(Scene.allCases.map(\.rawValue).joined(separator: "|")) [PORT [PACE]]\n"
                        .utf8
                )
            )
            exit(2)
        }
        let port = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0
        let pace = arguments.count > 3 ? Double(arguments[3]) ?? 1 : 1
        let data = try DataFolder(arguments[0], create: true)
        let store = try StateStore(in: data)
        let clock = StageClock()
        try accounts(store, clock)
        let desk = try StageDesk(scene: scene, store: store, data: data, clock: clock, pace: pace)
        try await desk.prepare()
        let console = try Console(
            Console.Settings(host: "127.0.0.1", port: port, certificate: nil),
            desk: desk,
            records: store,
            now: { clock.now }
        )
        try await console.serve { port in
            FileHandle.standardOutput.write(Data("ready \(port)\n".utf8))
        }
    }

    private static func accounts(_ store: StateStore, _ clock: StageClock) throws {
        let people: [(String, Role)] = [
            ("admin", .admin), ("operator", .operator), ("second", .operator), ("viewer", .viewer),
        ]
        for (text, role) in people {
            guard let name = AccountName(text), try store.account(name) == nil else { continue }
            try store.put(
                Account(
                    name: name,
                    role: role,
                    password: PasswordDigest(text: cheapDigest),
                    createdAt: clock.now,
                    passwordSetAt: clock.now
                )
            )
        }
    }

    /// ``password``, with hardly any work in it: tests need not wait for what keeps guessers away.
    private static let cheapDigest =
        "scrypt$16$8$1$cGF3bCBzdGFnZSBzYWx0Lg==$ncSLx07B7NuxiZx+QDOrsw+epD+H7sz2gkxIomsVowU="
}

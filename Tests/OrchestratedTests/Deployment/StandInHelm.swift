import Foundation
import Glibc

/// A program in Helm's place, whose answers a test gives: it is started, lives and dies as Helm does.
final class StandInHelm: Sendable {
    /// What it is to do after a call.
    enum Answer: Sendable {
        /// It prints something and ends with a status.
        case ends(Int, String)
        /// It dies of `kill -9`.
        case dies
        /// It goes on for longer than anybody waits.
        case hangs
    }

    /// The program.
    let path: String

    /// Makes the program.
    ///
    /// - Parameters:
    ///   - folder: where it lives.
    ///   - handler: gets the arguments of each call.
    /// - Throws: where the program cannot be written.
    init(in folder: String, _ handler: @escaping @Sendable ([String]) -> Answer) throws {
        let path = "\(folder)/helm-stand-in"
        self.path = path
        let script = """
            #!/bin/sh
            printf '%s\\n' "$@" >"$0.arguments"
            echo go >"$0.request"
            read -r code <"$0.answer"
            cat "$0.output"
            if [ "$code" = kill ]; then kill -9 $$; fi
            if [ "$code" = hang ]; then exec sleep 3600; fi
            exit "$code"

            """
        try Data(script.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        mkfifo(path + ".request", 0o600)
        mkfifo(path + ".answer", 0o600)
        Thread.detachNewThread { Self.serve(path, handler) }
    }

    deinit {
        let request = open(path + ".request", O_RDWR)
        _ = Glibc.write(request, "stop\n", 5)
        close(request)
    }

    private static func serve(_ path: String, _ handler: ([String]) -> Answer) {
        // Opened for both, so that neither end ever waits for the other to open.
        let request = open(path + ".request", O_RDWR)
        defer { close(request) }
        var line = ""
        var byte: UInt8 = 0
        while read(request, &byte, 1) == 1 {
            guard byte == UInt8(ascii: "\n") else {
                line.append(Character(Unicode.Scalar(byte)))
                continue
            }
            guard line == "go" else { return }
            line = ""
            let said = (try? String(contentsOfFile: path + ".arguments", encoding: .utf8)) ?? ""
            let (code, output) =
                switch handler(said.split(separator: "\n").map(String.init)) {
                case .ends(let status, let text): (String(status), text)
                case .dies: ("kill", "")
                case .hangs: ("hang", "")
                }
            try? Data(output.utf8).write(to: URL(filePath: path + ".output"))
            let answer = open(path + ".answer", O_WRONLY)
            let bytes = Array("\(code)\n".utf8)
            _ = Glibc.write(answer, bytes, bytes.count)
            close(answer)
        }
    }
}

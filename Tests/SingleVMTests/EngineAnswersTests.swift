import Foundation
import Testing
import UpgradeModel

@testable import SingleVM

@Suite struct EngineAnswersTests {
    @Test func `an inspection is read with everything that decisions need`() throws {
        let json = """
            {"Id":"c1","Name":"/p_api_1","Image":"sha256:aa","RestartCount":2,
             "State":{"Status":"running","ExitCode":0,"StartedAt":"2026-11-23T10:00:00.5Z",
                      "Health":{"Status":"unhealthy","Log":[{"Output":"old"},{"Output":"no answer"}]}},
             "HostConfig":{"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}},
             "Config":{"Image":"shop/api:1.0.0","Tty":false,
                       "Labels":{"com.docker.compose.service":"api","com.docker.compose.oneoff":"False","Upper":"x"}},
             "NetworkSettings":{"Networks":{"p_default":{"IPAddress":"172.18.0.3"},"other":{"IPAddress":""}},
                                "Ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}],"81/tcp":null}},
             "Mounts":[{"Type":"volume","Name":"p_data","Source":"/v/_data","Destination":"/data"}]}
            """
        let container = try #require(EngineClient.json(Array(json.utf8)).flatMap { EngineContainer($0) })
        #expect(container.name == "p_api_1")
        #expect(container.service == "api")
        #expect(!container.isOneOff)
        #expect(container.labels["Upper"] == "x", "labels are data, their case stays")
        #expect(container.state == .running)
        #expect(container.health == .unhealthy)
        #expect(container.healthOutput == "no answer")
        #expect(container.restartPolicy == RestartPolicy("on-failure", maximumRetryCount: 3))
        #expect(container.addresses == ["p_default": "172.18.0.3"])
        #expect(container.mounts.map(\.name) == ["p_data"])
        #expect(container.publishedPorts == [.init(inside: "80/tcp", address: "127.0.0.1", port: 8080)])
        #expect(container.hasStarted)
    }

    @Test func `an image is read with its variables and labels`() throws {
        let json = #"{"Id":"sha256:aa","Size":5,"Config":{"Env":["PG_MAJOR=15","PATH=/bin"],"Labels":{"A":"b"}}}"#
        let image = try #require(EngineClient.json(Array(json.utf8)).flatMap { EngineImage($0) })
        #expect(image.environment == ["PG_MAJOR=15", "PATH=/bin"])
        #expect(image.labels == ["A": "b"])
        let bare = try #require(EngineClient.json(Array(#"{"Id":"x","Config":null}"#.utf8)).flatMap { EngineImage($0) })
        #expect(bare.environment.isEmpty)
    }

    @Test(arguments: [
        #"{"Id":"c1"}"#,
        #"{"Id":"c1","Name":null,"State":null,"Config":{"Labels":null},"Mounts":null,"NetworkSettings":{"Ports":null}}"#,
        #"{"Id":"c1","State":{"Status":"levitating","Health":{"Status":"none","Log":null}}}"#,
    ])
    func `what an answer lacks is taken as empty`(json: String) throws {
        let container = try #require(EngineClient.json(Array(json.utf8)).flatMap { EngineContainer($0) })
        #expect(container.state == .other)
        #expect(container.restartPolicy == .never)
        #expect(container.health == nil)
        #expect(!container.hasStarted && !container.isActive)
    }

    @Test func `a health check may print anything`() throws {
        let json = #"{"Id":"c1","State":{"Health":{"Status":"healthy","Log":[{"Output":"a\u0000b\ud800"}]}}}"#
        let container = try #require(EngineClient.json(Array(json.utf8)).flatMap { EngineContainer($0) })
        #expect(container.health == .healthy)
        #expect(container.healthOutput == "a\u{FFFD}b\u{FFFD}")
    }

    @Test func `frames are taken apart wherever the pieces are cut`() {
        let stream: [UInt8] =
            [1, 0, 0, 0, 0, 0, 0, 3] + Array("abc".utf8) + [2, 0, 0, 0, 0, 0, 1, 0]
            + [UInt8](repeating: 120, count: 256)
        for size in [1, 2, 7, 8, 9, 100, 1000] {
            var frames = LogFrames(isFramed: true)
            var content: [UInt8] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                content += frames.content(of: Array(stream[start..<min(start + size, stream.count)])) ?? []
            }
            #expect(content == Array("abc".utf8) + [UInt8](repeating: 120, count: 256))
            #expect(frames.isAtBoundary)
        }
    }

    @Test func `bytes that are no frames are refused`() {
        var frames = LogFrames(isFramed: true)
        #expect(frames.content(of: Array("hello, this is plain text".utf8)) == nil)
        var huge = LogFrames(isFramed: true)
        #expect(huge.content(of: [1, 0, 0, 0, 255, 255, 255, 255]) == nil)
        var terminal = LogFrames(isFramed: false)
        #expect(terminal.content(of: Array("hello".utf8)) == Array("hello".utf8))
    }

    @Test func `a line without an end is cut, never held without bound`() {
        var splitter = LineSplitter()
        let lines = splitter.lines(in: [UInt8](repeating: 97, count: 40_000))
        #expect(lines.map(\.count) == [LineSplitter.longestLine, LineSplitter.longestLine])
        #expect(splitter.rest()?.count == 40_000 - 2 * LineSplitter.longestLine)
        #expect(splitter.lines(in: Array("a\r\nb\n\nc".utf8)) == ["a", "b", ""])
        #expect(splitter.rest() == "c")
        #expect(splitter.rest() == nil)
    }

    @Test func `a line's time is told from its text`() {
        let line = LogLine(timestamped: "2026-11-23T10:11:12.123456789Z hello  world")
        #expect(line.time == "2026-11-23T10:11:12.123456789Z")
        #expect(line.text == "hello  world")
        #expect(LogLine(timestamped: "no time here").text == "no time here")
        #expect(LogLine(timestamped: "").text == "")
    }

    @Test func `an Engine's address is read, and another kind of address is refused`() throws {
        #expect(try EngineAddress(host: nil) == .socket(path: "/var/run/docker.sock"))
        #expect(try EngineAddress(host: "unix:///run/x.sock") == .socket(path: "/run/x.sock"))
        #expect(try EngineAddress(host: "tcp://10.0.0.1:2375") == .plain(authority: "10.0.0.1:2375"))
        for host in ["ssh://me@host", "unix://relative", "tcp://", "npipe:////./pipe/docker"] {
            #expect { try EngineAddress(host: host) } throws: { ($0 as? Trouble)?.blame == .operator }
        }
    }

    @Test func `an image's name is taken apart`() {
        #expect(ImageReference("shop/api:1.0.0").tag == "1.0.0")
        #expect(ImageReference("host:5000/shop/api").name == "host:5000/shop/api")
        #expect(ImageReference("host:5000/shop/api").tag == "latest")
        #expect(ImageReference("shop/api@sha256:00").digest == "sha256:00")
        #expect(ImageReference("shop/api:1@sha256:00").tag == "1")
    }

    @Test func `text becomes a JSON string whatever is in it`() throws {
        let text = "a\"b\\c\n\u{1}é"
        let read = try JSONDecoder().decode([String].self, from: Data("[\(EngineClient.quoted(text))]".utf8))
        #expect(read == [text])
    }
}

import Foundation
import Kubernetes
import Processes
import SimulatedCluster
import Testing

@testable import Orchestrated

/// The same against a real Helm, where `PAWL_HELM` names one.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled(if: ProcessInfo.processInfo.environment["PAWL_HELM"] != nil, "PAWL_HELM names no Helm")
)
struct RealHelmTests {
    /// What Helm says that a chart works with, whose own values and whose other files of values are these.
    private func helmValues(
        _ chart: String,
        _ layers: [String],
        extra: [String: String] = [:]
    ) async throws -> JSONValue {
        try await withScratchFolder { folder in
            let path = try Self.makeChart(in: folder, values: chart, extra: extra)
            var files: [String] = []
            for (number, layer) in layers.enumerated() {
                files.append("\(folder)/layer, \"\(number)\".yaml")
                try write(layer, to: files[number])
            }
            let output = try await Self.rendered(path, files, folder)
            let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("values: ") })
            let json = try #require(Data(base64Encoded: String(line.dropFirst("values: ".count))))
            return try #require(JSONValue.read(Array(json), limit: 1 << 20))
        }
    }

    /// Makes a chart that prints its values, as a folder.
    private static func makeChart(in folder: String, values: String, extra: [String: String]) throws -> String {
        var files = [
            "Chart.yaml": "apiVersion: v2\nname: probe\nversion: 1.0.0\n", "values.yaml": values,
            "templates/values.yaml": "values: {{ .Values | toJson | b64enc }}\n",
        ]
        files.merge(extra) { _, other in other }
        for (name, text) in files {
            let path = "\(folder)/probe/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true
            )
            try write(text, to: path)
        }
        return "\(folder)/probe"
    }

    private static func rendered(_ chart: String, _ files: [String], _ folder: String) async throws -> String {
        let process = ProcessInfo.processInfo.environment
        let helm = try await HelmTool.locate(process)
        let place = HelmPlace(
            kubeconfig: nil,
            context: nil,
            namespace: "shop",
            release: "demo",
            environment: HelmPlace.environment(process, folder: "\(folder)/helm")
        )
        let request = HelmUpgrade(chart: chart, values: files, description: nil, timeout: .seconds(60))
        let command = helm.template(request, at: place, kubernetes: "v1.29.4", apiVersions: ["shop.example/v1"])
        let result = try await collect(command)
        try #require(result.status.isSuccess, "\(result.errorText)")
        return result.text
    }

    /// The same values with fields in the order of their names and numbers in one form.
    private static func canonical(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let fields):
            .object(
                fields.sorted { $0.name < $1.name }.map { JSONValue.Field($0.name, canonical($0.value)) }
            )
        case .array(let elements): .array(elements.map(canonical))
        case .number(let text): .number(Double(text).map { "\($0)" } ?? text)
        default: value
        }
    }

    private func read(_ yaml: String) throws -> JSONValue {
        try HelmValues.read(Array(yaml.utf8), name: "values")
    }

    private static let chart = "a: {b: 1, c: 2, deep: {x: 1, y: [1]}}\nl: [1, 2]\nz: 5\nkeep: yes\ntable: {k: 1}\n"

    @Test(arguments: [
        [], ["a: {b: null, d: null}\nz: null\nq: null\n"], ["z: null\na: 7\n", "z: {m: 1}\na: {x: 1}\n"],
        ["l: null\na: null\n"], ["a: null\n", "l: null\n", "a: {b: 9}\n"], ["table: text\nz: {m: {n: 1}}\n"],
        ["a: {deep: {x: null, y: []}}\n", "a: {deep: {z: {}}}\n"], ["l: [{a: 1}]\n", "l: [{b: 2}]\n"],
        ["new: {k: null, m: {n: null}}\n", "new: {m: null}\n"], ["{}\n", ""],
    ])
    func `values are merged as Helm merges them`(_ layers: [String]) async throws {
        let said = try await helmValues(Self.chart, layers)
        let merged = HelmValues.merged(try [read(Self.chart)] + layers.map(read))
        #expect(Self.canonical(merged) == Self.canonical(said))
        // What is written instead of the files means the same.
        let written = HelmValues.yaml(HelmValues.overlaid(try layers.map(read)))
        #expect(Self.canonical(try await helmValues(Self.chart, [written])) == Self.canonical(said))
    }

    @Test func `YAML is read as Helm reads it`() async throws {
        let text = """
            y1: y
            n1: n
            yes1: yes
            off1: Off
            quoted: "no"
            anchored: &x no
            alias: *x
            tagged: !!str no
            block: |-
              no
            octal: 0755
            octal2: 0o17
            octal3: 08
            binary: 0b11
            grouped: 1_000
            hex: 0x1F
            odd: 0x_1
            negative: -0x10
            plus: +5
            fraction: .5
            signed: +.5
            whole: 5.
            exponent: 1e3
            exponent2: 1e+06
            small: -.5e-3
            leading: 09.5
            grouped2: 1_0.5
            date: 2001-01-01
            time: 12:30:45
            big: 123456789012345678901234567890
            word: 1e
            version: 1.2.3
            nothing: ~
            on: key
            1.10: key
            0755: key
            "08": key
            1: key
            ä: {ö: no}
            merge: {<<: {a: 1, b: 2}, a: 3}
            """
        let said = try await helmValues("", [text])
        #expect(Self.canonical(try read(text)) == Self.canonical(said))
    }

    @Test func `what is written for Helm is what Helm reads`() async throws {
        let said = try await helmValues("", [HelmValues.yaml(HelmValuesTests.nasty)])
        #expect(Self.canonical(said) == Self.canonical(HelmValuesTests.nasty))
    }

    @Test func `a chart that Helm has packed is read, with the values of its subcharts`() async throws {
        let extra = [
            "Chart.yaml": """
            apiVersion: v2
            name: probe
            version: 1.2.0
            appVersion: 2026.10.1
            dependencies:
            - {name: store, version: 1.0.0, repository: "", alias: cache}
            """,
            "charts/store/Chart.yaml": "apiVersion: v2\nname: store\nversion: 1.0.0\n",
            "charts/store/values.yaml": "size: 1\nport: 6379\n", "README.md": "words",
        ]
        let values = "cache: {size: 2}\nenabled: no\n"
        try await withScratchFolder { folder in
            let path = try Self.makeChart(in: folder, values: values, extra: extra)
            let helm = try await HelmTool.locate(ProcessInfo.processInfo.environment)
            let packing = Command(
                helm.executable,
                ["package", path, "--destination", folder],
                environment: HelmPlace.environment(ProcessInfo.processInfo.environment, folder: "\(folder)/helm")
            )
            let result = try await collect(packing)
            try #require(result.status.isSuccess, "\(result.errorText)")
            let chart = try ChartArchive.read(path: "\(folder)/probe-1.2.0.tgz")
            #expect(chart.name == "probe" && chart.version == "1.2.0" && chart.appVersion == "2026.10.1")
            #expect(chart.subcharts.map(\.name) == ["store"])
            #expect(chart.missingDependencies.isEmpty)
            #expect(chart.templates.keys.sorted() == ["templates/values.yaml"])
            var said = try await helmValues(values, [], extra: extra)
            // What all charts share is there for each of them.
            said[path: ["cache", "global"]] = nil
            #expect(Self.canonical(chart.defaultValues) == Self.canonical(said))
        }
    }

    @Test func `a manifest that Helm prints is read`() async throws {
        try await withScratchFolder { folder in
            let template = """
                apiVersion: {{ if .Capabilities.APIVersions.Has "shop.example/v1" }}v1{{ else }}v0{{ end }}
                kind: ConfigMap
                metadata: {name: {{ .Release.Name }}-{{ .Release.IsUpgrade }}}
                data: {version: {{ .Capabilities.KubeVersion.Version | quote }}}
                """
            let hook = """
                apiVersion: v1
                kind: Pod
                metadata: {name: check, annotations: {helm.sh/hook: pre-upgrade}}
                """
            let test = """
                apiVersion: v1
                kind: Pod
                metadata: {name: test, annotations: {helm.sh/hook: test}}
                """
            let chart = try Self.makeChart(
                in: folder,
                values: "",
                extra: [
                    "templates/values.yaml": template, "templates/hook.yaml": hook, "templates/test.yaml": test,
                ]
            )
            let objects = try Manifest.parse(try await Self.rendered(chart, [], folder))
            #expect(objects.map(\.name) == ["demo-true", "check"])
            #expect(objects.map(\.apiVersion) == ["v1", "v1"])
            #expect(objects.map(\.isHook) == [false, true])
            #expect(objects.first?.body[path: ["data", "version"]] == "v1.29.4")
        }
    }
}

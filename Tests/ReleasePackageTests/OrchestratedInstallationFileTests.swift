import Testing
import UpgradeModel

@testable import ReleasePackage

@Suite struct OrchestratedInstallationFileTests {
    /// The example of the reference, in a cluster, with the files that it speaks of.
    private struct Place {
        let folder: ScratchFolder
        let text: String

        init() throws {
            folder = try ScratchFolder()
            try folder.write("product.yaml", "")
            try folder.write("secrets/demo", "hunter2")
            try folder.write(".kube/config", "")
            try folder.write("values.yaml", "a: 1\n")
            try folder.write("secrets/values.yaml", "b: 2\n")
            let whole = try Reference.example("pawl-yaml.md", "example")
            let cluster = try Reference.example("pawl-yaml.md", "orchestrated")
            let single = "deployment:\n  singleVM: {directory: opt/demo, project: demo}\n"
            #expect(whole.contains(single))
            text = whole.replacing(single, with: cluster)
        }

        func read(_ text: String) throws(Trouble) -> Installation {
            let surroundings = InstallationFile.Surroundings(home: folder.path)
            return try InstallationFile.read(bytes(text), path: folder.at("pawl.yaml"), surroundings)
        }
    }

    @Test func `the example of the reference is read in full`() throws {
        let place = try Place()
        let expected = OrchestratedDeployment(
            kubeconfig: place.folder.at(".kube/config"),
            context: "prod",
            namespace: "demo",
            release: "demo",
            values: [place.folder.at("values.yaml"), place.folder.at("secrets/values.yaml")]
        )
        #expect(try place.read(place.text).deployment == .orchestrated(expected))
    }

    @Test func `what is written is read as the same installation, its values in order`() throws {
        let place = try Place()
        let installation = try place.read(place.text)
        #expect(try place.read(InstallationFile.text(of: installation)) == installation)
        let order = "[secrets/values.yaml, values.yaml]"
        let turned = place.text.replacing("[values.yaml, secrets/values.yaml]", with: order)
        let other = try place.read(turned)
        #expect(other != installation)
        #expect(try place.read(InstallationFile.text(of: other)) == other)
    }

    @Test func `values may be left out`() throws {
        let place = try Place()
        let text = place.text.replacing("    values: [values.yaml, secrets/values.yaml]\n", with: "")
        guard case .orchestrated(let deployment) = try place.read(text).deployment else {
            Issue.record("no cluster")
            return
        }
        #expect(deployment.values.isEmpty)
        #expect(!InstallationFile.text(of: try place.read(text)).contains("values:"))
    }

    @Test(arguments: [
        ("[values.yaml, ", "[gone.yaml, ", "gone.yaml"),
        ("[values.yaml, ", "[secrets, ", "secrets"),
        ("[values.yaml, ", "[{a: b}, ", "values[0]"),
        ("[values.yaml, secrets/values.yaml]", "values.yaml", "values"),
        ("kubeconfig: ~/.kube/config", "kubeconfig: ~/.kube/gone", "gone"),
        ("namespace: demo", "namespace: Demo", "namespace"),
        ("namespace: demo", "namespace: --all-namespaces", "namespace"),
        ("release: demo", "release: --wait", "release"),
        ("release: demo", "release: \"\"", "release"),
        ("embeddedCluster: false", "embeddedCluster: perhaps", "embeddedCluster"),
        ("embeddedCluster: false", "embedded: false", "embedded"),
    ])
    func `what is wrong is named with its line`(right: String, wrong: String, word: String) throws {
        let place = try Place()
        #expect(place.text.contains(right))
        let broken = place.text.replacing(right, with: wrong, maxReplacements: 1)
        let trouble = try trouble { () throws(Trouble) in try place.read(broken) }
        #expect(trouble.blame == .operator)
        #expect(trouble.code == "configuration-invalid")
        #expect(trouble.message.firstMatch(of: #/pawl\.yaml:[0-9]+: /#) != nil, "\(trouble.message)")
        #expect(trouble.message.contains(word), "\(trouble.message)")
    }

    @Test func `of several files of values the line of the one that is missing is told`() throws {
        let place = try Place()
        let list = "\n      - values.yaml\n      - gone.yaml"
        let text = place.text.replacing(" [values.yaml, secrets/values.yaml]", with: list)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.contains("gone.yaml") }) + 1
        let trouble = try trouble { () throws(Trouble) in try place.read(text) }
        let beginning = "pawl.yaml:\(line): “deployment.orchestrated.values[1]”"
        #expect(trouble.message.contains(beginning), "\(trouble.message)")
    }
}

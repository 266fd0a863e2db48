@testable import Postgres
import Testing
import UpgradeModel

@Suite struct HelmRestoreTextTests {
    private func text(encrypted: Bool = false) throws -> String {
        let release = try ReleaseVersion("2026.7.20")
        let suffix = encrypted ? ".age" : ""
        func file(_ path: String) -> StoredFile {
            StoredFile(path: path + suffix, bytes: 1, sha256: String(repeating: "a", count: 64))
        }
        let dump = file("demo.dump.zst")
        let others = [
            "globals.sql.zst", "configuration.tar.zst", "release/demo-1.4.0.tgz", "release/operator-values.yaml",
            "release/manifest.yaml",
        ]
        let manifest = BackupManifest(
            id: BackupSetID(at: Moment(microseconds: 0), release: release),
            createdAt: Moment(microseconds: 0),
            release: release.text,
            origin: BackupOrigin(
                product: "demo",
                installation: "shop",
                deployment: "orchestrated",
                pawl: "0.1.0",
                notes: [
                    HelmNotes.release: "shop", HelmNotes.namespace: "shop-prod", HelmNotes.chart: "demo-1.4.0.tgz",
                    HelmNotes.writers: "deployment/shop-api statefulset/shop-worker",
                ]
            ),
            databases: [
                DatabaseBackup(
                    name: "demo",
                    database: "demo",
                    serverVersion: "15.14",
                    major: 15,
                    bootstrapRole: "postgres",
                    dump: dump,
                    globals: "globals.sql.zst" + suffix,
                    snapshot: "1",
                    dumpSeconds: 1,
                    fingerprint: DatabaseFingerprint()
                )
            ],
            files: [dump] + others.map(file)
        )
        return RestoreText.text(manifest)
    }

    @Test func `a set of a Helm release is restored by kubectl and helm`() throws {
        let text = try text()
        #expect(
            text.contains(
                "kubectl -n 'shop-prod' scale --replicas=0 'deployment/shop-api' 'statefulset/shop-worker'"
            )
        )
        #expect(text.contains("cp -p 'release/demo-1.4.0.tgz' restored/"))
        #expect(
            text.contains(
                "helm upgrade --install 'shop' 'restored/demo-1.4.0.tgz' -n 'shop-prod'"
                    + " -f 'restored/operator-values.yaml' --reset-values"
            )
        )
        #expect(text.contains("tar -x -p -f - -C restored"))
        #expect(text.contains("pg_restore --create"))
        #expect(!text.contains("docker"))
        #expect(text.contains("`pawl restore --backup 19700101T000000Z-2026.7.20 --in-place`"))
    }

    @Test func `what is encrypted in it is decrypted`() throws {
        let text = try text(encrypted: true)
        #expect(
            text.contains(
                "(umask 077; age -d -i identity.txt < 'release/operator-values.yaml.age'"
                    + " > 'restored/operator-values.yaml')"
            )
        )
        #expect(text.contains("-f 'restored/operator-values.yaml'"))
    }
}

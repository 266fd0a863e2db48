import ArgumentParser
import Foundation
import UpgradeModel

@testable import pawl

/// An installation in a cluster that is only files, and the address of an API server.
final class PaperCluster {
    let root: String

    init(port: Int = 1, embedded: Bool = false) throws {
        root = FileManager.default.temporaryDirectory.path + "/pawl-cluster-\(UUID().uuidString)"
        try write(
            "product.yaml",
            """
            apiVersion: pawl/v1
            kind: Product
            metadata: {name: demo}
            title: Demo
            supportWindow: P12M
            databases:
              - name: demo
                required: true
                service: database
                host: "${DB_HOST}"
                database: demo
                user: demo
                passwordVariable: DB_PASSWORD
            orchestrated:
              chart: demo
              variables:
                DB_HOST: {value: database.host}
                DB_PASSWORD: {secret: "${RELEASE_NAME}-database", key: password}
                ENCRYPTION_KEY: {secret: "${RELEASE_NAME}-keys", key: encryptionKey}
              databaseWorkloads: [database]
              writers: [api]
              migrations: [{workload: api, container: migrations, database: demo}]
              health: []
            keys: [ENCRYPTION_KEY]
            """
        )
        try write(
            "kubeconfig",
            """
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{name: test, cluster: {server: "http://127.0.0.1:\(port)"}}]
            contexts: [{name: test, context: {cluster: test, user: ""}}]
            users: []
            """
        )
        try write("values.yaml", "database: {host: shop-database}\n")
        try write("releases/catalog.json", #"{"catalog": 1, "product": "demo", "releases": []}"#)
        try write(
            "pawl.yaml",
            """
            apiVersion: pawl/v1
            kind: Installation
            metadata: {name: demo}
            product: \(root)/product.yaml
            source: {url: "file://\(root)/releases"}
            deployment:
              orchestrated:
                kubeconfig: \(root)/kubeconfig
                namespace: shop
                release: shop
                embeddedCluster: \(embedded)
                values: [\(root)/values.yaml]
            backups: {directory: \(root)/backups, keep: 1}
            """
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func write(_ name: String, _ text: String) throws {
        let url = URL(filePath: root + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func workplace(data: String = "data") throws -> Workplace {
        try Workplace(
            try GlobalOptions.parse(["--config", root + "/pawl.yaml", "--data-dir", root + "/" + data])
        )
    }
}

internal import Foundation
package import UpgradeModel

/// Where Pawl keeps the charts and values of the releases that it deploys, and of the one that it found.
package struct ReleasesFolder: Sendable, Hashable {
    /// Its absolute path.
    package let path: String

    /// Names the folder.
    package init(path: String) { self.path = path }

    /// A release's own folder.
    package func release(_ version: ReleaseVersion) -> ChartFolder { ChartFolder(path: "\(path)/\(version)") }
}

/// The folder of one release: everything that `helm upgrade` needs to deploy it.
package struct ChartFolder: Sendable, Hashable {
    /// Its absolute path.
    package let path: String

    /// Names the folder.
    package init(path: String) { self.path = path }

    /// The file with the values that the release adds, below the operator's; it need not be there.
    package var packageValues: String { path + "/values.yaml" }
    /// The file with the operator's values.
    package var operatorValues: String { path + "/operator-values.yaml" }
    /// The file with what the chart comes to.
    package var manifest: String { path + "/manifest.yaml" }
    /// The file that says what is here. It comes last: where it is, the folder is whole.
    package var recordFile: String { path + "/record.json" }

    /// What is in the folder.
    package struct Record: Sendable, Hashable, Codable {
        /// The format of the file.
        package private(set) var format = 1
        /// The chart's name.
        package var chart: String
        /// The chart's version.
        package var chartVersion: String
        /// The archive's name in this folder.
        package var archive: String
        /// The revision that it was kept from; nil where it is to be deployed.
        package var revision: Int?

        /// Makes a record.
        package init(chart: String, chartVersion: String, archive: String, revision: Int? = nil) {
            self.chart = chart
            self.chartVersion = chartVersion
            self.archive = archive
            self.revision = revision
        }
    }

    /// What is in the folder; nil where it is not whole.
    package func record() throws(Trouble) -> Record? {
        guard let bytes = try DurableFile.read(recordFile, limit: 1 << 20),
            let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)), record.format == 1,
            DurableFile.exists("\(path)/\(record.archive)"), DurableFile.exists(operatorValues)
        else { return nil }
        return record
    }

    /// The same for a folder that must be whole.
    ///
    /// - Throws: code `not-staged`.
    package func required() throws(Trouble) -> Record {
        if let record = try record() { return record }
        throw Trouble(
            .internal,
            "not-staged",
            "\(path) does not hold a whole release.",
            remedy: "Start the upgrade again."
        )
    }

    /// The files of values that there are, in their order.
    package var values: [String] {
        [packageValues, operatorValues].filter { DurableFile.exists($0) }
    }

    /// The chart's archive; an absolute path.
    package func archive(_ record: Record) -> String { "\(path)/\(record.archive)" }

    /// What the folder is to hold.
    struct Content {
        var chart: String
        var chartVersion: String
        var archive: [UInt8]
        var packageValues: [UInt8]?
        var operatorValues: [UInt8]
        var manifest: [UInt8]
        var revision: Int?
    }

    /// Fills the folder. While it is filled it is not whole.
    func fill(_ content: Content) throws(Trouble) {
        try DurableFile.makeFolder(path)
        try DurableFile.remove(recordFile)
        let name = "\(content.chart)-\(content.chartVersion).tgz"
        for stray in try DurableFile.names(in: path) where stray.hasSuffix(".tgz") && stray != name {
            try DurableFile.remove("\(path)/\(stray)")
        }
        try DurableFile.write(content.archive, to: "\(path)/\(name)")
        if let values = content.packageValues {
            try DurableFile.write(values, to: packageValues)
        } else {
            try DurableFile.remove(packageValues)
        }
        try DurableFile.write(content.operatorValues, to: operatorValues)
        try DurableFile.write(content.manifest, to: manifest)
        let record = Record(
            chart: content.chart,
            chartVersion: content.chartVersion,
            archive: name,
            revision: content.revision
        )
        try DurableFile.write(try StoredJSON.bytes(record), to: recordFile)
    }
}

/// What Pawl writes down for itself.
enum StoredJSON {
    static func bytes(_ value: some Encodable) throws(Trouble) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            throw Trouble(.internal, "record-unwritable", "A record cannot be encoded.", remedy: "Report this.")
        }
        return Array(data)
    }
}

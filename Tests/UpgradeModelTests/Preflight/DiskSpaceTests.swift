import Testing
import UpgradeModel

@Suite struct DiskSpaceTests {
    private func judged(_ needs: [DiskNeed], _ fileSystems: [FileSystem]) throws -> Finding {
        try finding("disk-space") { $0.disk = .known(DiskFacts(needs: needs, fileSystems: fileSystems)) }
    }

    private let gigabyte: Int64 = 1_000_000_000

    @Test func `needs on one file system are summed`() throws {
        let needs = [
            DiskNeed(purpose: .backup, fileSystem: "1", bytes: 3 * gigabyte),
            DiskNeed(purpose: .scratchCopy, fileSystem: "1", bytes: 4 * gigabyte),
        ]
        let finding = try judged(needs, [FileSystem(id: "1", path: "/var", freeBytes: 5 * gigabyte)])
        #expect(finding.outcome == .fail)
        #expect(
            finding.message == "/var: 7.0 GB needed (backup 3.0 GB and scratch copy 4.0 GB), 5.0 GB free."
        )
        #expect(finding.remedy?.contains("at least 2.0 GB on /var") == true)
    }

    @Test func `needs on several file systems are judged each`() throws {
        let needs = [
            DiskNeed(purpose: .backup, fileSystem: "1", bytes: 3 * gigabyte),
            DiskNeed(purpose: .images, fileSystem: "2", bytes: 4 * gigabyte),
        ]
        let enough = FileSystem(id: "1", path: "/a", freeBytes: 9 * gigabyte)
        #expect(try judged(needs, [enough, FileSystem(id: "2", path: "/b", freeBytes: 9 * gigabyte)]).outcome == .pass)
        let short = try judged(needs, [enough, FileSystem(id: "2", path: "/b", freeBytes: gigabyte)])
        #expect(short.outcome == .fail)
        #expect(!short.message.contains("/a:"))
    }

    @Test func `what just fits warns`() throws {
        let need = DiskNeed(purpose: .backup, fileSystem: "1", bytes: 10 * gigabyte)
        #expect(try judged([need], [FileSystem(id: "1", path: "/", freeBytes: 10 * gigabyte)]).outcome == .warn)
        #expect(try judged([need], [FileSystem(id: "1", path: "/", freeBytes: 11 * gigabyte - 1)]).outcome == .warn)
        #expect(try judged([need], [FileSystem(id: "1", path: "/", freeBytes: 11 * gigabyte)]).outcome == .pass)
    }

    @Test func `a file system of which nothing is known is an error`() throws {
        let need = DiskNeed(purpose: .backup, fileSystem: "1", bytes: 1)
        #expect(try judged([need], []).outcome == .error)
        #expect(try judged([], []).outcome == .error)
    }

    @Test func `what a rehearsal's migrations added is needed again, with the server's log of it`() throws {
        func need(_ before: Int64, _ after: Int64) -> DiskNeed? {
            let schema = SchemaChange(from: [], to: [], digest: nil)
            let record = Rehearsal.Database(
                name: "demo",
                bytesBefore: before,
                bytesAfter: after,
                locks: [],
                schema: schema
            )
            return DiskNeed.migration(of: record, on: "1")
        }
        #expect(need(gigabyte, 3 * gigabyte) == DiskNeed(purpose: .migration, fileSystem: "1", bytes: 4 * gigabyte))
        #expect(need(gigabyte, gigabyte) == nil)
        #expect(need(3 * gigabyte, gigabyte) == nil)
        #expect(need(0, .max)?.bytes == .max)
        let found = try judged(
            [DiskNeed(purpose: .backup, fileSystem: "2", bytes: 1)] + [need(gigabyte, 3 * gigabyte)].compactMap(\.self),
            [
                FileSystem(id: "1", path: "/volumes", freeBytes: 3 * gigabyte),
                FileSystem(id: "2", path: "/", freeBytes: 9 * gigabyte),
            ]
        )
        #expect(found.outcome == .fail)
        #expect(found.message.contains("/volumes: 4.0 GB needed (migration 4.0 GB)"))
    }

    @Test func `the estimate says what is needed where`() {
        let estimate = DiskEstimate(databases: [1000, 3000], configuration: 50, images: 0, package: 70)
        let places = DiskEstimate.Places(backups: "b", scratch: "s", engine: "e", packages: "p")
        #expect(
            estimate.needs(at: places) == [
                DiskNeed(purpose: .backup, fileSystem: "b", bytes: 4050),
                // A tenth for sorting, the log, and the configuration twice.
                DiskNeed(
                    purpose: .scratchCopy,
                    fileSystem: "s",
                    bytes: 4000 + 400 + 4000 + 50 + 50 + DiskEstimate.scratchBase
                ),
                DiskNeed(purpose: .package, fileSystem: "p", bytes: 70),
            ]
        )
    }

    @Test func `of the log of scratch servers no more is counted than each is told to keep, twice`() {
        let (base, log) = (DiskEstimate.scratchBase, 2 * DiskEstimate.scratchLog)
        func need(_ databases: [Int64], servers: Int) -> Int64 {
            DiskEstimate(databases: databases, servers: servers, configuration: 0).scratchCopy(on: "s").bytes
        }
        #expect(need([10 * log], servers: 1) == 11 * log + log + base)
        #expect(need([10 * log, 10 * log], servers: 2) == 22 * log + 2 * log + 2 * base)
        #expect(need([log / 2, log], servers: 2) == log * 3 / 2 + log * 3 / 20 + log * 3 / 2 + 2 * base)
        #expect(need([100], servers: 0) == need([100], servers: 1))
        #expect(need([.max], servers: .max) == .max)
    }

    @Test func `a rehearsal has dumps and copies at the same time, and all of it in the log`() {
        let estimate = DiskEstimate(databases: [1000, 3000], servers: 2, configuration: 50)
        let need = DiskNeed(
            purpose: .rehearsal,
            fileSystem: "s",
            bytes: 4000 + 4000 + 400 + 8000 + 2 * DiskEstimate.scratchBase
        )
        #expect(estimate.rehearsal(on: "s") == need)
    }

    @Test func `what nobody watches is begun only where there is more room than it needs`() throws {
        func shortage(_ needs: [DiskNeed], free: Int64) -> Trouble? {
            let place = FileSystem(id: "1", path: "/var", freeBytes: free)
            return DiskFacts(needs: needs, fileSystems: [place]).shortage
        }
        let needs = [
            DiskNeed(purpose: .backup, fileSystem: "1", bytes: 6 * gigabyte),
            DiskNeed(purpose: .scratchCopy, fileSystem: "1", bytes: 4 * gigabyte),
        ]
        #expect(shortage(needs, free: 11 * gigabyte) == nil)
        #expect(shortage([], free: 0) == nil)
        let tight = try #require(shortage(needs, free: 11 * gigabyte - 1))
        #expect(tight.code == "disk-space" && tight.blame == .environment && !tight.changed)
        #expect(
            tight.message == "/var: 10 GB needed (backup 6.0 GB and scratch copy 4.0 GB), 11 GB free. "
                + "1.0 GB must remain for what else writes there."
        )
        #expect(tight.remedy.contains("at least 1 byte on /var"))
        #expect(try #require(shortage(needs, free: -5)).remedy.contains("at least 11 GB on /var"))
        let small = [DiskNeed(purpose: .backup, fileSystem: "1", bytes: 1)]
        #expect(shortage(small, free: 256 << 20)?.message.contains("268 MB must remain") == true)
        #expect(shortage(small, free: (256 << 20) + 1) == nil)
        let endless = [DiskNeed(purpose: .rehearsal, fileSystem: "1", bytes: .max)]
        #expect(shortage(endless, free: .max)?.message.contains("rehearsal 9.2 EB") == true)
    }

    @Test func `every file system that is short is named, and one that cannot be looked at is not taken for free`()
        throws
    {
        let needs = ["3", "1", "2"].map { DiskNeed(purpose: .backup, fileSystem: $0, bytes: gigabyte) }
        let places = [
            FileSystem(id: "1", path: "/a", freeBytes: 0), FileSystem(id: "2", path: "/b", freeBytes: 9 * gigabyte),
        ]
        let trouble = try #require(DiskFacts(needs: needs, fileSystems: places).shortage)
        #expect(trouble.message.hasPrefix("/a: 1.0 GB needed (backup 1.0 GB), 0 bytes free. "))
        #expect(trouble.message.hasSuffix("Pawl could not find out how much space is free for: backup 1.0 GB."))
        #expect(!trouble.message.contains("/b"))
    }

    @Test func `sizes beyond reason are as large as can be and never wrap`() throws {
        let estimate = DiskEstimate(databases: [.max, .max], configuration: 1, images: 1, package: 1)
        let needs = estimate.needs(at: DiskEstimate.Places(backups: "1", scratch: "1", engine: "1", packages: "1"))
        #expect(needs.first?.bytes == .max)
        #expect(try judged(needs, [FileSystem(id: "1", path: "/", freeBytes: .max)]).outcome == .warn)
    }

    @Test(
        arguments: [
            (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (1_249_999_999, "1.2 GB"),
            (9_949_999, "9.9 MB"), (9_950_000, "10 MB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
            (48_400_000, "48 MB"), (Int64.max, "9.2 EB"), (-5, "0 bytes"),
        ] as [(Int64, String)]
    )
    func `sizes read like sizes`(bytes: Int64, text: String) {
        #expect(SizeText.bytes(bytes) == text)
    }
}

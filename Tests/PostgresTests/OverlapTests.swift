@testable import Postgres
import Processes
import Synchronization
import Testing
import UpgradeModel

/// The rules by which a proof shares the machine: values only.
struct OverlapTests {
    @Test func `a scratch server takes a part of the machine and no more`() {
        let small = ScratchTuning(cores: 1, memoryBytes: 1 << 30)
        #expect(small.jobs == 1)
        #expect(small.settings["shared_buffers"] == "64MB")
        #expect(small.settings["maintenance_work_mem"] == "64MB")
        #expect(small.settings["max_parallel_maintenance_workers"] == "0")
        let usual = ScratchTuning(cores: 2, memoryBytes: 24 << 30)
        #expect(usual.jobs == 2)
        #expect(usual.settings["shared_buffers"] == "512MB")
        #expect(usual.settings["maintenance_work_mem"] == "128MB")
        #expect(usual.settings["max_parallel_maintenance_workers"] == "0")
        #expect(usual.rowHelpers == 0)
        #expect(usual.settings["max_parallel_workers_per_gather"] == "0")
        let large = ScratchTuning(cores: 64, memoryBytes: 256 << 30)
        #expect(large.jobs == 8)
        #expect(large.settings["shared_buffers"] == "512MB")
        #expect(large.settings["max_parallel_maintenance_workers"] == "4")
        #expect(large.rowHelpers == 2)
        let poor = ScratchTuning(cores: 8, memoryBytes: 512 << 20)
        #expect(poor.settings["maintenance_work_mem"] == "16MB")
    }

    @Test func `the longest indexes come first, after the constraints that lock their tables`() {
        let listing = [
            "10; 1259 500 TABLE public docs boss", "20; 2606 600 CONSTRAINT public docs docs_pkey boss",
            "21; 2606 601 CONSTRAINT public other other_pkey boss", "22; 1259 700 INDEX public docs_gin boss",
            "23; 1259 701 INDEX public other_name boss", "24; 2606 602 FK CONSTRAINT public other fk boss",
            "25; 1259 700",
        ]
        let whole = DumpListing(listing.joined(separator: "\n"))
        let parts = IndexPlan(long: ["700"], constraints: ["600", "602"]).parts(of: whole)
        #expect(parts.first == [listing[1]])
        #expect(parts.long == [listing[3]])
        #expect(parts.rest == [listing[0], listing[2], listing[4], listing[5], listing[6]])
        let none = IndexPlan(long: ["999"], constraints: ["600"]).parts(of: whole)
        #expect(none == IndexPlan.Parts(rest: listing))
    }

    @Test func `whatever needs one of the longest indexes comes when it is there`() {
        let listing = DumpListing(
            """
            ;     dbname: demo
            22; 1259 700 INDEX public docs_gin boss
            ;\tdepends on: 10
            23; 1259 701 INDEX public parent_gin boss
            ;\tdepends on: 11
            24; 0 0 COMMENT public INDEX docs_gin boss
            ;\tdepends on: 22
            25; 0 0 INDEX ATTACH public docs_gin boss
            ;\tdepends on: 23 22 24
            26; 0 0 COMMENT public INDEX parent_gin boss
            ;\tdepends on: 23
            27; 2606 702 FK CONSTRAINT public other fk boss
            ;\tdepends on: 12 25
            2; 0 0 COMMENT public TABLE docs boss
            """
        )
        #expect(listing.lines.count == 7)
        let parts = IndexPlan(long: ["700"]).parts(of: listing)
        #expect(parts.long == [listing.lines[0]])
        #expect(parts.rest == [listing.lines[1], listing.lines[4], listing.lines[6]])
        #expect(parts.last == [listing.lines[2], listing.lines[3], listing.lines[5]])
    }

    @Test func `progress never goes back, never passes the end, and is whole only when it is over`() {
        let told = Mutex<[BackupProgress]>([])
        let meter = DumpMeter(subject: "d", expected: 1000) { progress in told.withLock { $0.append(progress) } }
        for bytes: Int64 in [100, 500, 400, 990, 1500, 90_000] { meter.note(bytes) }
        let before = told.withLock { $0 }.map { Double($0.done) / Double($0.total ?? 0) }
        #expect(zip(before, before.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(before.allSatisfy { $0 < 1 })
        meter.end()
        #expect(told.withLock { $0 }.last.map { $0.done == $0.total } == true)
        #expect(DumpMeter.progress("d", 5, 0).total == nil)
    }

    @Test func `only so many go on at a time, and what comes ahead goes first`() async throws {
        let lanes = Lanes(1)
        let order = Recorder<Int>()
        let gate = AsyncStream.makeStream(of: Void.self)
        async let first: Void = lanes.run {
            for await _ in gate.stream { break }
            order.note(1)
        }
        while await lanes.isFree { await Task.yield() }
        async let second: Void = lanes.run { order.note(2) }
        while await lanes.waitingCount < 1 { await Task.yield() }
        async let third: Void = lanes.run(ahead: true) { order.note(3) }
        while await lanes.waitingCount < 2 { await Task.yield() }
        gate.continuation.yield()
        _ = try await (first, second, third)
        #expect(order.all == [1, 3, 2])
        await #expect(throws: Unexpected.self) { try await lanes.run { throw Unexpected("work") } }
        #expect(await lanes.isFree)
    }

    @Test func `what others wait for lets them pass once it has begun, and for good`() async {
        let gate = Gate()
        let order = Recorder<Int>()
        async let one: Void = pass(gate) { order.note(2) }
        async let two: Void = pass(gate) { order.note(2) }
        order.note(1)
        await gate.open()
        _ = await (one, two)
        await gate.pass()
        #expect(order.all == [1, 2, 2])
    }

    private func pass(_ gate: Gate, _ note: () -> Void) async {
        await gate.pass()
        note()
    }

    @Test func `what is encrypted is so on its way to the file`() {
        #expect(Sealing(recipients: []).filters.map(\.name) == ["zstd"])
        #expect(Sealing(recipients: []).name("d.dump.zst") == "d.dump.zst")
        #expect(Sealing(recipients: ["age1x"]).filters.map(\.name) == ["zstd", "age"])
        #expect(Sealing(recipients: ["age1x"]).name("d.dump.zst") == "d.dump.zst.age")
    }

    @Test func `functions that run when rows are there may change them`() {
        let view = ObjectPrint(kind: .materializedView, name: "v")
        let trigger = ObjectPrint(kind: .eventTrigger, name: "t")
        let table = ObjectPrint(kind: .table, name: "t")
        #expect(CopyReader.mayChangeRows([table, view]))
        #expect(CopyReader.mayChangeRows([trigger]))
        #expect(!CopyReader.mayChangeRows([table]))
    }
}

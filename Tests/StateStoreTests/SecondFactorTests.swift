import Foundation
import GRDB
import Testing
import UpgradeModel

@testable import StateStore

@Suite struct SecondFactorTests {
    private let moment = Moment(microseconds: 1_795_000_000_000_000)

    private func account(_ name: String) throws -> Account {
        Account(
            name: try #require(AccountName(name)),
            role: .admin,
            password: nil,
            createdAt: moment,
            passwordSetAt: moment
        )
    }

    private func factor(_ account: Account, _ byte: UInt8) -> SecondFactor {
        SecondFactor(
            account: account.name,
            secret: Array(repeating: byte, count: 20),
            setAt: moment,
            newestStep: 100
        )
    }

    @Test func `a data folder from before there were second factors opens, and its accounts have none`() async throws {
        try await withDataFolder { folder in
            let queue = try DatabaseQueue(path: folder.database)
            try Schema.migrator.migrate(queue, upTo: "3 access")
            try await queue.write {
                try $0.execute(sql: "INSERT INTO account VALUES ('ada', 'admin', NULL, 1, 1)")
            }
            try queue.close()
            let store = try StateStore(in: folder)
            #expect(store.safeMode == nil)
            #expect(try store.accounts().map(\.secondFactor) == [SecondFactorStanding.none])
            let ada = try account("ada")
            #expect(try store.put(factor(ada, 1), recoveryCodes: ["a"], by: nil))
            #expect(try store.account(ada.name)?.secondFactor == .present)
        }
    }

    @Test func `a step is used up once, with all before it, by one of several processes`() async throws {
        try await withDataFolder { folder in
            let stores = [try StateStore(in: folder), try StateStore(in: folder)]
            let ada = try account("ada")
            try stores[0].put(ada)
            let first = factor(ada, 1)
            #expect(try stores[0].put(first, recoveryCodes: ["a", "b"], by: nil))
            let winners = try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask { try stores[number % 2].use(step: 101, of: first) }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(winners == 1)
            #expect(try !stores[1].use(step: 100, of: first))
            #expect(try stores[1].use(recoveryCode: "a", of: ada.name))
            #expect(try !stores[0].use(recoveryCode: "a", of: ada.name))
            // Another in its place is not used up by codes of the one before, and has its own recovery codes.
            #expect(try stores[0].put(factor(ada, 2), recoveryCodes: ["c"], by: nil))
            #expect(try !stores[0].use(step: 200, of: first))
            #expect(try !stores[0].use(recoveryCode: "b", of: ada.name))
            #expect(try stores[0].secondFactor(of: ada.name)?.recoveryCodes == 1)
        }
    }

    @Test func `a second factor goes with its account, outlives a change of it, and can be needed of everybody`()
        async throws
    {
        try await withDataFolder { folder in
            let store = try StateStore(in: folder)
            let (ada, eve) = (try account("ada"), try account("eve"))
            try store.put(ada)
            try store.put(eve)
            #expect(try store.put(factor(ada, 1), recoveryCodes: [], by: nil))
            try store.put(ada)
            try store.setNeedsSecondFactor(true)
            #expect(try StateStore(in: folder).needsSecondFactor())
            #expect(try store.accounts().map(\.secondFactor) == [.present, .missing])
            try store.setNeedsSecondFactor(false)
            #expect(try store.accounts().map(\.secondFactor) == [.present, SecondFactorStanding.none])
            try store.removeAccount(ada.name)
            try store.put(ada)
            #expect(try store.secondFactor(of: ada.name) == nil)
            #expect(try !store.removeSecondFactor(of: ada.name))
            #expect(throws: Trouble.self) {
                try store.put(factor(account("bob"), 1), recoveryCodes: [], by: nil)
            }
        }
    }
}

import Testing
import UpgradeModel

/// What operators are offered, held against what the machine takes.
@Suite struct ChoicesTests {
    @Test func `in every state exactly what is offered is taken`() throws {
        let edges = try MachineSearchTests().reachable()
        let wishes: [(UpgradeMachine.Choice, Event)] = [
            (.abort, .abortRequested(by: "operator")), (.retry, .retryRequested(by: "operator", target: nil)),
        ]
        for machine in Set(edges.keys.map(\.machine)) {
            for (choice, event) in wishes {
                var after = machine
                let isTaken = (try? after.handle(event)) != nil
                #expect(isTaken == machine.choices.contains(choice), "\(choice) in \(machine.phase)")
                if isTaken { #expect(after != machine) }
            }
        }
    }
}

import Reports
import SingleVM
import UpgradeModel

extension ServicesReport.Service {
    /// Reports what the Engine has told of a service.
    init(_ service: InstalledState.Service) {
        self.init(
            name: service.name,
            version: service.versionText,
            containers: service.containers.map { ServicesReport.Container($0, mayEnd: service.mayEnd) }
        )
    }
}

extension ServicesReport.Container {
    fileprivate init(_ container: EngineContainer, mayEnd: Bool) {
        self.init(
            name: container.name,
            condition: .init(container, mayEnd: mayEnd),
            image: container.imageReference,
            startedAt: container.hasStarted ? container.startedAt : nil,
            restarts: container.restartCount,
            exitCode: [.exited, .dead].contains(container.state) ? container.exitCode : nil
        )
    }
}

extension ServicesReport.Condition {
    fileprivate init(_ container: EngineContainer, mayEnd: Bool) {
        switch (container.state, container.health) {
        case (.running, .healthy?): self = .healthy
        case (.running, .starting?): self = .starting
        case (.running, .unhealthy?): self = .unhealthy
        case (.running, nil): self = .running
        case (.restarting, _): self = .restarting
        case (.created, _): self = .starting
        case (.paused, _), (.removing, _): self = .stopped
        case (.exited, _), (.dead, _), (.other, _):
            // Ended by SIGTERM, or by SIGKILL after the time that it had: that is what stopping does.
            let isStopped = [0, 128 + 15, 128 + 9].contains(container.exitCode)
            let mayHaveEnded = mayEnd && ["no", "on-failure"].contains(container.restartPolicy.name)
            self = !isStopped ? .failed : container.exitCode == 0 && mayHaveEnded ? .done : .stopped
        }
    }
}

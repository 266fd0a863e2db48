/// How long the parts of a deployment may take.
package struct DeploymentLimits: Sendable, Hashable {
    /// How long a service may take to end by itself; nil leaves it to each container's own setting.
    package var stop: Duration?
    /// How long a migration may run; nil is without bound.
    package var migration: Duration?
    /// How long a release may take to become healthy.
    package var health: Duration
    /// How long a container may be ill, by its own health check or by ending again and again, before nobody waits for it
    /// any longer.
    package var ill: Duration
    /// How long a container without a health check must have run without a break to count as healthy.
    package var steady: Duration
    /// How long a Compose that a dead runner has left may take to end by itself.
    package var tool: Duration
    /// How long an Engine that went away may take to come back.
    package var engine: Duration

    /// Makes limits.
    package init(
        stop: Duration? = nil,
        migration: Duration? = .seconds(6 * 3600),
        health: Duration = .seconds(600),
        ill: Duration = .seconds(60),
        steady: Duration = .seconds(10),
        tool: Duration = .seconds(60),
        engine: Duration = .seconds(120)
    ) {
        self.stop = stop
        self.migration = migration
        self.health = health
        self.ill = ill
        self.steady = steady
        self.tool = tool
        self.engine = engine
    }
}

/// How long the parts of a deployment in a cluster may take.
package struct ClusterLimits: Sendable, Hashable {
    /// How long the pods of writers may take to end.
    package var stop: Duration
    /// How long a migration may run; nil is without bound.
    package var migration: Duration?
    /// How long a pod may lack its image, a machine or the namespace's leave to exist before nobody waits for it longer.
    package var stall: Duration
    /// How long a release may take to become healthy.
    package var health: Duration
    /// How long a pod may be ill, by ending again and again, before nobody waits for it any longer.
    package var ill: Duration
    /// How long everything must have been well without a break.
    package var steady: Duration
    /// How long `helm upgrade` may take, its hooks included.
    package var helm: Duration
    /// How long Helm may take beyond that, before it is ended.
    package var grace: Duration
    /// How long an API server that went away may take to come back.
    package var server: Duration
    /// How long one that has come back may take to know accounts and their rights.
    package var startup: Duration
    /// How often it is looked where nothing tells that something has happened.
    package var pace: Duration
    /// How long the API server may take to go by what its guard was told.
    package var admission: Duration

    /// Makes limits.
    package init(
        stop: Duration = .seconds(300),
        migration: Duration? = .seconds(6 * 3600),
        stall: Duration = .seconds(180),
        health: Duration = .seconds(600),
        ill: Duration = .seconds(60),
        steady: Duration = .seconds(10),
        helm: Duration = .seconds(900),
        grace: Duration = .seconds(120),
        server: Duration = .seconds(300),
        startup: Duration = .seconds(30),
        pace: Duration = .seconds(1),
        admission: Duration = .seconds(30)
    ) {
        self.stop = stop
        self.migration = migration
        self.stall = stall
        self.health = health
        self.ill = ill
        self.steady = steady
        self.helm = helm
        self.grace = grace
        self.server = server
        self.startup = startup
        self.pace = pace
        self.admission = admission
    }
}

package import UpgradeModel

/// One step of one hop, as the timeline shows it.
package struct StepView: Sendable, Hashable {
    /// How a step stands.
    package enum State: String, Sendable, Hashable, CaseIterable {
        case waiting, running, done, failed
    }

    /// The step.
    package var step: Step
    /// The hop's target.
    package var hop: ReleaseVersion
    /// How it stands.
    package var state: State
    /// When its first effect began.
    package var startedAt: Moment?
    /// How long its effects have taken, in seconds; of a running step up to the newest row.
    package var seconds: Double?
    /// How long it took in a rehearsal, or else in this installation's earlier runs (median), in seconds.
    package var expectedSeconds: Double?
}

/// A run as every face shows it, folded from its journal.
package struct RunView: Sendable {
    /// What was asked for.
    package var request: RunRequest
    /// Where it stands.
    package var machine: UpgradeMachine
    /// Every step of every hop, in order.
    package var steps: [StepView]
    /// When it ended; nil while it goes on or waits.
    package var endedAt: Moment?
    /// When the newest row was written.
    package var lastAt: Moment
    /// How many rows it has.
    package var events: Int
    /// The newest progress of the effect that is pending.
    package var progress: Progress?
    /// The newest answer to a wish that could not be granted.
    package var declined: Trouble?
    /// The set of the newest hop that has one.
    package var backup: BackupSetID?
    /// The set of the newest hop that has passed its point of no return; nil where none has.
    package var passed: BackupSetID?
    /// The hops that have passed their point of no return, so that migrations of them may have started.
    package var hopsPassed: [ReleaseVersion] = []
    /// The set that was or is being restored; nil where none is.
    package var restored: BackupSetID?
    /// Whether that set was restored outside of the run, which only sees and records it.
    package var isInPlace: Bool
    /// The names under which its databases that a restore has replaced are kept.
    package var replaced: [String] = []
    /// What its journal does not say; set by whoever can find it out.
    package var standing = Standing()

    /// What is found out beside the journal of a run that has not ended.
    package struct Standing: Sendable {
        /// Whether somebody is at work; nil where nobody has to be, since it has ended or waits for a person.
        package var isCarried: Bool?
        /// The wish that nobody has answered yet.
        package var decision: Decision?
        /// Why nobody takes it up again.
        package var obstacle: Trouble?

        /// Nothing is known.
        package init() {}
    }

    /// Folds the rows of a run, oldest first; `rows` says how many there are where some of its progress is left out,
    /// `expected` are seconds per step from earlier runs, see ``expectations(from:)``, `rehearsed` the seconds that the
    /// migrations of a release took in a rehearsal.
    package init(
        of id: RunID,
        from entries: [JournalEntry],
        rows: Int? = nil,
        expected: [Step: Double] = [:],
        rehearsed: [ReleaseVersion: Double] = [:]
    ) throws(Trouble) {
        var clock = StepClock()
        let replay = try Replay(of: id, from: entries) { entry, machine in
            clock.see(entry)
            // A run that was asked to restore does nothing else: its steps have their own names.
            clock.restores(machine.plan.restore == nil && machine.restore != nil)
        }
        request = replay.request
        machine = replay.machine
        events = rows ?? entries.count
        lastAt = entries.last?.at ?? request.startedAt
        // A wish that came too late is declined after the end.
        endedAt = machine.hasEnded ? entries.last { $0.payload.isEvent }?.at ?? lastAt : nil
        let restore = machine.restored ?? machine.restore ?? request.plan.restore
        restored = restore?.set
        isInPlace = restore?.isInPlace ?? false
        for entry in entries {
            switch entry.payload {
            case .progress(_, let progress): self.progress = progress
            case .intent(let effect):
                progress = nil
                // What comes first after that point; a restore has made no set.
                if effect.kind == .switchRelease {
                    passed = backup
                    if replay.machine.plan.hops.contains(effect.target), !hopsPassed.contains(effect.target) {
                        hopsPassed.append(effect.target)
                    }
                }
            case .declined(_, let trouble): declined = trouble
            case .event(.succeeded(_, .dumped(let set))): backup = set
            case .event(.succeeded(_, .setAside(let name))): replaced.append(name)
            case .event(.succeeded(let effect, _)) where effect.kind == .discardBackup: backup = nil
            case .created, .event, .taken: break
            }
        }
        let steps = Self.steps(of: request.plan, isRestored: clock.hasRestored)
        self.steps = machine.plan.hops.enumerated().flatMap { index, version in
            steps.map { step in
                clock.view(
                    of: step,
                    hop: index,
                    version: version,
                    until: replay.machine.hasEnded ? nil : entries.last?.at
                )
                .expecting(step == .migrate ? rehearsed[version] ?? expected[step] : expected[step])
            }
        }
    }

    /// The steps of each hop. An upgrade that gave way to a restore shows it as one step more.
    private static func steps(of plan: RunPlan, isRestored: Bool) -> [Step] {
        if let restore = plan.restore { return restore.isInPlace ? Step.ofRestoreInPlace : Step.ofRestore }
        return isRestored ? Step.ofHop + [.restore] : Step.ofHop
    }

    /// The median seconds of each step over runs that went through it.
    package static func expectations(from views: [RunView]) -> [Step: Double] {
        var seconds: [Step: [Double]] = [:]
        for view in views {
            for step in view.steps where step.state == .done {
                if let taken = step.seconds { seconds[step.step, default: []].append(taken) }
            }
        }
        return seconds.mapValues { $0.sorted()[$0.count / 2] }
    }

    /// The step that the run is in, or in which it waits or ended badly.
    package var step: Step? {
        let failed = steps.last { $0.state == .failed }
        let running = steps.last { $0.state == .running }
        // What goes on after something failed is the restore of what was before.
        return (machine.phase == .restoring ? running ?? failed : failed ?? running)?.step ?? machine.pending?.step
    }
}

extension Payload {
    fileprivate var isEvent: Bool { if case .event = self { true } else { false } }
}

extension StepView {
    fileprivate func expecting(_ seconds: Double?) -> StepView {
        var view = self
        view.expectedSeconds = seconds
        return view
    }
}

/// Measures steps by the rows of their effects.
private struct StepClock {
    private struct Key: Hashable {
        var hop: Int
        var step: Step
    }

    private struct Reading {
        var startedAt: Moment
        var seconds = 0.0
        var runningSince: Moment?
        var failed = false
    }

    private var readings: [Key: Reading] = [:]
    /// Whether an upgrade gives way to a restore now; all that it does is one step then.
    private var restores = false
    /// Whether it ever did.
    private(set) var hasRestored = false

    private func key(_ effect: Effect) -> Key { Key(hop: effect.hop, step: restores ? .restore : effect.step) }

    /// Says whether an upgrade gives way to a restore after what was seen last.
    mutating func restores(_ does: Bool) {
        restores = does
        hasRestored = hasRestored || does
    }

    mutating func see(_ entry: JournalEntry) {
        switch entry.payload {
        case .intent(let effect):
            guard effect.isOfTheHop else { return }
            readings[key(effect), default: Reading(startedAt: entry.at)].runningSince = entry.at
            readings[key(effect)]?.failed = false
        case .event(.succeeded(let effect, _)):
            stop(effect, at: entry.at, failed: false)
        case .event(.failed(let effect, _)), .event(.refused(let effect, _)):
            stop(effect, at: entry.at, failed: true)
        case .event(.abortRequested), .event(.retryRequested):
            for key in readings.keys where readings[key]?.runningSince != nil { stop(key, at: entry.at, failed: true) }
        case .created, .event(.started), .event(.restoreRequested), .progress, .taken, .declined: break
        }
    }

    private mutating func stop(_ effect: Effect, at moment: Moment, failed: Bool) {
        guard effect.isOfTheHop else { return }
        stop(key(effect), at: moment, failed: failed)
    }

    private mutating func stop(_ key: Key, at moment: Moment, failed: Bool) {
        guard var reading = readings[key], let since = reading.runningSince else { return }
        reading.seconds += since.seconds(to: moment)
        reading.runningSince = nil
        reading.failed = failed
        readings[key] = reading
    }

    func view(of step: Step, hop: Int, version: ReleaseVersion, until now: Moment?) -> StepView {
        guard let reading = readings[Key(hop: hop, step: step)] else {
            return StepView(step: step, hop: version, state: .waiting)
        }
        let running = reading.runningSince.map { since in now.map { since.seconds(to: $0) } ?? 0 }
        return StepView(
            step: step,
            hop: version,
            state: reading.failed ? .failed : running == nil ? .done : .running,
            startedAt: reading.startedAt,
            seconds: reading.seconds + (running ?? 0)
        )
    }
}

extension Effect {
    /// Putting back is not part of any step that the timeline promises.
    fileprivate var isOfTheHop: Bool { ![.putBack, .discardBackup, .discardRestored].contains(kind) }
}

extension Moment {
    /// Seconds from this moment to `other`; 0 where the clock was set back in between.
    package func seconds(to other: Moment) -> Double {
        max(0, Double(other.microseconds - microseconds) / 1_000_000)
    }
}

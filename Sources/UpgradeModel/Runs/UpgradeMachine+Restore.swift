/// How the machine goes through a restore; the order of things is ``RestoreCourse``'s.
extension UpgradeMachine {
    /// A restore out of an upgrade that waits, or out of another restore that does.
    mutating func requestRestore(_ restore: RestorePlan, _ event: Event) throws(IllegalEvent) {
        var restore = restore
        let origin: RestoreCourse.Origin
        let failed: Hop
        switch (!restore.databases.isEmpty && choices.contains(.restore), state) {
        case (true, .needsOperator(let hop, let proof, let resume, let standstill)):
            (origin, failed) = (.upgrade(hop, proof, resume, standstill), hop)
        case (true, .restoring(let course)):
            (origin, failed) = (.restore(course), course.hop)
            restore.number = (course.plan.number ?? 1) + 1
        default: throw illegal(event)
        }
        let own = Hop(index: failed.index, target: restore.release, attempt: failed.attempt + 1)
        state = .restoring(RestoreCourse(restore, hop: own, origin: origin))
    }

    /// A stop is done: the next one, or the end.
    mutating func advance(_ course: RestoreCourse, _ outcome: Outcome, _ event: Event) throws(IllegalEvent) {
        var course = course
        switch course.stage {
        case .going(let number):
            try take(outcome, at: course.stops[number], &course, event)
            let next = number + 1
            guard next < course.stops.count else {
                state = .restored(course.hop, course.plan)
                return
            }
            if next == course.pointOfNoReturn {
                // Without a proof of every database nothing is renamed.
                guard course.mayPassPointOfNoReturn else { throw illegal(event) }
                plan.highWaterMark = course.plan.release
            }
            course.stage = .going(next)
            state = .restoring(course)
        case .undoing(let number, let gaveUp):
            guard case .done = outcome else { throw illegal(event) }
            guard number + 1 < RestoreCourse.undoing.count else { return end(course, gaveUp) }
            course.stage = .undoing(number + 1, gaveUp: gaveUp)
            state = .restoring(course)
        case .waiting, .stuck: throw illegal(event)
        }
    }

    /// What a stop has brought must be what it can bring.
    private func take(
        _ outcome: Outcome,
        at stop: RestoreCourse.Stop,
        _ course: inout RestoreCourse,
        _ event: Event
    ) throws(IllegalEvent) {
        switch (stop.kind, outcome) {
        case (.proveDatabase, .proven(let proof)):
            guard proof.set == course.plan.set, let database = stop.database, proof.databases == [database] else {
                throw illegal(event)
            }
            course.proofs.append(proof)
        case (.proveDatabase, _): throw illegal(event)
        case (_, .done), (.setAside, .setAside): break
        default: throw illegal(event)
        }
    }

    /// A stop has failed, or said no.
    mutating func fail(_ course: RestoreCourse, _ trouble: Trouble, isRefusal: Bool) {
        var course = course
        switch course.stage {
        case .going(let number):
            if course.isPastPointOfNoReturn {
                course.stage = .waiting(number, Standstill(trouble))
            } else if course.stops[number].kind == .checkRestore, isRefusal, course.origin == nil {
                state = .refused(course.hop, trouble)
                return
            } else if course.isOnlyLooking {
                return end(course, trouble)
            } else {
                course.stage = .undoing(0, gaveUp: trouble)
            }
        case .undoing(let number, let gaveUp): course.stage = .stuck(number, why: trouble, gaveUp: gaveUp)
        case .waiting, .stuck: return
        }
        state = .restoring(course)
    }

    /// A restore that changed nothing is over: aborted, or what it came out of waits again.
    private mutating func end(_ course: RestoreCourse, _ why: Trouble) {
        switch course.origin {
        case nil: state = .aborted(course.hop, why)
        case .upgrade(var hop, let proof, let resume, let standstill):
            hop.attempt = course.hop.attempt
            state = .needsOperator(hop, proof, resume, standstill.after(why))
        case .restore(var earlier):
            earlier.hop.attempt = course.hop.attempt
            if case .waiting(let number, let standstill) = earlier.stage {
                earlier.stage = .waiting(number, standstill.after(why))
            }
            state = .restoring(earlier)
        }
    }

    /// An operator gives a restore up, or lets its undoing be tried again.
    mutating func abort(_ course: RestoreCourse, _ why: Trouble, _ event: Event) throws(IllegalEvent) {
        var course = course
        switch course.stage {
        case .going where !course.isPastPointOfNoReturn: fail(course, why, isRefusal: false)
        case .stuck(let number, _, let gaveUp):
            course.stage = .undoing(number, gaveUp: gaveUp)
            state = .restoring(course)
        case .going, .waiting, .undoing: throw illegal(event)
        }
    }

    /// An operator lets a restore go on; never with another release than the set's.
    mutating func retry(_ course: RestoreCourse, _ target: ReleaseVersion?, _ event: Event) throws(IllegalEvent) {
        guard case .waiting(let number, _) = course.stage, target == nil || target == course.plan.release else {
            throw illegal(event)
        }
        var course = course
        course.hop.attempt += 1
        course.stage = .going(number)
        state = .restoring(course)
    }
}

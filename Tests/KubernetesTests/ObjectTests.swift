import Testing

@testable import Kubernetes

@Suite struct ObjectTests {
    private func read(_ text: String) throws -> JSONValue {
        try #require(JSONValue.read(Array(text.utf8), limit: 1 << 20))
    }

    @Test func `what all objects have is read`() throws {
        let object = PlainObject(
            try read(
                """
                {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","uid":"u",
                 "resourceVersion":"7","generation":3,"labels":{"app":"shop"},"annotations":{"a":"b"},
                 "ownerReferences":[{"kind":"X","name":"x","uid":"ux"},{"kind":"Y","name":"y","uid":"uy","controller":true}],
                 "creationTimestamp":"2026-11-27T21:01:34Z","deletionTimestamp":"2026-11-27T21:01:35Z","finalizers":["f"],
                 "managedFields":[{"manager":"helm","operation":"Apply","subresource":"","time":"2026-11-27T21:01:34Z",
                 "fieldsV1":{"f:spec":{"f:replicas":{}}}}]}}
                """
            )
        )
        let metadata = object.metadata
        #expect(metadata.name == "web")
        #expect(metadata.namespace == "shop")
        #expect(metadata.uid == "u")
        #expect(metadata.resourceVersion == "7")
        #expect(metadata.generation == 3)
        #expect(metadata.labels == ["app": "shop"])
        #expect(metadata.annotations == ["a": "b"])
        #expect(metadata.controller?.name == "y")
        #expect(metadata.creationTimestamp?.text == "2026-11-27T21:01:34Z")
        #expect(metadata.deletionTimestamp?.text == "2026-11-27T21:01:35Z")
        #expect(metadata.finalizers == ["f"])
        #expect(metadata.managers.first?.name == "helm")
        #expect(metadata.managers.first?.owns(["spec", "replicas"]) == true)
        #expect(metadata.managers.first?.owns(["spec", "paused"]) == false)
        #expect("\(object)" == "Deployment shop/web")
    }

    @Test func `a pod's containers are read with how they are`() throws {
        let pod = Pod(
            try read(
                """
                {"metadata":{"name":"api-1"},"spec":{"nodeName":"n1",
                 "initContainers":[{"name":"migrate","image":"shop/migrate:2"},{"name":"proxy","image":"p","restartPolicy":"Always"}],
                 "containers":[{"name":"api","image":"shop/api:2","resources":{"requests":{"cpu":"500m","memory":"1Gi"},
                 "limits":{"cpu":2}}}]},
                 "status":{"phase":"Pending","reason":"","podIP":"10.0.0.7","conditions":[{"type":"Ready","status":"False",
                 "reason":"ContainersNotReady","message":"m","lastTransitionTime":"2026-11-27T21:01:34Z"}],
                 "initContainerStatuses":[{"name":"migrate","restartCount":3,"image":"shop/migrate:2","imageID":"sha256:aa",
                 "state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},
                 "lastState":{"terminated":{"exitCode":1,"reason":"Error","message":"no table","signal":0,
                 "startedAt":"2026-11-27T21:01:30Z","finishedAt":"2026-11-27T21:01:34Z"}}}],
                 "containerStatuses":[{"name":"api","ready":true,"state":{"running":{"startedAt":"2026-11-27T21:01:34Z"}}},
                 {"name":"old","state":{"terminated":{"exitCode":137,"signal":9,"reason":"OOMKilled"}}},{"name":"new"}]}}
                """
            )
        )
        #expect(pod.phase == "Pending")
        #expect(pod.nodeName == "n1")
        #expect(pod.address == "10.0.0.7")
        #expect(!pod.isReady)
        #expect(pod.condition("Ready")?.reason == "ContainersNotReady")
        #expect(pod.initContainers.map(\.isSidecar) == [false, true])
        #expect(pod.containers.first?.requests == ["cpu": "500m", "memory": "1Gi"])
        #expect(pod.containers.first?.limits == ["cpu": "2"])
        let migrate = try #require(pod.initContainerStatuses.first)
        #expect(migrate.state == .waiting(reason: "CrashLoopBackOff", message: "back-off"))
        #expect(migrate.restartCount == 3)
        #expect(migrate.imageID == "sha256:aa")
        #expect(migrate.lastEnd?.exitCode == 1)
        #expect(migrate.lastEnd?.message == "no table")
        #expect(migrate.lastEnd?.signal == nil, "a signal of 0 is none")
        #expect(pod.containerStatuses.map(\.isReady) == [true, false, false])
        guard case .terminated(let end) = pod.containerStatuses[1].state else {
            Issue.record("it has ended")
            return
        }
        #expect(end.signal == 9)
        #expect(end.reason == "OOMKilled")
        #expect(pod.containerStatuses[2].state == .waiting(reason: "", message: ""))
    }

    @Test func `workloads are read with their counters`() throws {
        let web = DeploymentObject(
            try read(
                """
                {"metadata":{"generation":4},"spec":{"replicas":3,"paused":true,"strategy":{"type":"Recreate"},
                 "selector":{"matchLabels":{"app":"web"}},"template":{"spec":{"initContainers":[{"name":"i","image":"x"}],
                 "containers":[{"name":"c","image":"y"}]}}},
                 "status":{"observedGeneration":3,"replicas":4,"updatedReplicas":1,"readyReplicas":2,"availableReplicas":2,
                 "unavailableReplicas":2}}
                """
            )
        )
        #expect(web.observedGeneration == 3)
        #expect(web.replicas == 3)
        #expect(web.currentReplicas == 4)
        #expect(web.updatedReplicas == 1)
        #expect(web.readyReplicas == 2)
        #expect(web.availableReplicas == 2)
        #expect(web.unavailableReplicas == 2)
        #expect(web.isPaused)
        #expect(web.strategy == "Recreate")
        #expect(web.selector == ["app": "web"])
        #expect(web.initContainers.map(\.image) == ["x"])
        #expect(web.containers.map(\.image) == ["y"])
        #expect(DeploymentObject([:]).replicas == 1, "nothing said is one")
        let set = StatefulSet(
            try read(
                """
                {"spec":{"replicas":0,"updateStrategy":{"type":"OnDelete","rollingUpdate":{"partition":2}}},
                 "status":{"currentRevision":"a","updateRevision":"b","updatedReplicas":1}}
                """
            )
        )
        #expect(set.replicas == 0)
        #expect(set.updateStrategy == "OnDelete")
        #expect(set.partition == 2)
        #expect(set.currentRevision != set.updateRevision)
        let daemon = DaemonSet(
            try read(
                """
                {"status":{"desiredNumberScheduled":5,"currentNumberScheduled":4,"updatedNumberScheduled":3,"numberReady":2,
                 "numberAvailable":1,"numberUnavailable":4}}
                """
            )
        )
        #expect(
            [daemon.desired, daemon.current, daemon.updated, daemon.ready, daemon.available, daemon.unavailable]
                == [5, 4, 3, 2, 1, 4]
        )
        let replica = ReplicaSet(
            try read(
                #"{"metadata":{"annotations":{"deployment.kubernetes.io/revision":"12"}},"status":{"replicas":2}}"#
            )
        )
        #expect(replica.revision == 12)
        let job = Job(
            try read(
                """
                {"spec":{"backoffLimit":0},"status":{"failed":1,"conditions":[{"type":"Failed","status":"True",
                 "reason":"BackoffLimitExceeded"}]}}
                """
            )
        )
        #expect(job.failure?.reason == "BackoffLimitExceeded")
        #expect(!job.isComplete)
        #expect(job.backoffLimit == 0)
        #expect(job.completions == 1)
    }

    @Test func `autoscalers are read alike in both versions`() throws {
        let old = HorizontalPodAutoscaler(
            try read(
                """
                {"spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":5,"targetCPUUtilizationPercentage":80},
                 "status":{"currentReplicas":2,"desiredReplicas":3}}
                """
            )
        )
        let new = HorizontalPodAutoscaler(
            try read(
                """
                {"spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"minReplicas":2,"maxReplicas":5,"metrics":[
                 {"type":"Resource","resource":{"name":"cpu"}},{"type":"External","external":{"metric":{"name":"queue"}}}]}}
                """
            )
        )
        #expect(old.targetName == new.targetName)
        #expect(old.minimum == 1)
        #expect(new.minimum == 2)
        #expect(old.maximum == 5)
        #expect(old.metrics == ["cpu"])
        #expect(new.metrics == ["cpu", "queue"])
        #expect(old.desiredReplicas == 3)
    }

    @Test func `what stands in the way of pods is read`() throws {
        let budget = PodDisruptionBudget(
            try read(
                """
                {"spec":{"minAvailable":"50%","selector":{"matchLabels":{"app":"web"}}},
                 "status":{"disruptionsAllowed":0,"currentHealthy":1,"desiredHealthy":1}}
                """
            )
        )
        #expect(budget.minimumAvailable == "50%")
        #expect(budget.maximumUnavailable == nil)
        #expect(PodDisruptionBudget(try read(#"{"spec":{"maxUnavailable":1}}"#)).maximumUnavailable == "1")
        #expect(budget.disruptionsAllowed == 0)
        let quota = ResourceQuota(
            try read(#"{"spec":{"hard":{"pods":"4"}},"status":{"hard":{"pods":"5"},"used":{"pods":"3"}}}"#)
        )
        #expect(quota.hard == ["pods": "5"])
        #expect(quota.used == ["pods": "3"])
        let node = ClusterNode(
            try read(
                """
                {"spec":{"unschedulable":true},"status":{"allocatable":{"cpu":"2","memory":"8Gi"},
                 "conditions":[{"type":"Ready","status":"True"}],"nodeInfo":{"kubeletVersion":"v1.20.2"}}}
                """
            )
        )
        #expect(node.allocatable["memory"] == "8Gi")
        #expect(node.isReady)
        #expect(node.isUnschedulable)
        #expect(node.kubeletVersion == "v1.20.2")
    }

    @Test func `services, claims, settings and events are read`() throws {
        let service = ClusterService(
            try read(
                """
                {"spec":{"type":"LoadBalancer","clusterIP":"10.0.0.1","selector":{"app":"web"},"ports":[{"name":"http",
                 "port":80,"targetPort":"web"},{"port":5432,"targetPort":5432}]},
                 "status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"},{"hostname":"h"}]}}}
                """
            )
        )
        #expect(service.ports.map(\.target) == ["web", "5432"])
        #expect(service.balancers == ["1.2.3.4", "h"])
        let endpoints = Endpoints(
            try read(
                #"{"subsets":[{"addresses":[{"ip":"a"}],"notReadyAddresses":[{"ip":"b"}]},{"addresses":[{"ip":"c"}]}]}"#
            )
        )
        #expect(endpoints.ready == ["a", "c"])
        #expect(endpoints.notReady == ["b"])
        let claim = PersistentVolumeClaim(
            try read(
                """
                {"spec":{"resources":{"requests":{"storage":"5Gi"}},"storageClassName":"fast","volumeName":"v"},
                 "status":{"phase":"Bound","capacity":{"storage":"6Gi"}}}
                """
            )
        )
        #expect(claim.requested == "5Gi")
        #expect(claim.capacity == "6Gi")
        #expect(claim.phase == "Bound")
        #expect(ConfigMap(try read(#"{"data":{"a":"b"}}"#)).data == ["a": "b"])
        let event = ClusterEvent(
            try read(
                """
                {"type":"Warning","reason":"FailedScheduling","message":"0/1 nodes","count":4,
                 "lastTimestamp":"2026-11-27T21:01:34Z","involvedObject":{"kind":"Pod","name":"p","uid":"u"}}
                """
            )
        )
        #expect(event.times == 4)
        #expect(event.subjectUID == "u")
        #expect(event.lastTime?.text == "2026-11-27T21:01:34Z")
        let newer = ClusterEvent(try read(#"{"eventTime":"2026-11-27T21:01:34.5Z","lastTimestamp":null}"#))
        #expect(newer.lastTime?.microseconds == 1_795_813_294_500_000)
        #expect(newer.times == 1)
    }

    @Test func `a Secret gives its values only to whoever asks for one`() throws {
        var secret = ClusterSecret(
            try read(#"{"kind":"Secret","metadata":{"name":"db"},"type":"Opaque","data":{"password":"aHVudGVyMg=="}}"#)
        )
        #expect(secret.keys == ["password"])
        #expect(secret.value("password") == Array("hunter2".utf8))
        #expect(secret.value("other") == nil)
        secret.set("other", to: [1, 2])
        #expect(secret.value("other") == [1, 2])
        var printed = "\(secret) \(secret.json) \(PlainObject(secret.json))"
        dump(secret, to: &printed)
        dump(PlainObject(secret.json), to: &printed)
        #expect(!printed.contains("hunter2"))
        #expect(!printed.contains("aHVudGVyMg"))
    }
}

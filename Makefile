# Everything here installs what it needs (scripts/setup) and stops what it starts.
SHELL := /bin/bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pawl
# The build folder may live outside the tree, so that a fresh clone does not build the dependencies anew.
SCRATCH ?= .build
SWIFT_FLAGS := --scratch-path $(SCRATCH) --explicit-target-dependency-import-check error
BIN = $(abspath $(SCRATCH))/debug
# The tests themselves, as `swift test` runs them: that would wait for another one of itself. Fails where no test fits.
RUN_TESTS = NO_COLOR=1 $(BIN)/pawlPackageTests.xctest --testing-library swift-testing
# What needs a real cluster, in whatever target it is.
CLUSTER_TESTS := \.Real[A-Z]|Scenarios\.Cluster

.PHONY: demo demo-cluster test test-unit test-kills test-postgres test-scenarios run-scenarios test-cluster run-cluster-tests test-browser test-journey pictures seeds kill-matrix coverage mutants bench fuzz-api build release image setup lint format clean

demo: setup build
	PAWL=$(BIN)/pawl scripts/demo

demo-cluster: setup build
	PAWL=$(BIN)/pawl scripts/demo-cluster

test: setup lint test-unit test-kills test-postgres test-scenarios test-browser test-journey

setup:
	scripts/setup

build:
	swift build $(SWIFT_FLAGS) --product pawl

# One build for every tier.
tests-built: setup
	swift build $(SWIFT_FLAGS) --build-tests

# Fast: values, the machine, the journal, the leaves. Budget: 4 minutes. The searches of the model keep every core busy,
# so what waits for other processes is run after them; and what must be answered in time, by itself.
test-unit: tests-built
	$(RUN_TESTS) --filter 'UpgradeModelTests'
	$(RUN_TESTS) \
		--skip 'UpgradeModelTests|AdminConsoleTests|ConsoleProcessTests|KubernetesTests|OrchestratedTests' \
		--skip 'KillMatrixTests|PostgresTests|SingleVMTests|Scenarios|$(CLUSTER_TESTS)'
	$(RUN_TESTS) --filter 'ConsoleProcessTests|KubernetesTests' --skip '$(CLUSTER_TESTS)'
	$(RUN_TESTS) --filter 'OrchestratedTests' --skip '$(CLUSTER_TESTS)'
	$(RUN_TESTS) --filter 'AdminConsoleTests' --skip 'FloodTests'
	$(RUN_TESTS) --filter 'FloodTests'

# Real runners over a simulated world, killed from outside at every place of every effect. Budget: 4 minutes.
test-kills: tests-built
	$(RUN_TESTS) --filter 'KillMatrixTests'

# Real PostgreSQL, started by the tests. Budget: 6 minutes.
test-postgres: tests-built
	$(RUN_TESTS) --filter 'PostgresTests'

# Real Docker, whole upgrades, one at a time. Budget: 25 minutes.
test-scenarios: tests-built build
	scripts/with-docker $(MAKE) --no-print-directory run-scenarios

run-scenarios:
	$(RUN_TESTS) --filter 'SingleVMTests'
	PAWL=$(BIN)/pawl $(RUN_TESTS) --no-parallel --filter 'Scenarios' --skip '$(CLUSTER_TESTS)'

# A real Kubernetes cluster with real pods, both majors of Helm, whole upgrades, one at a time. The cluster is compiled once
# and kept (9 minutes).
test-cluster: tests-built build
	scripts/with-cluster $(MAKE) --no-print-directory run-cluster-tests

run-cluster-tests:
	PAWL=$(BIN)/pawl $(RUN_TESTS) --no-parallel --filter '$(CLUSTER_TESTS)'

# The Admin Console in Chromium, over a simulated installation. Budget: 4 minutes.
test-browser: setup
	swift build $(SWIFT_FLAGS) --product ConsoleStage
	STAGE=$(BIN)/ConsoleStage scripts/browser-tests

# The pictures of docs/guide, anew, from the same simulated installation.
pictures: setup
	swift build $(SWIFT_FLAGS) --product ConsoleStage
	STAGE=$(BIN)/ConsoleStage scripts/browser-tests --pictures

# The whole journey in Chromium: the console that pawl serves, real Docker and PostgreSQL. Budget: 4 minutes.
test-journey: setup build
	PAWL=$(BIN)/pawl scripts/with-docker scripts/browser-tests --journey

# Ten thousand seeds of simulated weather. Budget: 10 minutes.
seeds: tests-built
	PAWL_SEEDS=10000 $(RUN_TESTS) --filter 'StormTests'

# A fresh real upgrade for every point at which something can die, with an Engine of its own. Takes hours; choose points
# with POINTS="dump prove".
kill-matrix: tests-built build
	SCRATCH=$(abspath $(SCRATCH)) PAWL=$(BIN)/pawl scripts/kill-matrix --engine $(POINTS)

# Regions of the machine, the planner, the comparison and the archives that their tests do not go through: none.
coverage: setup
	scripts/coverage

# Small changes to the model and the archives that their tests must notice: SAMPLE of them, 0 for all.
mutants: setup
	scripts/mutate --sample $(or $(SAMPLE),40)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	scripts/check-imports
	scripts/check-templates
	scripts/check-libraries

format:
	swift format format --in-place --recursive --parallel Package.swift Sources Tests

# With Swift's own libraries in it: it runs where no Swift is installed, and starts faster.
release: setup
	swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product pawl
	scripts/check-libraries --release

# The container image, in the Engine at DOCKER_HOST; see packaging/image.
image: release
	scripts/image --pawl $(abspath $(SCRATCH))/release/pawl

# Everything that the served API is documented to take, and more. Needs the network once. Budget: 4 minutes.
fuzz-api: build
	swift build $(SWIFT_FLAGS) --product ConsoleStage
	scripts/fuzz-api --pawl $(BIN)/pawl --stage $(BIN)/ConsoleStage

# Every figure of docs/performance.md; or a part of them: PARTS="--single-vm", PARTS="--cluster overhead".
bench: setup release
	PAWL=$(abspath $(SCRATCH))/release/pawl scripts/bench $(PARTS)

clean:
	rm -rf $(SCRATCH)

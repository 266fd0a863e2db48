# Everything here installs what it needs (scripts/setup) and stops what it starts.
SHELL := /bin/bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pawl
# The build folder may live outside the tree, so that a fresh clone does not build the dependencies anew.
SCRATCH ?= .build
SWIFT_FLAGS := --scratch-path $(SCRATCH) --explicit-target-dependency-import-check error
BIN = $(abspath $(SCRATCH))/debug

.PHONY: demo test test-unit test-kills test-postgres test-scenarios test-browser test-journey pictures seeds kill-matrix coverage mutants bench fuzz-api build release setup lint format clean

demo: setup build
	PAWL=$(BIN)/pawl scripts/demo

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
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'UpgradeModelTests'
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build \
		--skip 'UpgradeModelTests|AdminConsoleTests|ConsoleProcessTests|KubernetesTests' \
		--skip 'KillMatrixTests|PostgresTests|SingleVMTests|Scenarios'
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'ConsoleProcessTests|KubernetesTests'
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'AdminConsoleTests' --skip 'FloodTests'
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'FloodTests'

# Real runners over a simulated world, killed from outside at every place of every effect. Budget: 4 minutes.
test-kills: tests-built
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'KillMatrixTests'

# Real PostgreSQL, started by the tests. Budget: 6 minutes.
test-postgres: tests-built
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'PostgresTests'

# Real Docker, whole upgrades, one at a time. Budget: 25 minutes.
test-scenarios: tests-built build
	scripts/with-docker $(MAKE) --no-print-directory run-scenarios

run-scenarios:
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'SingleVMTests'
	PAWL=$(BIN)/pawl swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --no-parallel --filter 'Scenarios'

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
	PAWL_SEEDS=10000 swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --filter 'StormTests'

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

# Everything that the served API is documented to take, and more. Needs the network once. Budget: 4 minutes.
fuzz-api: build
	swift build $(SWIFT_FLAGS) --product ConsoleStage
	scripts/fuzz-api --pawl $(BIN)/pawl --stage $(BIN)/ConsoleStage

bench: setup release
	PAWL=$(abspath $(SCRATCH))/release/pawl scripts/bench

clean:
	rm -rf $(SCRATCH)

# Set-up and checks. What a target does beyond a line or two lives in the tool (`rekindle --help`) or in a small script.

PYTHON ?= python3.11
VENV ?= .venv
STATE ?= .rekindle
RUNTIME ?= requirements/runtime.txt
JAVAC ?= $(if $(JAVA_HOME),$(JAVA_HOME)/bin/)javac
ARGS ?=

BIN := $(VENV)/bin
JARS := $(STATE)/jars
UDFS := $(JARS)/flink/rekindle-flink-udfs.jar
TOOL := $(BIN)/rekindle $(if $(filter-out .rekindle,$(STATE)),--state-dir $(STATE))
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# In this order, so that what is cheap and telling fails first.
TESTS := $(foreach kind,unit policy triggers flink integration packaging,$(wildcard tests/$(kind)))
# Files go to the workers in that order, each with all its tests to one: what a module shares is made once. Much of a run waits, for a broker
# to start or a window to end, and one JVM seldom fills two cores. WORKERS=0: one after another in one process.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# Where tests and the tool look for jars, and for what runs.
export REKINDLE_STATE := $(abspath $(STATE))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup prerequisites udfs demo up down status lint format test test-slow test-unit test-flink test-integration test-faults test-gate-long \
	test-packaging test-flink23 bench dist lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---- set-up -------------------------------------------------------------------------------------------------------

setup: prerequisites $(VENV)/.installed $(JARS)/.fetched udfs ## Python environment, jars, Java functions; does only what is not done yet
	@$(if $(filter setup,$(MAKECMDGOALS)),echo 'setup: ready. Next: make demo' >&2)

prerequisites:
	@PYTHON='$(PYTHON)' JAVAC='$(JAVAC)' tools/check_prerequisites.sh

# --no-build-isolation: crcmod and three others exist as source only; they are built with what build.txt locks, and nothing else.
$(VENV)/.locked: requirements/build.txt $(RUNTIME) requirements/dev.txt | prerequisites
	@echo 'setup: Python packages into $(VENV) (some minutes the first time)' >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/build.txt
	@$(PIP) install --require-hashes --no-build-isolation -r $(RUNTIME) -r requirements/dev.txt
	@touch $@

# compat: one line in a .pth file that names this folder, so that `rekindle bench` finds bench/, which no wheel holds.
$(VENV)/.installed: $(VENV)/.locked setup.py pyproject.toml requirements/runtime.in
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@touch $@

$(JARS)/.fetched: connectors/pom.xml connectors/jars.sha256 connectors/fetch_jars.sh | prerequisites
	@echo 'setup: jars of Kafka and the Kafka connector into $(JARS)' >&2
	@connectors/fetch_jars.sh $(JARS)
	@touch $@

# Asked every time: it compares digests of the sources, which tells more than the age of files.
udfs: $(VENV)/.locked $(JARS)/.fetched
	@$(BIN)/python udfs/java/build.py --javac '$(JAVAC)' --connectors $(JARS)/flink --out $(UDFS)

# ---- running ------------------------------------------------------------------------------------------------------

demo: setup ## everything on this machine, shop sessions in, triggers out at a fake ESP; ARGS='--once --json'
	@$(TOOL) demo $(ARGS)

up: setup ## start Kafka, Flink and the fake ESP
	@$(TOOL) up $(ARGS)

down: ## stop what `up` started
	@$(TOOL) down $(ARGS)

status: ## what runs, and where
	@$(TOOL) status $(ARGS)

bench: setup ## our jobs against the hand-written loop; ARGS='ingest' or 'latency'
	@$(TOOL) bench $(ARGS)

# ---- checks -------------------------------------------------------------------------------------------------------

lint: setup ## ruff, mypy, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup ## let ruff put the sources in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# One pytest run at the very end: its closing line is the verdict.
test: lint ## lint, then every test but the slow ones and the faults
	@$(PYTEST) -m 'not slow' $(TESTS) $(ARGS)

# Before a release. DEVICES: of the shop day; BATCHES, RUNS: see test-gate-long.
test-slow: setup ## what `make test` leaves out: the slow ones, a longer shop day, more random histories
	@SHOP_DAY_DEVICES=$(or $(DEVICES),10000) REPLAYS="1 2 4" BATCHES=$(or $(BATCHES),100) RUNS=$(or $(RUNS),4) \
		$(PYTEST) -m 'slow or scaled' $(TESTS) $(ARGS)

test-unit: setup ## no JVM, seconds
	@$(PYTEST) tests/unit tests/policy $(wildcard tests/triggers) $(ARGS)

test-flink: setup ## SQL on a mini cluster
	@$(PYTEST) -m 'not slow' tests/flink $(ARGS)

test-integration: setup ## through real Kafka and a real cluster
	@$(PYTEST) -m 'not slow' tests/integration $(ARGS)

test-faults: setup ## kills brokers and TaskManagers; slow
	@$(BIN)/python -m pytest tests/faults $(ARGS)

# BATCHES of HISTORIES through the machine alone, RUNS of HISTORIES_A_RUN through SQL and Java as well; the seeds are in the tests' names.
test-gate-long: setup ## 100,000 random histories of the gate against its oracle; SEED=n runs the seed that failed alone
	@SEED=$(or $(SEED),0) BATCHES=$(or $(BATCHES),$(if $(SEED),1,2000)) HISTORIES=$(or $(HISTORIES),50) \
		RUNS=$(or $(RUNS),$(if $(SEED),1,20)) HISTORIES_A_RUN=$(or $(HISTORIES_A_RUN),1000) \
		$(BIN)/python -m pytest tests/unit/test_gate_histories.py tests/flink/test_gate_oracle.py -v $(ARGS)

test-packaging: setup ## what the wheel and the suite zip hold
	@$(BIN)/python -m pytest tests/packaging $(ARGS)

test-flink23: ## the same tests on Flink 2.3.0, in an environment of its own
	@$(MAKE) --no-print-directory test VENV=.venv-flink23 STATE=.rekindle-flink23 RUNTIME=requirements/flink23.txt

# ---- releasing ----------------------------------------------------------------------------------------------------

dist: setup ## dist/suite.zip, dist/jars/*.jar, dist/*.whl
	@$(BIN)/python tools/build_dist.py --jars $(JARS)/flink --out dist

lock: ## requirements/*.txt anew from requirements/*.in; ARGS='--upgrade'
	@PYTHON='$(PYTHON)' tools/lock.sh $(ARGS)

clean: ## stop what runs here and delete everything that set-up and tests made
	@if [ -x $(BIN)/rekindle ]; then $(TOOL) down || true; fi
	@rm -rf .venv .venv-* .rekindle .rekindle-* build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The commands of the checkout. Each sets up what it needs in .venv by itself; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# An interpreter to build .venv with, where the first Python >= 3.11 on PATH is not the one to take.
export PYTHON
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_HOME := $(CURDIR)/.ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
# Where Python may not keep what it compiles, each of the thousand processes of the tests compiles it all again.
unexport PYTHONDONTWRITEBYTECODE
export MOLECULE_GLOB := molecule/*/molecule.yml

BOOTSTRAP = $(or $(PYTHON),$(firstword $(shell PATH="$(subst $(CURDIR)/.venv/bin:,,$(PATH))" command -v python3 python)))
PYTEST := .venv/bin/python -m pytest -p tests.rerun_limit -p tests.left_out

.PHONY: help
help: ## Lists the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: environment
environment:
	@test -n "$(BOOTSTRAP)" || { echo "error: no Python found: install Python 3.11 or newer"; exit 1; }
	@$(BOOTSTRAP) tests/environment.py

# What cannot be had is a failure on CI, and elsewhere the tests that need it say so.
.PHONY: releases
releases: environment
	@.venv/bin/python -m tests.testbed releases --fetch --brief || [ -z "$$CI" ]

.PHONY: demo
demo: environment ## A real cluster grows, loses a member, is mended and shrinks, while a writer keeps writing
	@.venv/bin/python -m tests.demo

.PHONY: test
test: environment ## Everything that CI runs
	@.venv/bin/python -m tests.run_all test

.PHONY: unit
unit: environment ## Tests of the collection's parts, no cluster needed [ARGS="-k name"] [COVERAGE=1]
	@$(PYTEST) tests/unit -q -n $(shell expr 3 \* $$(nproc) / 2) --dist worksteal $(if $(COVERAGE),--cov --cov-report=) $(ARGS)
	@if [ "$(COVERAGE)" = 1 ]; then .venv/bin/coverage report; fi
	@if [ -n "$(COVERAGE)" ]; then .venv/bin/coverage report --include='*/_membership/*' --fail-under=100; fi

.PHONY: images
images: environment ## Container images for the tests, where there is a Docker engine
	@.venv/bin/python -m tests.testbed.images build --if-engine

.PHONY: molecule
molecule: environment releases images ## Scenarios on hosts in containers [SCENARIO=name]
	@.venv/bin/python -m tests.scenarios $(SCENARIO)

.PHONY: kills
kills: environment releases images ## A roll killed between any two tasks that may change something [HOP=3.6.16-3.7.3]
	@QUORUM_ETCD_HOPS=$(or $(HOP),3.6.16-3.7.3) .venv/bin/python -m tests.scenarios role_killed

.PHONY: integration
integration: environment releases images ## Modules and playbooks against real clusters [ARGS="-k name"]
	@.venv/bin/python -m tests.phases $(ARGS)

.PHONY: compatibility
compatibility: environment releases images ## All that is about etcd on one release; writes docs/compatibility.md [RELEASE=3.6.16 PART=integration]
	@.venv/bin/python -m tests.compatibility "$(RELEASE)" $(PART)

.PHONY: quick
quick: environment releases ## The fast gates, all unit tests, and each promise once on the newest etcd: two minutes
	@.venv/bin/python -m tests.run_all quick

.PHONY: bare
bare: environment ## Demo and quick tests on a machine that has git, make and Python alone
	@.venv/bin/python -m tests.bare_machine

.PHONY: matrix
matrix: environment ## Unit tests on each supported pair of ansible-core and Python that is here [PAIR=2.19-3.11]
	@.venv/bin/python -m tests.matrix $(PAIR)

.PHONY: lint
lint: environment ## ansible-test sanity, ansible-lint, antsibull-docs, ruff, mypy, build, install, site [GATE=name]
	@.venv/bin/python -m tests.lint $(GATE)

.PHONY: bench
bench: environment releases ## Ratios measured side by side: tasks, test bed, write availability [ARGS=tasks]
	@.venv/bin/python -m tests.benchmarks $(ARGS)

.PHONY: format
format: environment ## Lays out the Python code the way that lint accepts
	@.venv/bin/ruff check --quiet --fix-only --select I .
	@.venv/bin/ruff format .

.PHONY: changelog
changelog: environment ## Writes CHANGELOG.md and .rst from changelogs/fragments and the modules that are there
	@.venv/bin/antsibull-changelog release --update-existing --refresh --reload-plugins

.PHONY: docs
docs: environment ## Builds the HTML documentation into build/docs
	@.venv/bin/python -m tests.lint.site

# EvoSense. `make help` lists the targets; each of them needs only Python 3.11–3.13 with venv, and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
ONLY ?=
PYTEST := $(BIN)/pytest
WORKERS ?= 2

.PHONY: help setup demo up dashboard dashboard-check client screenshots test lint types format lock schema bench faults peers fuzz security-report audit e2e notebooks clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## Install everything into .venv (uv and Node included); leaves .venv/bin/evosense

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(0 if ok else "EvoSense needs Python 3.11, 3.12 or 3.13, this is " + sys.version.split()[0] + "; name another one: make setup PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python's venv module is missing; install it (Debian: apt-get install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -oE '^uv==[^ ]+' requirements.lock)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## Start everything with two demo tenants and a stand-in Evolution server
	@$(BIN)/python -m serving.dashboard_build --if-possible
	@$(BIN)/evosense demo

up: setup ## Start everything for real connections (settings from .env)
	@$(BIN)/python -m serving.dashboard_build --if-possible
	@$(BIN)/evosense up

dashboard: setup ## Build the web application into serving/dashboard/dist
	@$(BIN)/python -m serving.dashboard_build

client: dashboard ## Write the dashboard's API client again from the API's OpenAPI document
	@$(BIN)/python -m serving.openapi > serving/dashboard/openapi.json
	@cd serving/dashboard && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent client

dashboard-check: dashboard ## Types, lint, client drift and component tests of the dashboard
	@$(BIN)/python -m serving.openapi | cmp - serving/dashboard/openapi.json || { echo "the API changed: make client"; exit 1; }
	@cd serving/dashboard && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm run --silent types && npm run --silent lint \
		&& npm run --silent client:check && npm run --silent test

screenshots: dashboard ## Pictures of every page into docs/screenshots
	@$(BIN)/python -m tests.screenshots

test: setup ## Run the tests (a quarter of an hour on two cores)
	@$(PYTEST) -n $(WORKERS) --dist loadgroup -m "not browser" tests
	@$(PYTEST) -m browser tests/e2e # apart: the browser's driver and asyncio tests can't share a process

lint: setup ## Check style, import directions, SQL, compose file
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/sqlfluff lint --processes 2 evosense serving ingestion orchestration
	@cd dbt && ../$(BIN)/sqlfluff lint --processes 2 models tests
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

types: setup ## Check types, strictly
	@$(BIN)/basedpyright

format: setup ## Format Python and SQL
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --quiet --processes 2 evosense serving ingestion orchestration
	@cd dbt && ../$(BIN)/sqlfluff fix --quiet --processes 2 models tests

lock: setup ## Resolve pyproject.toml into requirements.lock again
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --all-extras --group dev pyproject.toml -o requirements.lock

schema: setup ## Write docs/database.md from the migrations
	@$(BIN)/evosense schema > docs/database.md

bench: setup ## Measure; one subject with ONLY=ingest; writes .evosense/bench.json
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY))

faults: setup ## Kill things under load and count what is lost; writes .evosense/faults.json
	@EVOSENSE_PROFILE=full $(PYTEST) -p no:cacheprovider -m faults tests/faults

peers: setup ## Ask real AI servers (llama.cpp, n8n), built once into .evosense/peers (20 minutes, 2 GB)
	@EVOSENSE_PEERS=$${EVOSENSE_PEERS:-.evosense/peers} $(PYTEST) -p no:cacheprovider -m peers tests/peers $(if $(ONLY),-k $(ONLY))

fuzz: setup ## Feed it what nobody would send
	@EVOSENSE_PROFILE=full $(PYTEST) -p no:cacheprovider -m fuzz tests/fuzz

security-report: setup ## Who may do what: every endpoint, role and company, as the running API answers
	@$(PYTEST) -q -s -p no:cacheprovider tests/integration/serving/test_security_report.py

audit: setup ## Look the pinned packages up in the advisory databases
	@$(BIN)/python -m tests.dependency_audit

e2e: setup ## End-to-end tests in a real browser
	@$(PYTEST) -m browser tests/e2e

notebooks: setup ## Open the notebooks
	@$(BIN)/jupyter lab notebooks

clean: ## Remove what setup, tests and the demo left (the demo's data too)
	@rm -rf .venv .evosense .pytest_cache .ruff_cache dbt/target dbt/logs serving/dashboard/dist serving/dashboard/node_modules

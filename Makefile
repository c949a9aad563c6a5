# Each target does its own set-up: python3 (3.11 or newer, with venv), make and git are all it takes. What is installed
# is what locks/ says, to the byte; `make test-newest` alone takes what is newest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Stamps: what was installed, from which pyproject.toml and lock. Touch a lock to install again.
USER_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
# Hashes fix the wheels; a package without one would be built by tools that no lock holds.
LOCKED := $(PIP) --require-hashes --only-binary :all:
# This tree: what it needs is installed before, its build backend (hatchling) too.
THIS := $(PIP) --no-deps --no-build-isolation -e .
PYTEST := $(BIN)/pytest -n auto --dist worksteal

.PHONY: help
help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(USER_STAMP) ## see it work: an application before, the findings, the diff, the fix (under a minute)
	@sh scripts/demo.sh $(BIN)/schema-rewrite

.PHONY: quick
quick: $(DEV_STAMP) ## while you work: lint, types, import floors, the cases in one spelling; no server (under a minute)
	@$(MAKE) --no-print-directory -j2 lint cases

.PHONY: test
test: $(DEV_STAMP) lint ## format, lint, types, import floors, all tests but the slow ones (under 8 minutes)
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

.PHONY: test-all
test-all: docs test-slow test-oldest test-compiled test-servers test-thorough ## what takes longer, beside `make test`: other versions, servers, more examples

.PHONY: lint
lint: $(DEV_STAMP) ## only format, lint, types, import floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: cases
cases: $(DEV_STAMP) ## only the cases, those of SQL as .sql files
	$(PYTEST) -q --spelling sql tests/cases/test_cases.py $(PYTEST_ARGS)

.PHONY: test-slow
test-slow: $(DEV_STAMP) ## the tests that install packages or run other tools at length
	$(PYTEST) -m slow $(PYTEST_ARGS)

.PHONY: docs
docs: ## the site of docs/, into build/site; a warning (a dead link) is an error
	@test -x $(VENV)/docs/bin/python || $(PYTHON) -m venv $(VENV)/docs
	@$(VENV)/docs/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r locks/docs.txt
	$(VENV)/docs/bin/zensical build --strict --clean

.PHONY: test-oldest
test-oldest: ## the cases with the oldest libraries that pyproject.toml admits
	@$(MAKE) --no-print-directory VENV=$(VENV)/oldest setup
	@$(VENV)/oldest/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r locks/oldest.txt
	$(VENV)/oldest/bin/pytest -n auto --dist worksteal --spelling in-turn tests/cases/test_cases.py $(PYTEST_ARGS)

.PHONY: test-compiled
test-compiled: ## the cases with sqlglot in its compiled form (extra "fast"): it must not change a thing
	@$(MAKE) --no-print-directory VENV=$(VENV)/compiled setup
	@$(VENV)/compiled/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r locks/compiled.txt
	$(VENV)/compiled/bin/pytest -n auto --dist worksteal --spelling in-turn tests/cases/test_cases.py $(PYTEST_ARGS)

.PHONY: test-servers
test-servers: $(DEV_STAMP) ## the tests that need PostgreSQL, on every kind of server there is
	$(BIN)/python tests/helpers/server.py | while read -r kind; do \
		echo "PostgreSQL: $$kind"; \
		SCHEMA_REWRITE_TEST_SERVER=$$kind $(PYTEST) -q -m postgres $(PYTEST_ARGS) </dev/null || exit 1; \
	done

.PHONY: test-thorough
test-thorough: $(DEV_STAMP) ## the laws with many more examples, generated and found
	HYPOTHESIS_PROFILE=thorough $(PYTEST) -q -m "hypothesis or thorough" $(PYTEST_ARGS)

.PHONY: test-newest
test-newest: ## all tests with the newest of everything, other examples each time; sweeps all that is installed
	@$(MAKE) --no-print-directory VENV=$(VENV)/newest $(VENV)/newest/bin/python
	@$(VENV)/newest/bin/python -m pip install -qq --upgrade --upgrade-strategy eager pip
	@$(VENV)/newest/bin/python -m pip install -qq --upgrade --upgrade-strategy eager --group build --group dev -e .
	$(VENV)/newest/bin/python -m pip list --disable-pip-version-check
	SCHEMA_REWRITE_ALL=1 HYPOTHESIS_PROFILE=random $(VENV)/newest/bin/pytest -n auto --dist worksteal $(PYTEST_ARGS)

.PHONY: bench
bench: $(DEV_STAMP) ## the benchmarks, ratios in one run (benchmarks/README.md)
	$(BIN)/python -m benchmarks

.PHONY: bench-quick
bench-quick: $(DEV_STAMP) ## all benchmarks, small (under 2 minutes): fails where one can't run, tells what is missed
	$(BIN)/python -m benchmarks --quick

.PHONY: update
update: $(DEV_STAMP) ## write what the rewriter makes into the fixtures; read `git diff` afterwards
	-$(BIN)/pytest -q tests/cases/test_cases.py --update
	git diff --stat -- fixtures

.PHONY: setup
setup: $(DEV_STAMP) ## only make .venv with all tools

# uv alone resolves for every Python and system at once; nobody else needs it.
.PHONY: lock
lock: ## make locks/ fit pyproject.toml; LOCK_ARGS=--upgrade takes what is newest
	@test -x $(VENV)/lock/bin/python || $(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install -qq --disable-pip-version-check --upgrade uv
	$(COMPILE) locks/dev.txt --group dev pyproject.toml $(LOCK_ARGS)
	$(COMPILE) locks/user.txt pyproject.toml --constraint locks/dev.txt $(LOCK_ARGS)
	$(COMPILE) locks/compiled.txt pyproject.toml --constraint locks/dev.txt --extra fast $(LOCK_ARGS)
	$(COMPILE) locks/oldest.txt pyproject.toml --resolution lowest-direct $(LOCK_ARGS)
	$(COMPILE_ONLY) --group docs --output-file locks/docs.txt $(LOCK_ARGS)
COMPILE_ONLY := $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--only-binary :all: --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
COMPILE := $(COMPILE_ONLY) --group build --output-file

.PHONY: clean
clean: ## remove .venv and everything that can be made again
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "schema-rewrite needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# The tools bring the user's part along, so a .venv for development serves the demo too.
$(USER_STAMP): pyproject.toml locks/user.txt | $(BIN)/python
	@echo "installing schema-rewrite into $(VENV)"
	@$(LOCKED) -r locks/user.txt
	@$(THIS)
	@touch $@

$(DEV_STAMP): pyproject.toml locks/dev.txt | $(BIN)/python
	@echo "installing schema-rewrite and the tools to develop it into $(VENV)"
	@$(LOCKED) -r locks/dev.txt
	@$(THIS)
	@touch $(USER_STAMP) $@

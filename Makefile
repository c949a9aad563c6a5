# Each target does its own set-up: python3 (3.11 or newer, with venv), make and git are all it takes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Stamps: what was installed, from which pyproject.toml. Touch pyproject.toml to install again.
USER_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help
help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(USER_STAMP) ## see it work: an application before, the findings, the diff, the fix (under a minute)
	@sh scripts/demo.sh $(BIN)/schema-rewrite

.PHONY: test
test: $(DEV_STAMP) ## everything that CI checks: format, lint, types, import floors, all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist worksteal $(PYTEST_ARGS)

.PHONY: test-compiled
test-compiled: ## the fixtures once more, with sqlglot in its compiled form (extra "fast")
	@$(MAKE) --no-print-directory VENV=$(VENV)/compiled setup
	@$(VENV)/compiled/bin/python -m pip install -qq --disable-pip-version-check -e '.[fast]'
	$(VENV)/compiled/bin/pytest -n auto --dist worksteal tests/test_cases.py $(PYTEST_ARGS)

.PHONY: bench
bench: $(DEV_STAMP) ## the benchmarks, ratios in one run (benchmarks/README.md)
	$(BIN)/python -m benchmarks

.PHONY: update
update: $(DEV_STAMP) ## write what the rewriter makes into the fixtures; read `git diff` afterwards
	-$(BIN)/pytest -q tests/test_cases.py --update
	git diff --stat -- fixtures

.PHONY: setup
setup: $(DEV_STAMP) ## only make .venv with all tools

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
$(USER_STAMP): pyproject.toml | $(BIN)/python
	@echo "installing schema-rewrite into $(VENV)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e .
	@touch $@

$(DEV_STAMP): pyproject.toml | $(BIN)/python
	@echo "installing schema-rewrite and the tools to develop it into $(VENV)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[dev]'
	@touch $(USER_STAMP) $@

# Everything that is done here, from a fresh clone on: only Python 3.11 or newer and make have to be there.
# Another interpreter: make test PYTHON=python3.13

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check -qq install -c constraints.txt
# The environment is made again for another interpreter, and brought up to date after a change of its files.
READY := .venv/ready-$(shell $(PYTHON) -c 'import platform as p; print(p.python_implementation(), p.python_version(), sep="-")')
# What `make cluster` counts.
ROWS ?= 10000000
export NO_MKDOCS_2_WARNING := 1

.PHONY: help venv test demo check bench cluster torture coverage docs clean

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

venv: $(READY)  ## set up .venv; the other targets do it by themselves

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@echo "Setting up .venv with $$($(PYTHON) --version), a minute or two the first time ..."
	@test -e $@ || rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PIP) pip
	@$(PIP) --group dev
	@$(PIP) --no-build-isolation -e '.[testing]'
	@touch $@

test: $(READY)  ## run the tests, the README and the pages of the docs
	$(BIN)/pytest

demo: $(READY)  ## see it work
	$(BIN)/servicecrm demo

check: $(READY)  ## lint, types, layers, docs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright --verifytypes servicecrm --ignoreexternal
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --strict --quiet

bench: $(READY)  ## measure, beside comparable libraries
	$(BIN)/python -m benchmarks

cluster: $(READY)  ## count on a Spark cluster that loses a worker; needs Java 17, and fetches 450 MB once
	$(PIP) pyspark
	$(BIN)/python -m benchmarks.cluster $(ROWS)

torture: $(READY)  ## the long forms of the tests
	$(BIN)/pytest tests --torture

coverage: $(READY)  ## which lines and branches the tests reach
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

docs: $(READY)  ## show the docs while you write
	$(BIN)/mkdocs serve

clean:  ## remove all that is made
	rm -rf .venv site dist .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

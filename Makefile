# Both commands of the README set up what they need: a virtual environment in $(VENV).

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= test
WORKERS ?= 2
TARGET ?= .

# Set up again after the dependencies have changed.
installed := $(VENV)/.conclint-installed

.PHONY: lint test check docs site install clean

## lint TARGET=path: look for concurrency mistakes in a file or folder
lint: $(installed)
	@"$(VENV)/bin/conclint" "$(TARGET)"

## test: run all tests
test: $(installed)
	@"$(VENV)/bin/python" -m pytest -n "$(WORKERS)"

## check: everything that decides whether a change lands, the tests included
check:
	@.ci/run

## docs: write the pages of the rules anew
docs: $(installed)
	@"$(VENV)/bin/python" docs/generate.py

## site: build the documentation into site/
site: docs
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@NO_MKDOCS_2_WARNING=1 "$(VENV)/bin/mkdocs" build --strict

install: $(installed)

$(installed): pyproject.toml
	@"$(PYTHON)" -m venv "$(VENV)"
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch "$@"

clean:
	rm -rf "$(VENV)" build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

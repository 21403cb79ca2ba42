# `make up` and `make test` are the two commands to know; everything here works in a fresh clone.
# A step is done when its stamp in .venv/stamps is newer than what it was made from.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/stamps
SHARE  := $(VENV)/share/jupyter-lims
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tests see the installed package: no command may put the checkout first on its path.
TESTING := LIMS_INSTALLED=1 PYTHONSAFEPATH=1

# Files only, so that a cache beside them does not look like a change.
files = $(shell find $(1) -type f -not -path '*/__pycache__/*' -not -path '*/static/*' -not -path '*/node_modules/*' \
          -not -path '*/.yarn/*' -not -path '*/.ipynb_checkpoints/*' 2>/dev/null)
PACKAGE   := pyproject.toml README.md LICENSE $(call files,lims notebooks dashboards hub_config)
EXTENSION := $(filter-out lab_extension/lib/% lab_extension/labextension/% lab_extension/widget/%,$(call files,lab_extension))

# How long each part took, under its name.
took = echo "-- $(1): $$SECONDS s"

.PHONY: up install test test-long lint unit end-to-end bench docs formats screenshots lock clean

up: install
	@$(BIN)/lims up $(ARGS)

install: $(STAMPS)/package $(STAMPS)/proxy

# --- the steps of an installation -------------------------------------------------------------------------------

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)) and "jupyter-lims needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12")'
	@echo "-- making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements.lock | $(STAMPS)/venv
	@echo "-- installing what jupyter-lims needs (about 1 GB, a few minutes the first time)"
	@$(PIP) install --require-hashes --no-deps -r requirements.lock; $(call took,runtime)
	@touch $@

$(STAMPS)/dev: requirements-dev.lock | $(STAMPS)/runtime
	@echo "-- installing what the tests need"
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock; $(call took,dev)
	@touch $@

$(STAMPS)/proxy: hub_config/proxy/package.json hub_config/proxy/package-lock.json | $(STAMPS)/runtime
	@mkdir -p $(SHARE)/proxy && cp $^ $(SHARE)/proxy/
	@npm ci --prefix $(SHARE)/proxy --no-audit --no-fund --no-update-notifier --silent; $(call took,proxy)
	@touch $@

$(STAMPS)/node_modules: lab_extension/package.json lab_extension/yarn.lock | $(STAMPS)/runtime
	@echo "-- installing what the JupyterLab extension is built with"
	@(cd lab_extension && jlpm install --immutable) > $@.log 2>&1 || { cat $@.log; exit 1; }; $(call took,node_modules)
	@touch $@

$(STAMPS)/extension: $(EXTENSION) $(STAMPS)/node_modules
	@(cd lab_extension && jlpm build) > $@.log 2>&1 || { cat $@.log; exit 1; }; $(call took,extension)
	@touch $@

$(STAMPS)/package: $(PACKAGE) $(STAMPS)/extension | $(STAMPS)/runtime
	@rm -rf build/wheel
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir build/wheel .
	@$(PIP) install --no-deps --no-index --force-reinstall build/wheel/*.whl; $(call took,package)
	@touch $@

$(STAMPS)/browser: | $(STAMPS)/dev
	@.ci/install-browser; $(call took,browser)
	@touch $@

$(STAMPS)/strace: | $(STAMPS)/venv
	@.ci/install-strace; $(call took,strace)
	@if command -v strace >/dev/null; then touch $@; fi

# roc-validator, which judges our RO-Crates, wants an older rich than we do.
$(STAMPS)/validator: requirements-validator.lock | $(STAMPS)/venv
	@$(PYTHON) -m venv --clear $(VENV)/validator
	@$(VENV)/validator/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps -r $<; \
	  $(call took,validator)
	@touch $@

TOOLS := $(STAMPS)/browser $(STAMPS)/strace $(STAMPS)/validator

# --- the gate ---------------------------------------------------------------------------------------------------

test: lint unit end-to-end

lint: $(STAMPS)/dev $(STAMPS)/node_modules
	@failed=; \
	$(BIN)/ruff check . || failed+=" ruff"; \
	$(BIN)/mypy || failed+=" mypy"; \
	$(BIN)/lint-imports || failed+=" lint-imports"; \
	(cd lab_extension && jlpm lint) || failed+=" jlpm-lint"; \
	$(call took,lint); [ -z "$$failed" ] || { echo "lint failed:$$failed"; exit 1; }

unit: install $(TOOLS)
	@cd lab_extension && jlpm test
	@$(TESTING) $(BIN)/pytest tests --ignore=tests/end_to_end --ignore=tests/benchmarks -m 'not long' -n 2 --dist loadfile --durations=25 --durations-min=5; $(call took,unit)

end-to-end: install $(STAMPS)/browser
	@$(TESTING) $(BIN)/pytest tests/end_to_end -m 'not long'; $(call took,end-to-end)

test-long: install $(TOOLS)
	@$(TESTING) $(BIN)/pytest tests -m long

# make bench, make bench NAME=search SIZE=100000
bench: install $(STAMPS)/browser
	@$(BIN)/python tests/benchmarks/run.py $(NAME) $(if $(SIZE),--size $(SIZE))

docs: $(STAMPS)/dev
	@$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

# docs/reference/formats.md, by reading the sample data
formats: install
	@$(TESTING) $(BIN)/python tests/formats_page.py "$${LIMS_SAMPLE_DATA:-../shared/data}" docs/reference/formats.md

screenshots: install $(STAMPS)/browser
	@$(BIN)/python tests/end_to_end/screenshots.py docs/pictures

# --- once in a while --------------------------------------------------------------------------------------------

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate
VALIDATOR := roc-validator>=0.13,<0.14

lock: | $(STAMPS)/venv
	@$(PIP) install uv
	@$(COMPILE) pyproject.toml --group build $(ARGS) -o requirements.lock
	@$(COMPILE) pyproject.toml --group dev --constraints requirements.lock $(ARGS) -o requirements-dev.lock
	@echo "$(VALIDATOR)" | $(COMPILE) - $(ARGS) -o requirements-validator.lock

clean:
	@rm -rf $(VENV) build dist docs/_build lab_extension/node_modules lab_extension/lib lab_extension/labextension \
	  lims/jupyter/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# The two commands of the README (`make demo`, `make test`) and the rest.
# Everything is installed into .venv from PyPI and crates.io; nothing needs root.
# A step prints one line; its output lies in target/logs/ and is shown when it fails.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL:

PYTHON ?= python3
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
PY := $(BIN)/python
LOGS := target/logs
TRIAL := $(CURDIR)/target/trial

# One interpreter and one target directory for every build: nothing is compiled twice.
export PYO3_PYTHON := $(PY)
export CARGO_TARGET_DIR := $(CURDIR)/target
export VIRTUAL_ENV := $(VENV)
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export CARGO_TERM_COLOR := never
unexport PYTHONPATH PYTHONHOME
# CI tries the same cases each time; laptops look further.
ifdef CI
export PROPTEST_RNG_SEED := 7
endif

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)
# Distributions of their own: ours, and those that the examples are.
ADAPTERS := $(patsubst %/pyproject.toml,%,$(wildcard adapters/*/pyproject.toml examples/*/pyproject.toml))
PYTHON_SOURCES := python $(wildcard adapters examples benches tests conftest.py)

# $(call step,name,words,command): one line; the output only when it fails.
define step
@mkdir -p $(LOGS); printf '%-38s' '$(strip $(2)) ...'; began=$$SECONDS; \
if { $(3); } </dev/null >$(LOGS)/$(strip $(1)).log 2>&1; \
then printf 'ok %4ss\n' $$((SECONDS - began)); \
else printf 'FAILED\n'; cat $(LOGS)/$(strip $(1)).log; echo 'failed: $(strip $(2))'; exit 1; fi
endef

.PHONY: help
help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

# -- What the rest stands on ------------------------------------------------------------

$(VENV)/.venv-stamp:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust, e.g. with rustup' >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo '$(PYTHON) is missing: give one with PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(PYTHON) is older than 3.11: give another with PYTHON=...' >&2; exit 1; }
	$(call step,venv,virtual environment, \
	  $(PYTHON) -m venv --clear $(VENV) || { \
	    echo 'without ensurepip (python3-venv): with the pip of $(PYTHON)'; \
	    $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(PY) install pip; })
	$(call step,pip,pip that knows dependency groups,$(PY) -m pip install --upgrade 'pip>=25.1')
	@touch $@

$(VENV)/.build-stamp: $(VENV)/.venv-stamp pyproject.toml
	$(call step,build-tools,build tools,$(PY) -m pip install --group build)
	@touch $@

# The extension lands inside python/ccroute: the package is editable, the engine optimised.
$(VENV)/.install-stamp: $(VENV)/.build-stamp $(RUST_SOURCES) $(ADAPTERS:%=%/pyproject.toml)
	$(call step,install,ccroute: compile and install, \
	  $(PY) -m pip install --no-build-isolation -e '.[cli]' && \
	  $(if $(ADAPTERS),$(PY) -m pip install $(ADAPTERS:%=-e ./%),true))
	@touch $@

$(VENV)/.dev-stamp: $(VENV)/.build-stamp pyproject.toml
	$(call step,dev-tools,tools of the checks,$(PY) -m pip install --group dev)
	@touch $@

.PHONY: install env
install: $(VENV)/.install-stamp ## Compile the engine and install ccroute into .venv
env: $(VENV)/.install-stamp $(VENV)/.dev-stamp

# -- The main job -----------------------------------------------------------------------

.PHONY: demo
demo: install ## Build, install, and replay a real Asterisk queue_log
	@$(BIN)/ccroute replay examples/asterisk/queue_log --plan examples/asterisk/plan.toml

# -- The checks -------------------------------------------------------------------------

.PHONY: test lint lint-rust lint-python test-rust test-python
test: lint-rust lint-python test-rust test-python ## Every check, the same as .ci/run
lint: lint-rust lint-python ## Formatting, lints, types, stubs and layers

lint-rust: $(VENV)/.venv-stamp
	$(call step,rustfmt,rustfmt,cargo fmt --all --check)
	$(call step,clippy,clippy,cargo clippy --locked --workspace --all-targets -- -D warnings)

lint-python: env
	$(call step,ruff,ruff,$(BIN)/ruff check $(PYTHON_SOURCES))
	$(call step,ruff-format,ruff format,$(BIN)/ruff format --check $(PYTHON_SOURCES))
	$(call step,mypy,mypy,$(BIN)/mypy python/ccroute $(wildcard adapters/*/src examples/*/src examples/*.py))
	$(call step,stubtest,stubtest, \
	  $(PY) -c 'import ccroute._core' && $(PY) -m mypy.stubtest ccroute._core)
	$(call step,layers,import-linter,$(BIN)/lint-imports --no-cache)

# The tidy test is one of these.
test-rust: $(VENV)/.venv-stamp
	$(call step,cargo-test,cargo test,cargo test --locked)
	@grep -h '^test result' $(LOGS)/cargo-test.log | \
	  awk '{passed += $$4; failed += $$6} END {printf "  rust: %d passed, %d failed\n", passed, failed}'

# What takes too long for every day: an hour or so on one core.
.PHONY: test-long
test-long: $(VENV)/.venv-stamp ## The tables of the literature, 20 million commands, more bytes
	$(call step,fuzz,fuzz targets compile,cargo check --locked --manifest-path rust/fuzz/Cargo.toml)
	$(call step,literature,tables of the literature, \
	  cargo test --locked -p ccroute-core --test literature -- --ignored --nocapture --test-threads 1)
	@grep -h '^|' $(LOGS)/literature.log
	$(call step,model,model: 20 million commands, \
	  CCROUTE_MODEL_COMMANDS=20000000 cargo test --locked -p ccroute-core --test model)
	$(call step,random-bytes,random bytes: 20 million, \
	  CCROUTE_RANDOM_BYTES=20000000 cargo test --locked -p ccroute-core --test random_bytes)

# A real Asterisk is waited for more than computed with: its tests run beside the others. On
# a busy machine it may be late for what a test says: what failed gets a second chance, in sight.
test-python: env
	@echo 'pytest ...'; mkdir -p $(LOGS); beside=; \
	for it in 'calls:--ignore=tests/pbx/test_contract.py' 'contract-1:-k test_0 or test_1 or test_2' \
	  'contract-2:-k test_3 or test_4 or test_5'; do \
	  where=tests/pbx; case $$it in contract*) where=tests/pbx/test_contract.py;; esac; \
	  tried() { $(BIN)/pytest -o cache_dir=target/cache-pbx-$${it%%:*} "$$@" "$${it#*:}" $$where; }; \
	  { tried --cache-clear || { echo 'once more, what failed:'; tried --last-failed; }; } \
	    </dev/null >$(LOGS)/pbx-$${it%%:*}.log 2>&1 & \
	  beside="$$beside $$!"; \
	done; \
	failed=0; $(BIN)/pytest --ignore=tests/pbx </dev/null || failed=1; \
	for it in $$beside; do wait $$it || failed=1; done; \
	echo 'pytest tests/pbx ...'; cat $(LOGS)/pbx-*.log; exit $$failed

# -- The rest ---------------------------------------------------------------------------

.PHONY: bench bench-quick bench-rust bench-pbx docs wheel sdist notices format clean
# The peers live in an environment of their own, which sees our packages where they are built.
PEERS := $(CURDIR)/target/bench
BENCH = $(PEERS)/bin/python -m pytest -c benches/pytest.ini benches --record

bench: install $(PEERS)/.stamp ## ccroute beside its peers, at every size; benches/LEDGER.md gets an entry
	@$(BENCH)

bench-quick: install $(PEERS)/.stamp ## The same at a few sizes, in two minutes
	@$(BENCH) --quick --ignore=benches/bench_host.py

bench-rust: $(VENV)/.venv-stamp ## The engine alone, in Rust; instructions of the plain case
	@cargo bench --locked -p ccroute-core
	@$(PY) benches/instructions.py

$(PEERS)/.stamp: pyproject.toml | $(VENV)/.install-stamp
	$(call step,bench-tools,peers, \
	  $(PYTHON) -m venv --clear --without-pip $(PEERS) && \
	  $(PY) -m pip --python $(PEERS)/bin/python install --group bench && \
	  printf '%s\n' $(CURDIR)/python $(ADAPTERS:%=$(CURDIR)/%/src) \
	    >"$$($(PEERS)/bin/python -c 'import site; print(site.getsitepackages()[0])')/ccroute.pth")
	@touch $@

bench-pbx: env ## Calls and events per second with a real Asterisk, and ten busy minutes (root)
	@$(PY) -m benches.pbx $(PARTS)

docs: install ## The documentation site, in site/
	$(call step,docs-tools,docs tools,$(PY) -m pip install --group docs)
	$(call step,docs,zensical,$(BIN)/zensical build --clean --strict)

wheel: $(VENV)/.build-stamp ## A manylinux x86-64 wheel in dist/, for every Python from 3.11
	$(call step,wheel-tools,wheel tools,$(PY) -m pip install --group wheel)
	$(call step,wheel,wheel,rm -f dist/*.whl && \
	  $(BIN)/maturin build --locked --release --zig --compatibility manylinux2014 --out dist)
	$(call step,auditwheel,auditwheel,$(BIN)/auditwheel show dist/*.whl | tee /dev/stderr | \
	  tr '\n' ' ' | grep -q 'consistent with the following platform tag: "manylinux_2_17_x86_64"')
	$(call step,wheel-alone,install without Rust, \
	  rm -rf $(TRIAL) && $(PYTHON) -m venv --without-pip $(TRIAL) && \
	  $(PY) -m pip --python $(TRIAL)/bin/python install pip && \
	  PATH=$(TRIAL)/bin $(TRIAL)/bin/python -m pip install dist/*.whl && \
	  $(TRIAL)/bin/python -I examples/hello_routing.py)
	@ls dist/*.whl

sdist: $(VENV)/.build-stamp ## A source distribution in dist/
	$(call step,sdist,sdist,rm -f dist/*.tar.gz && $(BIN)/maturin sdist --out dist)
	@ls dist/*.tar.gz

notices: env ## Write THIRD_PARTY_NOTICES.md anew
	@$(BIN)/pytest -q tests/test_licences.py --update-notices </dev/null

format: env ## Format Rust and Python
	@cargo fmt --all
	@$(BIN)/ruff check --fix --quiet $(PYTHON_SOURCES)
	@$(BIN)/ruff format --quiet $(PYTHON_SOURCES)

clean: ## Remove what the other targets made
	rm -rf target .venv dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	rm -f python/ccroute/_core*.so

# `make demo`, `make test` and `make check` each set everything up by themselves in .venv.
# Needed beforehand: Python 3.11 to 3.14 with pip. Choose one by name: `make test PYTHON=python3.13`.
PYTHON ?= python3

# Caches stay inside the project. Every compilation is kept, however small, so the second run starts at once.
export JAX_COMPILATION_CACHE_DIR := $(CURDIR)/.cache/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS := 0
export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES := -1
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib

.PHONY: help demo test test-slow test-other bench coverage check lock clean

help:  ## what make can do (this list)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

# An activated .venv must not rebuild itself: step out to the Python it was made from.
BASE := $(shell $(PYTHON) -c 'import os, sys; here = os.path.realpath(sys.prefix) == os.path.realpath(".venv"); \
	print(sys._base_executable if here else sys.executable)')
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
READY := .venv/ready-$(VERSION)

# uv installs in seconds but reads none of pip's settings, so it is handed the two that matter.
PIP := "$(BASE)" -m pip --disable-pip-version-check --python .venv/bin/python install --quiet
UV := $(if $(PIP_CERT),SSL_CERT_FILE="$(PIP_CERT)") $(if $(PIP_INDEX_URL),UV_DEFAULT_INDEX="$(PIP_INDEX_URL)") \
	.venv/bin/uv pip

define CHECK_PYTHON
	@case "$(VERSION)" in 3.1[1-4]) ;; *) echo "microgrid needs Python 3.11 to 3.14; $(PYTHON) is" \
		"$(or $(VERSION),not there): name another one, as in 'make test PYTHON=python3.13'." >&2; exit 1;; esac
	@"$(BASE)" -m pip --version >/dev/null 2>&1 || { echo "$(PYTHON) has no pip: install it (on Debian: apt install" \
		"python3-pip) or name another Python, as in 'make test PYTHON=python3.13'." >&2; exit 1; }
endef

$(READY): requirements.txt pyproject.toml
	$(CHECK_PYTHON)
	@echo "Setting up .venv with Python $(VERSION) (once)"
	@"$(BASE)" -m venv --clear --without-pip .venv
	@{ awk '/^[a-z]/ {keep = /^uv==/} keep' requirements.txt | $(PIP) -r /dev/stdin && \
		$(UV) install --quiet --python .venv/bin/python -r requirements.txt; } \
		|| { echo "uv does not reach the package index here; pip installs instead"; $(PIP) -r requirements.txt; }
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## the main job on real data, with pictures
	.venv/bin/python examples/demo.py

# Compiling is most of the time of the first run. XLA's older code generator, not optimising, takes half as long for small
# programs; `make test XLA_FLAGS=` takes the one that users have, as all other targets do.
test: export XLA_FLAGS := --xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0
test: $(READY)  ## all tests and docstring examples, except the slow ones
	.venv/bin/python -m pytest -n 2 --dist worksteal

test-slow: $(READY)  ## the slow tests
	.venv/bin/python -m pytest -n 2 --dist worksteal -m slow

# Another Python means another line of JAX, and has an environment beside .venv: `make test-other PYTHON=python3.12`.
OTHER := .venv-$(VERSION)
OTHER_PIP := "$(BASE)" -m pip --disable-pip-version-check --python $(OTHER)/bin/python install --quiet

$(OTHER)/ready: requirements.txt pyproject.toml
	$(CHECK_PYTHON)
	@echo "Setting up $(OTHER) with Python $(VERSION) (once)"
	@"$(BASE)" -m venv --clear --without-pip $(OTHER)
	@$(OTHER_PIP) -r requirements.txt
	@$(OTHER_PIP) --no-deps --no-build-isolation --editable .
	@touch $@

test-other: $(OTHER)/ready  ## the tests of the oracle with another PYTHON, beside .venv
	$(OTHER)/bin/python -m pytest tests/oracle -n 2 --dist worksteal

# The peers of the benchmarks have an environment of their own; one that cannot be installed is left out.
BENCH := .venv-bench/ready-$(VERSION)
BENCH_PIP := "$(BASE)" -m pip --disable-pip-version-check --python .venv-bench/bin/python install --quiet

$(BENCH): benchmarks/requirements.txt
	$(CHECK_PYTHON)
	@echo "Setting up .venv-bench with Python $(VERSION) (once)"
	@"$(BASE)" -m venv --clear --without-pip .venv-bench
	@$(BENCH_PIP) -r $< || grep '^[a-z]' $< | while read -r peer; do \
		$(BENCH_PIP) "$$peer" || echo "$$peer cannot be installed here: the tables go without it"; done
	@touch $@

# Those of reinforcement learning want an older Gymnasium than ours: once more an environment beside.
BENCH_RL := .venv-bench-rl/ready-$(VERSION)
BENCH_RL_PIP := "$(BASE)" -m pip --disable-pip-version-check --python .venv-bench-rl/bin/python install --quiet

$(BENCH_RL): benchmarks/rl/requirements.txt
	$(CHECK_PYTHON)
	@echo "Setting up .venv-bench-rl with Python $(VERSION) (once)"
	@"$(BASE)" -m venv --clear --without-pip .venv-bench-rl
	@$(BENCH_RL_PIP) -r $< || grep '^[a-z]' $< | while read -r peer; do \
		$(BENCH_RL_PIP) "$$peer" || echo "$$peer cannot be installed here: the tables go without it"; done
	@touch $@

bench: $(BENCH) $(BENCH_RL)  ## the benchmarks against other engines; writes benchmarks/RESULTS.md
	.venv-bench/bin/python -m benchmarks.run

# What the replay covers is asked of libraries that want a nightly build: an environment of their own.
COVERAGE := .venv-coverage/ready-$(VERSION)

$(COVERAGE): pyproject.toml
	$(CHECK_PYTHON)
	@echo "Setting up .venv-coverage with Python $(VERSION) (once)"
	@"$(BASE)" -m venv --clear --without-pip .venv-coverage
	@"$(BASE)" -m pip --disable-pip-version-check --python .venv-coverage/bin/python install --quiet -e '.[coverage]'
	@touch $@

coverage: $(COVERAGE)  ## how many functions of JAX, Flax, Optax, rlax, equinox and distrax can be checked
	.venv-coverage/bin/python -m tests.oracle.coverage

check: $(READY)  ## lint, format, types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright

lock: $(READY)  ## requirements.txt anew from pyproject.toml (LOCK=--upgrade for the newest of everything)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) compile --quiet --universal --generate-hashes --no-annotate \
		--extra all --group dev $(LOCK) pyproject.toml --output-file requirements.txt

clean:  ## removes the environments and every cache
	rm -rf .venv .venv-3.* .venv-bench .venv-bench-rl .venv-coverage .cache .hypothesis build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

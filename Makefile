# Every command of the house. A machine with python3 (3.11 or later), make and git is enough; the rest is fetched once.
#   make run     the dashboard in a browser        make test    all gates and all tests
#   make lint    format, lint, types, layers       make bench   every script in benchmarks/
#   make setup   the development environment       make clean   remove what these commands made
#   make chaos   kills, full disks and damaged files, some 20 minutes; a share: make chaos ARGS=--quick
#   make fuzz    10,000 hostile files, links, commands and messages
#   make docs    the documentation as a site, in build/site
#   make sbom    the software bill of materials of a release, in build/sbom.cdx.json
#   make audit-libraries   known vulnerabilities of the libraries; needs the network
#   make test-adapters   presets for other libraries, each library in an environment of its own
#   make test-ray   workers on a Ray cluster that the tests start, in an environment of its own
#   make test-ranges   the core's tests on the lowest and the newest library versions that pyproject.toml allows

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
MYPY_TARGETS := streamrec_core pages app.py
BENCHMARKS := $(sort $(wildcard benchmarks/*.py))

export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help run setup lint lint-js test test-ranges test-adapters test-ray chaos fuzz docs sbom audit-libraries bench clean chromium \
  compiler

help:
	@sed -n 's/^#  //p' Makefile

# How the server asks glibc for memory, before its first thread: pages/ui/malloc.py says why.
run: export MALLOC_ARENA_MAX ?= 1
run: export MALLOC_MMAP_THRESHOLD_ ?= 8388608
run: export MALLOC_TRIM_THRESHOLD_ ?= 33554432
run: $(VENV)/run.stamp
	$(BIN)/python -m streamlit run app.py

setup: $(VENV)/dev.stamp chromium compiler

# Each gate runs even when an earlier one failed, so that one run shows everything there is to mend.
lint: $(VENV)/dev.stamp
	@status=0; \
	echo '--- ruff format'; $(BIN)/ruff format --check . || status=1; \
	echo '--- ruff check'; $(BIN)/ruff check . || status=1; \
	echo '--- names and docstrings'; $(BIN)/python scripts/check_names.py || status=1; \
	echo '--- mypy --strict $(MYPY_TARGETS)'; $(BIN)/mypy --strict $(MYPY_TARGETS) || status=1; \
	echo '--- import-linter'; $(BIN)/lint-imports --no-logo || status=1; \
	echo '--- prettier and eslint'; $(MAKE) --no-print-directory lint-js || status=1; \
	exit $$status

# JavaScript and CSS, where node is there; REQUIRE_NODE=1 (as CI sets it) makes its absence a fault.
lint-js:
	@if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then $(MAKE) --no-print-directory node_modules/.stamp && npm run --silent lint; \
	elif [ -n "$(REQUIRE_NODE)" ]; then echo 'node 20 or later and npm are needed to lint JavaScript and CSS' >&2; exit 1; \
	else echo 'skipped: no node 20 or later here'; fi

node_modules/.stamp: package.json package-lock.json
	npm ci --silent --no-fund --no-audit
	@touch $@

# The gates, then the tests even where a gate failed. tests/conftest.py puts the fast tests first: core, then pages
# (AppTest), then journeys (Chromium), a file at a time in as many processes as there are cores, four at most.
# Some of them only: make test ARGS=tests/data
test: export OMP_NUM_THREADS = 1
test: setup
	@status=0; \
	$(MAKE) --no-print-directory lint || status=1; \
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS) || exit 1; \
	[ $$status -eq 0 ] || echo 'The tests passed, but a gate above them did not: see "make lint".'; \
	exit $$status

# Two virtual environments of some 5 GB each, in build/ranges; one of them only: make test-ranges ARGS=lowest
test-ranges: $(VENV)/dev.stamp
	$(BIN)/python scripts/test_ranges.py $(ARGS)

# A virtual environment for each library, some 5 GB each, in build/adapters; one of them only: make test-adapters ARGS=rectools
test-adapters: $(VENV)/dev.stamp
	$(BIN)/python scripts/test_adapters.py $(ARGS)

# Ray and what comes with it, some 500 MB in build/ray, beside the development environment, which it can import from.
RAY_BIN := build/ray/bin
test-ray: export OMP_NUM_THREADS = 1
test-ray: build/ray/installed.stamp
	$(RAY_BIN)/python -m pytest tests/ray_cluster $(ARGS)

build/ray/installed.stamp: requirements-ray.txt $(VENV)/dev.stamp
	$(BIN)/python -m venv build/ray
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
	  > "$$($(RAY_BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/development.pth"
	$(RAY_BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-ray.txt
	@touch $@

# Breaks StreamRec on purpose, on copies in a temporary folder; needs a C compiler. One part: make chaos ARGS=kills
chaos: $(VENV)/dev.stamp compiler
	$(BIN)/python -m benchmarks.chaos $(ARGS)

# Each run looks at other cases; `make test` has a fixed choice of them. Needs two idle cores for ten minutes.
fuzz: $(VENV)/dev.stamp
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n 2 --dist worksteal tests/fuzz $(ARGS)

# A warning, such as a link to a page that is not there, is an error.
docs: $(VENV)/dev.stamp
	$(BIN)/python scripts/docs_hooks.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# Every library that the dashboard brings with it, at the version installed here; the tools run apart from them.
build/locked.txt: $(VENV)/dev.stamp scripts/locked.py
	@mkdir -p build
	$(BIN)/python scripts/locked.py > $@

sbom: build/locked.txt
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml \
	  --output-reproducible --output-file build/sbom.cdx.json build/locked.txt

audit-libraries: build/locked.txt
	$(BIN)/python scripts/audit_libraries.py build/locked.txt

bench: $(VENV)/dev.stamp
	@set -e; for script in $(BENCHMARKS); do echo "--- $$script"; $(BIN)/python $$script; done

clean:
	rm -rf $(VENV) node_modules build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find streamrec_core pages tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The environment: a stamp is older than its requirements only when they changed, so nothing is installed twice.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or later is needed; name one with: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); scripts/apt-install.sh python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	@echo 'Installing what the dashboard needs (a few minutes the first time) ...'
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements-docs.txt requirements.txt | $(BIN)/python
	@echo 'Installing what the tests need (a few minutes the first time) ...'
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

compiler:
	@command -v cc >/dev/null || scripts/apt-install.sh gcc libc6-dev

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || scripts/apt-install.sh chromium

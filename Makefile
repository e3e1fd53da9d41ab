# Everything a person or a pipeline does with this checkout. Needs Python >= 3.11, git and make.
#
#   make demo    a real onboarding on the embedded providers, in a folder of its own
#   make test    all tests, in a virtual environment of their own
#   make check   what CI holds: format, lint, types, layers, generated pages
#   make crash   kills at every point, in many orders, and pairs of them (hours); writes the figures
#                SWEEP=long for half an hour of it
#   make sweep   a canary in every credential, every command, every failure (long)
#   make audit   whether a locked requirement has a published advisory (asks PyPI's service)
#   make live-github ORGANISATION=acme   the forge's tests on a real organisation, with GH_TOKEN
#   make bench   side-by-side measurements (long)

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   := .demo
SWEEP  ?= all
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check crash sweep audit live-github fuzz bench docs lock clean

# The program itself is installed each time, from this checkout: its requirements only once.
demo: $(DEMO)/venv/.installed
	$(DEMO)/venv/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --force-reinstall .
	PLATFORM_HOME="$(CURDIR)/$(DEMO)/home" PLATFORM_CLI="$(DEMO)/venv/bin/platform-cli" sh docs/demo.sh

$(DEMO)/venv/.installed: requirements/run.txt
	$(PYTHON) -m venv $(DEMO)/venv
	$(DEMO)/venv/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/run.txt
	touch $@

$(BIN)/.installed: pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

test: $(BIN)/.installed
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(BIN)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/reference/generate.py --check

crash: $(BIN)/.installed
	$(BIN)/python -m pytest tests/crash -m crash --sweep $(SWEEP) --write-figures -n auto --dist worksteal

sweep: $(BIN)/.installed
	$(BIN)/python -m pytest tests/security/test_canaries.py --sweep all -n auto

audit:
	.ci/audit --strict

live-github: $(BIN)/.installed
	$(BIN)/python -m pytest tests/providers/test_forge_github_live.py --live-github "$(ORGANISATION)"

fuzz: $(BIN)/.installed
	$(BIN)/python -m pytest tests -m "not crash" --hypothesis-profile long -n auto

bench: $(BIN)/.installed
	$(BIN)/python -m bench

docs: $(BIN)/.installed
	$(BIN)/python docs/reference/generate.py

# The locks carry hashes and no addresses: they hold with any mirror.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras pyproject.toml requirements/build.in --extra local -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras pyproject.toml requirements/build.in --extra local --extra postgres --extra pagerduty --extra pdpyras --group dev -o requirements/dev.txt

clean:
	rm -rf $(DEMO) build dist

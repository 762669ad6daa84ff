# Every target sets up .venv by itself and reuses it until setup.py or pyproject.toml changes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: help demo test test-all lint bench audit clean

PYTHON ?= python3
VENV ?= .venv
# Exact, as in setup.py, and only for the tests: what runs the demo needs no torch.
TORCH := torch==2.13.0
BIN := $(VENV)/bin
READY := $(VENV)/ready
TEST_READY := $(VENV)/ready-for-tests
# Errors only: pip's warnings here are about versions of pip itself.
PIP_INSTALL := -m pip install -qq --disable-pip-version-check
PIP := $(BIN)/python $(PIP_INSTALL)

INSTRUCTION ?= put the red cube in the blue bowl
SEED ?= 0
LIGHT ?= normal
BENCH ?= chain

# Without a screen MuJoCo renders through EGL.
export MUJOCO_GL ?= egl

help:
	@echo 'make demo       simulated pick and place: INSTRUCTION="$(INSTRUCTION)" SEED=$(SEED) LIGHT=$(LIGHT)'
	@echo 'make test       every test that ends within minutes'
	@echo 'make test-all   the slow tests as well'
	@echo 'make lint       ruff and mypy'
	@echo 'make bench      measure: BENCH=$(BENCH)'
	@echo 'make audit      known vulnerabilities and broken requirements of what is installed'
	@echo 'make clean      remove $(VENV) and the caches'

demo: $(READY)
	@$(BIN)/qwen-embodied demo --seed '$(SEED)' --light '$(LIGHT)' -- '$(subst ','\'',$(value INSTRUCTION))'

test: $(TEST_READY)
	@$(BIN)/python -m pytest -q -m 'not slow' $(ARGS)

test-all: $(TEST_READY)
	@$(BIN)/python -m pytest -q $(ARGS)

lint: $(TEST_READY)
	@echo 'lint: ruff check'; $(BIN)/ruff check .
	@echo 'lint: ruff format'; $(BIN)/ruff format --check .
	@echo 'lint: mypy'; $(BIN)/mypy

bench: $(READY)
	@$(BIN)/qwen-embodied bench $(BENCH) $(ARGS)

audit: $(TEST_READY) $(VENV)/audit-ready
	@echo 'audit: requirements that do not fit each other'; $(BIN)/python -m pip check
	@echo 'audit: known vulnerabilities (asks pypi.org)'
	@$(VENV)/audit/bin/pip-audit --progress-spinner off --format json --path "$$($(BIN)/python -c \
		'import site; print(site.getsitepackages()[0])')" > $(VENV)/audit.json 2>/dev/null || true
	@$(BIN)/python -c "$$SUM_UP_AUDIT" $(VENV)/audit.json

# What pypi.org does not know cannot be audited: say how many, and fail when it is everything.
define SUM_UP_AUDIT
import json, pathlib, sys
found = json.loads(pathlib.Path(sys.argv[1]).read_text() or '{}').get('dependencies', [])
known = [item for item in found if 'vulns' in item]
bad = [f"{item['name']} {item['version']}: {vuln['id']}" for item in known for vuln in item['vulns']]
print(f'audit: {len(known)} of {len(found)} packages are known to pypi.org; {len(bad)} vulnerabilities')
print('\n'.join(bad), end='\n' if bad else '')
sys.exit(1 if bad else 0 if known else 3)
endef
export SUM_UP_AUDIT

clean:
	rm -rf $(VENV) build install log dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find qwen_embodied test -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { \
		echo 'set-up: Python 3.11 to 3.14 is needed and $(PYTHON) is another; name one that fits: make PYTHON=python3.12' >&2; \
		exit 3; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'set-up: Python lacks its venv module; on Debian and Ubuntu: sudo apt install python3-venv' >&2; \
		exit 3; }
	@echo 'set-up 1/3: virtual environment in $(VENV)'
	@$(PYTHON) -m venv $(VENV)
	@echo 'set-up 2/3: rclpy, MuJoCo and planners from PyPI (1.5 GB of disk; one to five minutes)'
	@$(PIP) --prefer-binary -e '.[ros,sim]'
	@echo 'set-up 3/3: check'
	@$(BIN)/qwen-embodied doctor --quiet --no-graph || echo 'set-up: done, but mend what is FAIL above before a demo' >&2
	@touch $@

$(TEST_READY): $(READY)
	@echo 'set-up for tests: torch and tools from PyPI (1.1 GB more; one to five minutes)'
	@$(PIP) $(TORCH)
	@$(PIP) --prefer-binary -e '.[ros,sim,test]' $(TORCH)
	@touch $@

# Apart from .venv, so that what is audited is what the package installs.
$(VENV)/audit-ready: $(READY)
	@echo 'audit: set-up of pip-audit in $(VENV)/audit'
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python $(PIP_INSTALL) pip-audit
	@touch $@

# Every target sets up .venv by itself and reuses it until setup.py or pyproject.toml changes.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: help demo test test-all mutants lint bench audit lock clean

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
	@echo 'make mutants    what the tests of the safety rules notice: ARGS="--count 350 --seed 0"'
	@echo 'make lint       ruff and mypy'
	@echo 'make bench      measure: BENCH=$(BENCH)'
	@echo 'make audit      known vulnerabilities of what is installed and of requirements.lock'
	@echo 'make lock       renew requirements.lock'
	@echo 'make clean      remove $(VENV) and the caches'

demo: $(READY)
	@$(BIN)/qwen-embodied demo --seed '$(SEED)' --light '$(LIGHT)' -- '$(subst ','\'',$(value INSTRUCTION))'

test: $(TEST_READY)
	@$(BIN)/python -m pytest -q -m 'not slow' $(ARGS)

test-all: $(TEST_READY)
	@$(BIN)/python -m pytest -q $(ARGS)

# Made anew each time: a verdict of other tests would count as one of these.
mutants: $(VENV)/mutants-ready
	@rm -rf mutants
	@$(BIN)/python .ci/mutants.py $(ARGS)

lint: $(TEST_READY)
	@echo 'lint: ruff check'; $(BIN)/ruff check .
	@echo 'lint: ruff format'; $(BIN)/ruff format --check .
	@echo 'lint: mypy'; $(BIN)/mypy

bench: $(READY)
	@$(BIN)/qwen-embodied bench $(BENCH) $(ARGS)

PIP_AUDIT := $(VENV)/audit/bin/pip-audit --progress-spinner off --format json

# pip-audit calls what the service does not know "no vulnerabilities"; audit_report.py does not.
audit: $(TEST_READY) $(VENV)/audit-ready
	@echo 'audit: requirements that do not fit each other'; $(BIN)/python -m pip check
	@echo 'audit: known vulnerabilities (asks pypi.org)'
	@$(PIP_AUDIT) --path "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')" \
		> $(VENV)/installed.json 2>/dev/null || true
	@$(PIP_AUDIT) --require-hashes --disable-pip -r requirements.lock \
		> $(VENV)/locked.json 2>/dev/null || true
	@$(BIN)/python .ci/audit_report.py installed=$(VENV)/installed.json locked=$(VENV)/locked.json

# Of what a release needs; torch is not in it, its wheels differ from machine to machine.
lock:
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python $(PIP_INSTALL) uv
	@printf '%s\n' '# Every package of `pip install ".[ros,sim,server]"` for Python 3.11 to 3.14, by hash.' \
		'# Install: pip install --require-hashes -r requirements.lock && pip install --no-deps .' \
		'# Renew: make lock. Written by uv; do not edit.' > requirements.lock.new
	@$(VENV)/lock/bin/uv pip compile setup.py --extra ros --extra sim --extra server --universal \
		--python-version 3.11 --generate-hashes --no-annotate --no-header --no-config --quiet \
		--index-url https://pypi.org/simple >> requirements.lock.new
	@mv requirements.lock.new requirements.lock
	@echo "lock: $$(grep -c == requirements.lock) packages in requirements.lock"

clean:
	rm -rf $(VENV) build install log dist mutants *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
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

$(VENV)/mutants-ready: $(TEST_READY)
	@$(PIP) mutmut==3.8.1
	@touch $@

# Apart from .venv, so that what is audited is what the package installs.
$(VENV)/audit-ready: $(READY)
	@echo 'audit: set-up of pip-audit in $(VENV)/audit'
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python $(PIP_INSTALL) pip-audit
	@touch $@

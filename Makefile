# make demo: set up, build the sample library, open the app.   make test: set up, run the tests.
# Both need Python 3.11 or newer and make, nothing else; the second run skips what is done.

PYTHON ?= python3
VENV := .venv
# Each worker holds the encoder in memory. One has the browser tests with their app (see tests/conftest.py) and often waits
# for the browser: two cores are busy with three.
# Each computes in one thread: what they would gain by more they take from one another.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Tests start many processes: without bytecode each of them compiles core and ui again.
BYTECODE := PYTHONDONTWRITEBYTECODE=
WORKERS ?= -n 3 --dist loadfile --no-loadscope-reorder
QUICK_WORKERS ?= -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
BIN := $(VENV)/bin

.PHONY: demo test quick reliability coverage check audit clean help

help:
	@echo "make demo   set up and open the app on the sample library"
	@echo "make test   set up and run the tests"
	@echo "make quick  the tests that need no browser and no patience"
	@echo "make reliability  the attacks and faults at full length (some twenty minutes)"
	@echo "make coverage  the same, and which lines no test runs (takes over half as long again)"
	@echo "make check  lint and type check"
	@echo "make audit  known vulnerabilities of what is installed (needs the network)"
	@echo "make clean  remove the virtual environment (your libraries stay)"

demo: $(VENV)/.installed
	@echo "== sample library (built once, from photos that installed packages carry)"
	@$(BIN)/python -m core sample > /dev/null
	@echo "== opening the app; Ctrl-C ends it"
	@$(BIN)/streamlit run app.py

test: $(VENV)/.installed-dev
	@echo "== lint and types"
	@$(MAKE) --no-print-directory check
	@echo "== tests"
	@$(ONE_THREAD) $(BYTECODE) $(BIN)/python -m pytest $(WORKERS) $(PYTEST_ARGS)

quick: $(VENV)/.installed-dev
	@$(ONE_THREAD) $(BYTECODE) $(BIN)/python -m pytest $(QUICK_WORKERS) -m "not browser and not slow and not reliability" $(PYTEST_ARGS)

# The attacks of tests/reliability at full length, and all faults, one after the other.
reliability: $(VENV)/.installed-dev
	@SEMBLANCE_RELIABILITY=whole $(ONE_THREAD) $(BIN)/python -m pytest tests/reliability -n0 -m reliability $(PYTEST_ARGS)
	@$(BIN)/python tools/prove_reliability.py

# Not part of `make test`: measuring costs two thirds more processor time with the tracer that Python 3.11 has.
coverage:
	@$(MAKE) --no-print-directory test PYTEST_ARGS="--cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS)"

check: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-cache > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }

# In an environment of its own: what pip-audit needs is none of ours.
audit: $(VENV)/.installed
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@$(VENV)/audit/bin/pip-audit --path $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Semblance needs Python 3.11 or newer: make demo PYTHON=python3.12"; exit 1; }
	@echo "== virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "== installing requirements.txt (once; some minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "== installing requirements-dev.txt (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV)

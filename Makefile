# `make` alone lists what there is. Everything runs inside .venv; nothing is typed in between.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8501
HOST ?= 127.0.0.1
# Test files that run side by side.
WORKERS ?= 2
PYTHON ?= $(firstword $(shell command -v python3.11 python3 2>/dev/null))
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
# The product's lines that no test runs through, a line a file; COVERAGE= leaves it out (as .ci/run does).
COVERAGE ?= --cov --cov-report=term:skip-covered
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
# Where one is told to keep no compiled modules, each process of the tests compiles every library anew.
test proof check test-fast: export PYTHONDONTWRITEBYTECODE :=
FAST := not browser and not postgres and not spark and not slow and not proof

.PHONY: help run test test-fast proof check lint format bench migration lock audit spark clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A trial: what a server's services are told is not for it.
run: export SETTINGS_FILE ?= /dev/null
run: $(VENV)/.run  ## install, migrate, sample data into an empty database, app on $HOST:$PORT (127.0.0.1:8501)
	@$(PY) -m connectors migrate
	@$(PY) -m connectors sample --if-empty
	@$(PY) -m connectors account first
	@echo "Đúng Hạn: http://$(HOST):$(PORT) (Ctrl+C để dừng)"
	@exec $(PY) -m streamlit run app.py --server.address $(HOST) --server.port $(PORT)

# Thousands of small databases wait for a disk, if it is one: in memory where 6 GB are free.
test: $(VENV)/.dev  ## everything, with a real browser and a real PostgreSQL server
	@set -o pipefail; mkdir -p test-results; \
	$(MAKE) --no-print-directory lint >test-results/lint.log 2>&1 & lint=$$!; \
	if [ "$$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 6000000 ] 2>/dev/null; then \
		TMPDIR=$$(mktemp -d -p /dev/shm); chmod 755 "$$TMPDIR"; export TMPDIR; trap 'rm -rf "$$TMPDIR"' EXIT; fi; \
	tools/ensure_system.sh $(PY) && \
	REQUIRE_POSTGRES=1 REQUIRE_BROWSER=1 REQUIRE_NGINX=1 $(PY) -m pytest -m "not proof" -n $(WORKERS) \
		--dist loadfile --no-loadscope-reorder --durations=15 $(COVERAGE) $(ARGS); tests=$$?; \
	wait $$lint; lint=$$?; cat test-results/lint.log; exit $$((tests + lint))

proof: $(VENV)/.dev  ## what is large (minutes): 3,000 dossiers beside the oracle, 600 MB, two processes (MINUTES=60: for an hour)
	$(PY) -m pytest -q -m proof $(ARGS)

check: lint  ## before each commit: lint, types and the fast tests, side by side
	$(PY) -m pytest -q -m "$(FAST)" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: $(VENV)/.dev  ## unit tests only: no browser, no PostgreSQL, nothing slow
	$(PY) -m pytest -q -m "$(FAST)" $(ARGS)

lint: $(VENV)/.dev  ## ruff, mypy and the direction of imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports

format: $(VENV)/.dev  ## bring the code into the project's format
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(VENV)/.dev  ## speed at 1 and 10 million dossiers, beside pandas and SQL
	@tools/ensure_system.sh $(PY)
	$(PY) -m bench $(ARGS)

migration: $(VENV)/.dev  ## write the next migration from models.py: make migration M="add surveys"
	PATH="$(VENV)/bin:$$PATH" $(PY) tools/new_migration.py "$(M)"

lock: $(VENV)/.dev  ## write requirements*.lock anew from requirements*.txt, with hashes
	$(PIP) install --quiet --quiet -r requirements-lock.txt
	$(VENV)/bin/uv pip compile $(LOCK) requirements.txt -o requirements.lock
	$(VENV)/bin/uv pip compile $(LOCK) requirements-dev.txt -c requirements.lock -o requirements-dev.lock

audit: $(VENV)/.dev  ## known weaknesses of the installed packages; says so when it cannot ask
	@$(PIP) install --quiet --quiet -r requirements-audit.txt || true
	@$(PY) tools/audit_packages.py

spark: $(VENV)/.dev  ## add the Spark engine to .venv (about 400 MB; needs Java)
	$(PIP) install --quiet --quiet -r requirements-spark.txt

clean:  ## remove .venv and everything generated; the data in var/ stays
	rm -rf $(VENV) test-results .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are written last: what was interrupted is done again.
$(VENV)/.made:
	@tools/check_python.sh "$(PYTHON)"
	@echo "Tạo môi trường Python trong $(VENV) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock
	@echo "Cài đặt thư viện (lần đầu mất vài phút) …"
	@$(PIP) install --quiet --quiet --require-hashes -r requirements.lock
	@touch $@

# uv needs a tenth of pip's time; where it cannot (a mirror that only pip is told of), pip does it.
$(VENV)/.dev: $(VENV)/.made requirements.lock requirements-dev.lock
	@echo "Installing packages and developers' tools …"
	@$(PIP) install --quiet --quiet -r requirements-lock.txt && \
		$(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes -r requirements-dev.lock 2>/dev/null || \
		$(PIP) install --quiet --quiet --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.run

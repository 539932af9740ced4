# Each target first installs what it needs into .venv; plain `make` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install demo test test-fast check format docs bench up down clean

help:
	@echo "make demo       simulate, ingest, label, build, train, evaluate, score (in ./demo)"
	@echo "make test-fast  the tests that need no engine, for the inner loop (under 90 seconds)"
	@echo "make test       all tests: the fast ones first, then those on a real engine"
	@echo "make check      lint, format, types, layers"
	@echo "make bench      measure every step at three sizes (in ./bench; about twenty minutes), into BENCHMARKS.md"
	@echo "make up | down  start | stop a ClickHouse server in Docker (target 'server')"
	@echo "also: install, format, docs (dbt docs), clean"

# torch first and by itself: the other packages' requirements are then met and do not pull in another build.
install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=, for example make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/trainer demo

# Two workers, each with an engine folder of its own, because only one process can open an embedded warehouse; one OpenMP thread
# each, because spinning threads of two workers slow each other down. Slow tests run on a real engine (tests/conftest.py marks them
# by folder; ENGINE is not collected for the fast tests) or carry the marker `slow`. A slow file stays on one worker, because its
# tests share a built warehouse; files with many short tests come last, so that both workers finish together.
PYTEST := OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/pytest -q -n 2
ENGINE := tests/docs tests/warehouse tests/adapter tests/project
test-fast: $(STAMP)
	$(PYTEST) -m "not slow" $(addprefix --ignore=,$(ENGINE))

test: test-fast
	$(PYTEST) -m slow --dist loadfile --no-loadscope-reorder --durations=40 $(ENGINE) tests

# sqlfluff reads macros where models call them: the file of a macro renders to nothing by itself.
SQLFLUFF := $(BIN)/sqlfluff
SQL := --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests
check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(SQLFLUFF) lint $(SQL)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(SQLFLUFF) fix $(SQL)

bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py bench --out BENCHMARKS.md

docs: $(STAMP)
	$(BIN)/dbt docs generate

# Generates a password once; .env is ignored by git.
.env:
	@umask 077; printf 'CLICKHOUSE_USER=trainer\nCLICKHOUSE_PASSWORD=%s\n' "$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(24))')" > $@
	@echo "Wrote .env with a new password; load it with: set -a; . ./.env; set +a"

up: .env
	docker compose up --detach --wait

down:
	docker compose down

clean:
	rm -rf target logs demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

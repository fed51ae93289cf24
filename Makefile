# Thaw's commands. `make up` and `make test` need only Python 3.11 or newer and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UVX    := $(BIN)/uv pip install --quiet --python $(BIN)/python

# A desk is sixteen processes: what one of them has compiled, the others need not compile again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up down test lint demo bench chaos lock docs screenshots
.DEFAULT_GOAL := help

help:            ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

$(BIN)/uv: requirements/setup.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Thaw needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/setup.txt
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/uv
	@echo "setting up the environment in $(VENV) (once)"
	@$(UVX) --require-hashes -r requirements/run.txt
	@$(UVX) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(UVX) --require-hashes -r requirements/dev.txt
	@touch $@

up: $(VENV)/.run ## open the desk on this machine (DETACH=1 returns once it is ready)
	@$(BIN)/thaw up $(if $(DETACH),--detach)

down: $(VENV)/.run ## close the desk
	@$(BIN)/thaw down

test: $(VENV)/.dev ## every test
	@$(BIN)/pytest --numprocesses 2 $(ARGS)

lint: $(VENV)/.dev ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

demo: $(VENV)/.run ## the scenarios, told step by step
	@$(BIN)/thaw demo

bench: $(VENV)/.dev ## the measurements, as JSON
	@$(BIN)/python -m bench $(ARGS)

chaos: $(VENV)/.dev ## a longer run with processes killed at random
	@$(BIN)/pytest -m chaos $(ARGS)

screenshots: $(VENV)/.dev ## every page as pictures in tmp/screenshots, both languages, two widths
	@$(BIN)/python -m tests.desk.screens tmp/screenshots

docs: $(VENV)/.dev ## write the generated pages of docs/
	@$(BIN)/python -m docs.generate

lock: $(BIN)/uv ## resolve requirements/*.txt anew
	@printf "editables\nhatchling\nuv\n" | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header - -o requirements/setup.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt

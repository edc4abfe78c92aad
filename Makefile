# Frittfram. The two that matter: `make demo` and `make test`.
PORT ?= 8000
PYTHON ?= python3
PY := .venv/bin/python
export DJANGO_SETTINGS_MODULE = portal.settings

.PHONY: demo test test-postgres check bench lighthouse nightly lock migrations messages frontend clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     start the product with a demo town at http://127.0.0.1:$(PORT)"
	@echo "make test     run the tests, installing what they need"
	@echo "make check    lint, format, types, import contract, templates, catalogues, front-end build"
	@echo "make bench    measure speed   ·   make nightly   the long versions of the tests"

# ── Installing ──────────────────────────────────────────────────────────────────────────────────────────────
.stamps/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Frittfram needs Python 3.11 or newer; set PYTHON=python3.11."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@mkdir -p .stamps && touch $@

.stamps/run: requirements.lock | .stamps/venv
	@echo "Installing what the site needs …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.stamps/dev: requirements-dev.lock | .stamps/venv
	@echo "Installing what the tests need …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ .stamps/run

# Axe, the HTML validator and the bundler; only tests and `make check` need them.
.stamps/node: portal/frontend/package-lock.json .stamps/dev
	@echo "Installing the front-end tools …"
	@$(PY) portal/frontend/node.py npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# ── Running ─────────────────────────────────────────────────────────────────────────────────────────────────
demo: .stamps/run
	@PORT=$(PORT) $(PY) -m portal.demo.run

# ── Testing ─────────────────────────────────────────────────────────────────────────────────────────────────
test: .stamps/node
	@$(PY) -m tests.run

test-postgres: .stamps/dev
	@$(PY) -m tests.run --postgres-only

check: .stamps/node
	@$(PY) -m tests.check

bench: .stamps/dev
	@$(PY) -m tests.bench $(WHAT)

lighthouse: .stamps/dev
	@$(PY) -m tests.bench._lighthouse

nightly: .stamps/node
	@$(PY) -m tests.run --nightly

# ── Making ──────────────────────────────────────────────────────────────────────────────────────────────────
lock: .stamps/venv
	@$(PY) -m pip install --quiet uv==0.13.8
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

migrations: .stamps/dev
	@$(PY) manage.py makemigrations accounts pages usage translating desk contact newsletters frontline privacy directory cards search

messages: .stamps/dev
	@$(PY) -m portal.messages

frontend: .stamps/node
	@$(PY) portal/frontend/node.py build.mjs

clean:
	rm -rf .venv .stamps var portal/frontend/node_modules

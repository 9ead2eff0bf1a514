# The template's own commands. `make new` needs Python 3.11 or later and git; the rest fetches its tools itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin/

.DEFAULT_GOAL := help
.PHONY: help new test test-slow smoke test-option lint bench docs lock portable clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

new: $(VENV)/.new ## Create a project next to this folder; ARGS="--no-input project_name=Shop"
	@$(BIN)python -m flask_starter . -o .. $(ARGS)

PYTEST := $(BIN)pytest -n auto --dist loadgroup
test: $(VENV)/.test ## Run the tests; ARGS go to pytest
	@$(PYTEST) $(ARGS)

test-slow: $(VENV)/.test ## Test fifty random series of schema changes, fifty races, fifty examples of a generated API, all checks of updated projects, the coverage of all
	@$(BIN)pytest tests/database/test_schema_walk.py tests/accounts/test_account_races.py tests/web/test_generated.py tests/generator/test_edited_projects.py tests/project/test_matrix.py --walks=50 --whole $(ARGS)

smoke: $(VENV)/.test ## Test the defaults and what changed since main: lint, types, own tests, requests
	@$(PYTEST) tests/project/test_matrix.py --contexts=changed $(ARGS)

test-option: $(VENV)/.test ## Do the same with the smallest project for each value of OPTION
	@$(PYTEST) tests/project/test_matrix.py --contexts=option=$(or $(OPTION),$(error say which: make test-option OPTION=cache)) $(ARGS)

lint: $(VENV)/.test ## Check the template's own Python, and that of two rendered projects
	@$(BIN)ruff check .
	@$(BIN)ruff format --check .
	@$(BIN)mypy
	@$(BIN)python tools/lint_rendered.py defaults full

bench: $(VENV)/.test ## Measure rendering, set-up, requests and options
	@PYTHONPATH=tests/support $(BIN)python tests/performance/bench.py $(ARGS)
	@PYTHONPATH=tests/support $(BIN)python tests/performance/bench_requests.py
	@PYTHONPATH=tests/support $(BIN)python tests/performance/bench_instructions.py
	@PYTHONPATH=tests/support $(BIN)python tests/performance/bench_rows.py
	@PYTHONPATH=tests/support $(BIN)python tests/performance/bench_options.py
	@PYTHONPATH=tests/support $(BIN)python tests/performance/bench_containers.py

docs: $(VENV)/.docs ## Build the documentation into site/; a broken link is an error
	@$(VENV)/docs/bin/zensical build --strict --clean
	@$(VENV)/docs/bin/zensical build --strict --clean --config-file zensical.ko.toml

lock: $(VENV)/.test ## Pin the newest versions that pyproject.toml allows
	@$(BIN)uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
	    pyproject.toml --group test --output-file requirements-test.txt
	@$(BIN)uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
	    pyproject.toml --constraint requirements-test.txt --output-file requirements.txt
	@echo zensical | $(BIN)uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
	    - --output-file requirements-docs.txt
	@echo 'wapiti3' | $(BIN)uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
	    - --output-file tests/support/checkers/wapiti.txt
	@printf 'check-jsonschema\nzizmor\n' | $(BIN)uv pip compile --quiet --upgrade --universal --generate-hashes --no-header \
	    --python-version 3.11 - --output-file tests/support/checkers/ci.txt
	@printf 'gixy-next\nhadolint-bin\nsslyze\n' | $(BIN)uv pip compile --quiet --upgrade --universal --generate-hashes --no-header \
	    --python-version 3.11 - --output-file tests/support/checkers/containers.txt
	@for judge in kubernetes-validate checkov; do \
	    echo $$judge | $(BIN)uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
	        - --output-file tests/support/checkers/$$judge.txt || exit; done
	@PATH="$(CURDIR)/$(BIN):$$PATH" python tools/reserved.py

portable: ## Write a copy without < in file names, for Windows, to the folder ARGS
	@$(PYTHON) tools/portable.py $(ARGS)

clean: ## Remove the tools and caches
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis site

$(VENV)/.new: requirements.txt
	@echo "Making the tools' environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make new PYTHON=python3.13")'
	@[ -x $(BIN)pip ] || $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	    echo "$(PYTHON) cannot make an environment: apt install python3-venv, or make new PYTHON=another" >&2; exit 1; }
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.test: requirements-test.txt $(VENV)/.new
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

# Apart from the others, because nothing else needs these packages.
$(VENV)/.docs: requirements-docs.txt
	@$(PYTHON) -m venv --clear $(VENV)/docs
	@$(VENV)/docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.txt
	@touch $@

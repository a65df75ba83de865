# Cairn: the few verbs of this repository. `make` alone lists them.
#
# Needs Python 3.11 or later and make; everything else is put into .tools/ and .venv/ from uv.lock.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/.ready

# uv must use the Python that is here, never fetch one, and never another project's environment.
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Compiled modules are kept: a server that compiles its own source first starts seconds later.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help demo sandbox demo-reset test test-long test-dates nets check format openapi release examples clients bench bench-roster soak term fuzz

help: ## Say what there is
	@printf 'Cairn, an open safeguarding record for schools\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \2/p' $(firstword $(MAKEFILE_LIST)) \
	  | awk '{ printf "  make %-13s", $$2; $$1 = $$2 = ""; print substr($$0, 3) }'
	@printf '\nPORT=8001 and DATABASE_URL=postgresql://... work for make demo and make sandbox.\n'

demo: $(READY) ## Serve a synthetic trust with its own PostgreSQL, and say where
	@exec $(BIN)/cairn demo

sandbox: $(READY) ## Serve a sandbox for developers (docs/sandbox.md)
	@exec $(BIN)/cairn demo --sandbox

demo-reset: $(READY) ## The same, starting over with fresh data
	@exec $(BIN)/cairn demo --reset

# One file stays on one worker: a file's tests share what its fixtures made.
test: $(READY) ## Run all tests on a real PostgreSQL
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long" $(ARGS)

test-long: $(READY) ## Run everything that takes long, as every night (STEPS="whole dates" for some)
	@.ci/nightly $(STEPS)

test-dates: $(READY) ## Run the tests that know dates as if it were other days
	@.ci/dates $(ARGS)

nets: $(READY) ## Rewrite the recorded answers, plans and catalogue (docs/nets.md)
	@CAIRN_REWRITE_NETS=1 $(BIN)/pytest -q \
	  $(or $(ARGS),tests/contract/test_nets.py tests/contract/test_net_catalogue.py)

check: $(READY) ## Format, lint, types, import contracts, OpenAPI drift, words, clients
	@printf '\n== Format ==\n' && $(BIN)/ruff format --check .
	@printf '\n== Lint ==\n' && $(BIN)/ruff check .
	@printf '\n== Types ==\n' && $(BIN)/mypy
	@printf '\n== Import contracts ==\n' && $(BIN)/lint-imports
	@printf '\n== OpenAPI drift and breaks ==\n' && $(BIN)/cairn openapi --check --diff openapi/released
	@$(BIN)/cairn states --check
	@printf '\n== Words ==\n' && $(BIN)/pytest -q -p no:cacheprovider \
	  tests/contract/test_words.py tests/contract/test_operation_words.py
	@printf '\n== Clients ==\n' && $(BIN)/python clients/make.py
	@printf '\nAll checks passed.\n'

format: $(READY) ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

openapi: $(READY) ## Write openapi/ and docs/states.md from the code
	@$(BIN)/cairn openapi
	@$(BIN)/cairn states

release: $(READY) ## Gather changes/ into CHANGELOG.md and keep the description (VERSION=0.1.0)
	@$(BIN)/towncrier build --yes --version $(VERSION)
	@cp openapi/cairn.json openapi/released/$(VERSION).json
	@mkdir -p openapi/released/scim && cp openapi/scim.json openapi/released/scim/$(VERSION).json

examples: $(READY) ## Record the examples of openapi/cairn.json from a run of the tests
	@rm -rf var/recorded
	@CAIRN_RECORD_ANSWERS=var/recorded $(BIN)/pytest -q -n 2 --dist loadfile \
	  tests/api tests/jobs tests/security tests/stories
	@$(BIN)/cairn openapi --recorded var/recorded

clients: $(READY) ## Make the clients for TypeScript and Python; archives go to var/clients
	@$(BIN)/python clients/make.py

bench: $(READY) ## Measure; figures go to bench/RESULTS.md
	@$(BIN)/python -m bench $(ARGS)

bench-roster: $(READY) ## Measure roster imports against COPY; figures go to bench/RESULTS.md
	@$(BIN)/python -m bench.rosters $(ARGS)

soak: $(READY) ## Kill real processes at random under load for SOAK_S seconds (180)
	@$(BIN)/python -m bench.soak

term: $(READY) ## Play a term of alerts in a school, and say what its inboxes hold
	@$(BIN)/python -m bench.term $(ARGS)

fuzz: $(READY) ## Send many generated requests to every operation (CAIRN_FUZZ_EXAMPLES, 40)
	@CAIRN_FUZZ_EXAMPLES=$${CAIRN_FUZZ_EXAMPLES:-40} $(BIN)/pytest -q tests/contract/test_fuzz.py

# Runs again only when the lock or the project's own description changes.
$(READY): pyproject.toml uv.lock
	@sh .ci/install $(UV_VERSION)
	@touch $@

# Every task of this repository. `make` alone lists them.
#
# All it needs is python3 (3.11 or newer) and make: the first task that runs creates .venv, puts a pinned uv
# into it, and lets uv install exactly what uv.lock says. Later tasks find a stamp and go straight to work.

PYTHON     ?= python3
UV_VERSION := 0.13.9
ARGS       ?=
N          ?=
SEED       ?=

# Where known vulnerabilities are looked up: OSV's own service, or one with its API. With AUDIT=required an audit
# that could not be made fails; by default it is said, and the rest goes on. A vulnerability that does not concern
# us is named in AUDIT_IGNORED, with the reason beside it.
OSV_URL       ?= https://api.osv.dev
AUDIT         ?= if-possible
AUDIT_IGNORED :=

VENV  := .venv
BIN   := $(VENV)/bin
UV    := $(BIN)/uv
TOOL  := $(VENV)/.uv-$(UV_VERSION)
READY := $(VENV)/.ready

# The projects of the workspace beside the product.
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard infra/*/pyproject.toml))

# Python keeps what it compiled, here also where a container says otherwise: without that, each of the many processes
# that the tests start compiles two thousand modules for itself.
unexport PYTHONDONTWRITEBYTECODE

# uv works on this .venv and on no other, with this Python and no downloaded one, and trusts the certificates
# that the system trusts.
unexport VIRTUAL_ENV UV_PYTHON
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)
export UV_PYTHON_DOWNLOADS    := never
export UV_SYSTEM_CERTS        ?= 1

# The lock names the public index. Someone's mirror would make uv call the lock outdated, so uv doesn't see it;
# where there is one, packages come from it by another way (see READY), still held to the lock's hashes.
MIRROR := $(or $(UV_DEFAULT_INDEX),$(UV_INDEX_URL),$(PIP_INDEX_URL))
unexport UV_DEFAULT_INDEX UV_INDEX_URL UV_INDEX UV_EXTRA_INDEX_URL

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test nightly faults kills coverage mutants e2e screenshots docs reference check audit image-check release bench soak hunt properties format lock clean

help: ## List the tasks
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  ARGS='...' is passed on: make test ARGS='tests/domain -k quorum'"

setup: $(READY) ## Create .venv with everything in it, teambot in .venv/bin

run: $(READY) ## Run the bot: a local Slack, Teams and AWS, or the real ones when SLACK_BOT_TOKEN or TEAMBOT_TEAMS_APP_ID is set
	@if [ -n "$$SLACK_BOT_TOKEN$$TEAMBOT_TEAMS_APP_ID" ] || grep -Eqs "^(export +)?(SLACK_BOT_TOKEN|TEAMBOT_TEAMS_APP_ID) *= *[\"']?[^\"' #]" .env; then \
	  $(BIN)/teambot migrate && exec $(BIN)/teambot serve $(ARGS); \
	else \
	  exec $(BIN)/teambot sandbox $(ARGS); \
	fi

test: $(READY) ## Run every test that needs no browser
	$(BIN)/pytest --ignore tests/browser -m "not browser and not bench and not nightly" -n 4 --dist worksteal $(ARGS)

nightly: $(READY) ## Run the tests that are too long for every run
	$(BIN)/pytest -m nightly -n 2 --dist worksteal $(ARGS)

coverage: $(READY) ## Measure what the tests reach of core/domain and core/services, and fail below every branch
	@rm -rf out/coverage
	$(BIN)/coverage run -m pytest -p tests.mutation.contexts tests/domain tests/services -m "not nightly" \
	  -k "not postgresql" -n 2 --dist worksteal --timeout 600
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mutants: $(READY) ## Plant faults in core/domain and core/services, all or N=200 SEED=1 of them: does a test notice?
	@[ -e out/coverage/measured ] || $(MAKE) --no-print-directory coverage
	CI=1 $(BIN)/python -m tests.mutation $(addprefix --sample ,$(N)) $(addprefix --seed ,$(SEED)) $(ARGS)

e2e: $(READY) ## Run the browser tests (Chromium)
	$(BIN)/pytest tests/browser -m browser -n 3 --dist worksteal $(ARGS)

screenshots: $(READY) ## Take the pictures of the README anew (Chromium)
	$(BIN)/python -m infra.sandbox.window.screenshots docs/images $(ARGS)

docs: $(READY) ## Build the documentation site into out/site; a link that leads nowhere fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build $(ARGS)
	@echo "The site is in out/site: open out/site/index.html, or serve it (the search needs that):"
	@echo "  python3 -m http.server --directory out/site --bind 127.0.0.1 8000"

reference: $(READY) ## Write the generated parts of docs/ anew: variables, settings, metrics, commands
	$(BIN)/python -m tests.reference

check: $(READY) ## Check format, lint, types, import rules, spelling, the lock and its vulnerabilities, as CI does
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/hadolint infra/docker/Dockerfile
	$(UV) lock --check
	@$(MAKE) --no-print-directory audit

audit: $(READY) ## Look up what uv.lock pins among known vulnerabilities (OSV)
	@mkdir -p out; \
	UV_HTTP_RETRIES=1 UV_HTTP_TIMEOUT=15 $(UV) audit --frozen --preview-features audit-command --service-url "$(OSV_URL)" \
	  $(addprefix --ignore ,$(AUDIT_IGNORED)); outcome=$$?; \
	case $$outcome in \
	  0) echo "dependencies audited: nothing known against them" >out/audit.txt ;; \
	  1) echo "dependencies audited: VULNERABLE" >out/audit.txt; exit 1 ;; \
	  *) echo "dependencies NOT AUDITED: $(OSV_URL) was not reached" >out/audit.txt; \
	     printf '%s\n' '' '!!!' \
	       '!!! NOT AUDITED: whether a dependency has a known vulnerability was NOT looked up.' \
	       '!!! $(OSV_URL) was not reached (above). Name another with OSV_URL=…, or insist with AUDIT=required.' \
	       '!!!' '' >&2; \
	     [ "$(AUDIT)" != required ] ;; \
	esac

.PHONY: infra
infra: $(READY) ## Check infra/ with the tools of its kinds, fetched in pinned versions (cfn-lint, checkov and more)
	@infra/check $(UV) $(if $(MIRROR),--default-index "$(MIRROR)")

soak: $(READY) ## Play random histories against the rules: N=100000, from SEED on (else from anywhere)
	$(BIN)/python -m tests.model.soak $(or $(N),100000) $(SEED)

properties: $(READY) ## Draw far more for each property test than every run does: N=1500 examples (25 minutes)
	TEAMBOT_EXAMPLES=$(if $(filter file,$(origin N)),1500,$(N)) $(BIN)/pytest -m "hypothesis and not nightly" \
	  --ignore tests/e2e --ignore tests/browser -n 2 --dist worksteal --timeout 1200 $(ARGS)

hunt: $(READY) ## Plant faults, and count the random histories until each is found: ARGS='NAME ...', all by default
	$(BIN)/python -m tests.model.hunt $(ARGS)

faults: $(READY) ## Let misfortunes of all sides come together on the real process: N rounds, from SEED on
	$(BIN)/python -m tests.faults.drive $(if $(filter file,$(origin N)),100,$(N)) $(SEED)

kills: $(READY) ## Kill the real process (kill -9) N times in the middle of its work, from SEED on
	$(BIN)/python -m tests.faults.kills $(if $(filter file,$(origin N)),1000,$(N)) $(SEED) $(ARGS)

image-check: $(READY) ## Play the Dockerfile without an engine, and let what it builds serve
	$(BIN)/python -m tests.infra.image

release: $(READY) ## Make the wheels, sdist, SBOM, checksums and, where an engine runs, the image; all in dist/
	PATH="$(CURDIR)/$(BIN):$$PATH" infra/release $(ARGS)

bench: $(READY) ## Measure the real process: a table here, JSON in out/bench.json (ARGS=--quick: in three minutes)
	$(BIN)/python -m tests.bench $(ARGS)

format: $(READY) ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(TOOL) ## Write uv.lock anew (ARGS=--upgrade: with newer versions)
	$(UV) lock $(ARGS)

clean: ## Remove what can be made again: .venv, caches, results; never a database or .env
	rm -rf $(VENV) out dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv that was copied or moved here would run the code of the place it came from: it is made anew.
ifneq ($(shell cat $(TOOL) 2>/dev/null),$(CURDIR))
.PHONY: $(TOOL)
endif
$(TOOL):
	@command -v "$(PYTHON)" >/dev/null \
	  || { echo "make: $(PYTHON) is not installed; TEAM Bot needs Python 3.11 or newer." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "make: $(PYTHON) has no venv or ensurepip module (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@{ grep -Eqs -- '^command = .* $(CURDIR)/$(VENV)$$' $(VENV)/pyvenv.cfg && $(BIN)/python -m pip --version >/dev/null 2>&1; } \
	  || { echo "Creating $(VENV)"; "$(PYTHON)" -m venv --clear $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@echo "$(CURDIR)" > $@

$(READY): pyproject.toml uv.lock $(MEMBERS:=/pyproject.toml) $(TOOL)
	@echo "Installing what uv.lock says into $(VENV)"
	@if [ -z "$(MIRROR)" ]; then \
	  $(UV) sync --locked --all-extras --quiet; \
	else \
	  $(UV) export --frozen --all-extras --no-emit-workspace --quiet --output-file $(VENV)/locked.txt \
	  && $(UV) pip install --python $(BIN)/python --default-index "$(MIRROR)" --require-hashes --quiet -r $(VENV)/locked.txt \
	  && $(UV) pip install --python $(BIN)/python --default-index "$(MIRROR)" --no-deps --quiet \
	    --editable . $(addprefix --editable ,$(MEMBERS)); \
	fi
	@touch $@

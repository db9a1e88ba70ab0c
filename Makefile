# Everything a person or CI does here. `make` alone prints this list.
PYTHON ?=
VENV := .venv
# Compiled modules are kept, so that only the first start of a service compiles.
export PYTHONDONTWRITEBYTECODE :=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
SERVICES := ingest persona simulator optimizer prioritizer
DISTRIBUTIONS := protos common engine $(addprefix services/,$(SERVICES)) cli

# Benchmarks that bench.persona runs.
PARTS := $(addprefix bench/,__init__.py features.py life.py network.py pooling.py)

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format protos docs bench e2e chaos lock clean

help:  ## Print this list.
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(READY)  ## Make the virtual environment with pinned dependencies (done by the others too).

$(READY): requirements.lock $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))
	@PYTHON="$(PYTHON)" deploy/dev/setup "$(VENV)" $(DISTRIBUTIONS)
	@touch $@

demo: setup  ## The main job on a real e-mail campaign, within minutes.
	@$(BIN)/dramatis demo

test: setup  ## All tests.
	@$(BIN)/pytest --numprocesses 2 --dist loadscope

lint: setup  ## Style, types, the dependency rule, the contract.
	@deploy/dev/lint $(BIN)

format: setup  ## Format the code and the protos.
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/buf format -w protos

protos: setup  ## Generate code from the protos.
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python protos/generate.py

docs: setup  ## Generate docs/configuration.md from the settings.
	@$(BIN)/python -m dramatis.runtime.settings_doc \
	  $(foreach name,$(SERVICES),dramatis.$(name).settings:Settings) > docs/configuration.md

bench: setup  ## Benchmarks, each beside its reference.
	@mkdir -p bench/results && for file in $(filter-out $(PARTS),$(wildcard bench/*.py)); do \
	  name=$$(basename $$file .py); \
	  $(BIN)/python -m bench.$$name --json bench/results/$$name.json || exit 1; done

e2e: setup  ## One campaign through the five real services.
	@$(BIN)/pytest tests/e2e

chaos: setup  ## Services killed and brokers taken away under load, every RPC fuzzed for a minute.
	@DRAMATIS_CHAOS_SECONDS=60 DRAMATIS_FUZZ_SECONDS=60 $(BIN)/pytest tests/chaos tests/fuzz

lock: setup  ## Pin the newest versions that resolve together.
	@$(BIN)/uv pip compile --universal --python-version 3.11 --upgrade --quiet requirements.in \
	  --output-file requirements.lock --no-emit-index-url --no-annotate --no-header

clean:  ## Remove what was made here.
	@rm -rf $(VENV) out state bench/results

# make demo    a real Orthanc, a real CT, its contours; ARGS=--exit stops afterwards
# make run     Orthanc with the plugin and orthanc.json, in the foreground
# make test    lint, types and the whole suite against a real Orthanc
# make bench   speed and memory beside the peers, as ratios
# make lint    ruff, mypy, import-linter
.PHONY: demo run test lint unit bench setup clean
SHELL := /bin/bash
BIN := .venv/bin

demo:
	@./setup.sh run
	@$(BIN)/python -m plugin.demo $(ARGS)

run:
	@./setup.sh run
	TCP_NODELAY=1 exec Orthanc orthanc.json

setup:
	@./setup.sh test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

unit: setup
	$(BIN)/python -m pytest tests/unit $(ARGS)

bench: setup
	$(BIN)/python -m tests.bench $(ARGS)

clean:
	rm -rf .venv .cache build *.egg-info

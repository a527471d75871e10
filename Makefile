# make demo    a real Orthanc, a real CT, its contours; ARGS=--exit stops afterwards
# make run     Orthanc with the plugin and orthanc.json, in the foreground
# make test    lint, types and the whole suite against a real Orthanc
# make test-docker  the main job in containers, alone and through the service; builds the images
# make test-debian  the main job in the Orthanc and Python of Debian 12, 13 and sid, made by debootstrap (needs root)
# make page    the page of plugin/gateway/page, checked and built into plugin/gateway/assets, which is committed
# make pictures  the pictures of the page in docs/images, taken anew
# make wheel   the wheel, for the Python in .venv: build/dist
# make deb     the Debian package, for this release of Debian: build/dist
# make test-packages  wheel and package in a bare Debian, every command of docs/install.md (needs root and debootstrap)
# make fuzz    both APIs and the service's uploads, longer than in the suite; MINUTES=10
# make chaos   many jobs while gateway, workers and Orthanc are killed at random; JOBS=40 SEED=1
# make chaos-group  three gateways on PostgreSQL while gateways, database, network and disk fail; writes docs/reliability.md
# make soak    three gateways, 2,000 small series, kills at random: nothing grows; SERIES=2000 or HOURS=2, SEED
# make bench   speed and memory beside the peers, as ratios
# make test-models  the network engines against nnU-Net itself, in a Python of its own (minutes)
# make test-long  what make test leaves out: every kill in every phase, 500 series, 500 results, 300 slices of 1024 × 1024
# make scanners  series of real scanners, and what an Orthanc with the plugin makes of each; ARGS=FOLDER for your own
# make sbom    what this is made of, as CycloneDX, from the lock: build/sbom.cdx.json
# make audit   the locked packages against the published flaws of Python packages, where a data base can be reached
# make release  checks that this commit can be tagged: version, changelog, clean tree, whole suite; changes nothing
# make coverage  the lines that tests/unit reaches, with a floor; build/coverage/index.html
# make lint    ruff, codespell, mypy, import-linter
MINUTES ?= 10
# CONTAINER_ENGINE: where no Docker answers, a program whose `start` starts one, printing the variables to reach it by, and
# whose `stop` ends it. Nothing in this repository needs it; this path is used only where something lies there.
CONTAINER_ENGINE ?= $(wildcard ../shared/bin/container-engine)
.PHONY: page pictures wheel deb test-packages chaos chaos-group soak coverage release sbom audit test-docker test-debian fuzz demo run test lint unit bench scanners test-long setup clean
SHELL := /bin/bash
BIN := .venv/bin
# Each test starts processes of this code: compiled once.
unexport PYTHONDONTWRITEBYTECODE

demo:
	@./setup.sh run
	@$(BIN)/python -P -m plugin.demo $(ARGS)

run:
	@./setup.sh run
	TCP_NODELAY=1 exec Orthanc orthanc.json

setup:
	@./setup.sh test

test-long: setup
	AUTOCONTOUR_LONG=1 $(BIN)/python -m pytest -m long -n 4 --dist loadfile --no-loadscope-reorder --require-orthanc $(ARGS)

scanners: setup
	$(BIN)/python -W ignore -m tests.scanners $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder --require-orthanc $(ARGS)

test-docker: setup
	@set -e; \
	if ! docker info >/dev/null 2>&1 && [ -n "$(CONTAINER_ENGINE)" ]; then \
		trap '"$(CONTAINER_ENGINE)" stop' EXIT; \
		eval "$$("$(CONTAINER_ENGINE)" start)"; \
	fi; \
	docker info >/dev/null 2>&1 || { echo "no container engine answers: start Docker, set DOCKER_HOST or CONTAINER_ENGINE" >&2; exit 1; }; \
	docker compose version >/dev/null || { echo "install Compose v2 (Debian: docker-compose)" >&2; exit 1; }; \
	AUTOCONTOUR_DOCKER=1 $(BIN)/python -m pytest tests/docker $(ARGS)

test-debian: setup
	$(BIN)/python -m tests.debian $(ARGS)

page: setup
	$(BIN)/python -m tests.page_types
	plugin/gateway/page/npm.sh tools
	plugin/gateway/page/npm.sh run -s build

pictures: setup
	$(BIN)/python -m tests.page_pictures

# From nothing: setuptools packs what it once put into build/lib.
wheel: setup
	@rm -rf build/lib build/temp* build/bdist* build/dist/*.whl && mkdir -p build/dist
	$(BIN)/pip wheel -q --no-deps --no-build-isolation -w build/dist .
	@for part in _trace _labels; do $(BIN)/python -m zipfile -l build/dist/*.whl | grep "$$part.*[.]so" >/dev/null || { echo "the C part did not compile: install gcc and python3-dev" >&2; exit 1; }; done
	@cp requirements.lock build/dist/
	@echo build/dist/*.whl

deb: wheel
	@rm -f build/dist/*.deb
	packaging/deb/build.sh build/dist/*.whl build/dist

test-packages: deb
	@[ "$$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { echo "make test-packages makes a Debian by debootstrap and chroot: it needs root and Debian's package debootstrap" >&2; exit 2; }
	AUTOCONTOUR_PACKAGES=1 $(BIN)/python -m pytest tests/packages $(ARGS)

release: setup
	$(BIN)/python -m tests.release
	$(MAKE) test
	$(BIN)/python -m tests.release --tag

fuzz: setup
	SCHEMA_EXAMPLES=$$((200 * $(MINUTES))) FUZZ_SECONDS=$$((60 * $(MINUTES))) $(BIN)/python -m pytest \
		tests/unit/plugin/gateway/api/test_any_request_is_answered.py tests/unit/model/service/test_any_request_is_answered.py \
		tests/unit/model/service/test_uploads_are_fuzzed.py $(ARGS)

coverage: setup
	$(BIN)/python -m pytest -n 3 --dist loadfile tests/unit --cov --cov-report=term --cov-report=html:build/coverage $(ARGS)

JOBS ?= 40
SEED ?= 1
chaos: setup
	CHAOS_JOBS=$(JOBS) CHAOS_SEED=$(SEED) $(BIN)/python -m pytest tests/orthanc/test_many_jobs_under_random_kills.py $(ARGS)

chaos-group: setup
	$(BIN)/python -m tests.chaos $(ARGS)

# Into docs/reliability.md; Ctrl-C ends it in order, with the series that there are.
soak: setup
	SERIES=$(SERIES) HOURS=$(HOURS) SEED=$(SEED) $(BIN)/python -m tests.soak

unit: setup
	$(BIN)/python -m pytest tests/unit $(ARGS)

test-models: setup
	tests/models/setup-oracle.sh
	$(BIN)/python -m pytest tests/models/check_like_nnunet.py $(ARGS)

bench: setup
	$(BIN)/python -m tests.bench $(ARGS)

# In an environment of their own: what looks at the dependencies is none of them.
SUPPLY := .cache/supply/bin
$(SUPPLY)/cyclonedx-py:
	$(BIN)/python -m venv .cache/supply
	$(SUPPLY)/pip install -q cyclonedx-bom==7.5.0 pip-audit==2.10.1

sbom: setup $(SUPPLY)/cyclonedx-py
	@mkdir -p build
	$(SUPPLY)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --mc-type application \
		--output-reproducible --of JSON -o build/sbom.cdx.json
	@echo "build/sbom.cdx.json"

audit: setup $(SUPPLY)/cyclonedx-py
	$(BIN)/python -m tests.audit $(SUPPLY)/pip-audit

clean:
	rm -rf .venv .cache build *.egg-info

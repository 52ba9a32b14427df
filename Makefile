# Every target makes the machine ready first: python3, git and make are enough to begin with.
# bootstrap/prepare.py says what it does, and is done in a moment when nothing has changed.

PYTHON ?= python3
SOAK_MINUTES ?= 30
FROZEN_MINUTES ?= 10
SOAK_ROUNDS ?= 200
# Most tests wait for other processes, so three at a time share what each leaves unused.
TEST_JOBS ?= 3
ARCHITECTURE ?= amd64
# Which files, and how many changes: bootstrap/mutants.py says what there is.
MUTANTS ?=

# Images of containers often forbid Python to keep what it has compiled. The tests start hundreds
# of processes, and each would compile everything that it imports: 0.8 s for the command alone.
export PYTHONDONTWRITEBYTECODE =

# The tests start Mosquitto and MicroPython by name.
IN_ENVIRONMENT = PATH="$(CURDIR)/.venv/bin:$$PATH"

.PHONY: help prepare browser web-servers district-parts demo demo-district test check check-format \
        check-lint check-imports check-types check-firmware-types format firmware bench pictures soak \
        influxd chaos home-assistant mutants deb test-root sbom audit clean
.DEFAULT_GOAL := help

help:
	@echo "make prepare   what all others need, into .venv and .cache; the first of them runs it"
	@echo "make demo      three virtual boards, the gateway and an alarm centre, in about a minute"
	@echo "make demo-district  three gateways and their district: engine, database, two processes"
	@echo "make test      all tests"
	@echo "make browser   the browser of the tests, into .cache"
	@echo "make district-parts  engine and database of a district, into .cache"
	@echo "make web-servers  the web servers of the tests, into .cache"
	@echo "make check     format, lint, types, and the firmware compiled for the board"
	@echo "make firmware  the firmware and the protocol as .mpy files in build/mpy, with sizes"
	@echo "make bench     measurements, each beside its floor, into build/bench.json"
	@echo "make pictures  every page of the console in both languages, into build/pictures"
	@echo "make chaos     what is lost under each fault: kill, full disk, clock, poison ..."
	@echo "make soak      faults by chance for SOAK_MINUTES (30), fuzzers for as long, arm64, a"
	@echo "               console that stands still for FROZEN_MINUTES (10), and SOAK_ROUNDS (200)"
	@echo "               of faults on a district"
	@echo "make home-assistant  a real Home Assistant (600 MB) with our panels, against a real broker"
	@echo "make mutants   mistakes put into the files that keep promises: which does no test notice?"
	@echo "make deb       the Debian package for amd64, into build; ARCHITECTURE=arm64 for a Pi"
	@echo "make test-root the package on Debian 12 and 13: installed, upgraded, removed; as root"
	@echo "make sbom      the parts of gateway and firmware (CycloneDX), into build"
	@echo "make audit     known weaknesses of the packages in uv.lock"
	@echo "make influxd   InfluxDB 2 for its tests, where Go and Rust are there"
	@echo "make format    put the code into its format"
	@echo "make clean     remove everything that was made or downloaded"

prepare:
	@$(PYTHON) bootstrap/prepare.py

demo: prepare
	$(IN_ENVIRONMENT) .venv/bin/callpoint demo

demo-district: district-parts
	$(IN_ENVIRONMENT) .venv/bin/callpoint demo --district

# The demo needs no browser; the tests do.
browser: prepare
	@$(PYTHON) bootstrap/browser.py

# prepare brings what every target needs. What only some need (a browser, web servers, the engine
# and the database of a district) has a target of its own, which those name.
district-parts: prepare
	@$(PYTHON) bootstrap/district_parts.py

web-servers: prepare
	@$(PYTHON) bootstrap/web_servers.py

test: browser web-servers district-parts
	$(IN_ENVIRONMENT) .venv/bin/python -m pytest -n $(TEST_JOBS) --dist worksteal

check: check-format check-lint check-imports check-types check-firmware-types firmware

check-format: prepare
	.venv/bin/ruff format --check .

check-lint: prepare
	.venv/bin/ruff check .

check-imports: prepare
	.venv/bin/lint-imports

check-types: prepare
	.venv/bin/mypy

check-firmware-types: prepare
	.venv/bin/mypy --config-file firmware/mypy.ini

format: prepare
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

firmware: prepare
	$(IN_ENVIRONMENT) .venv/bin/python bootstrap/compile_firmware.py

pictures: browser district-parts
	$(IN_ENVIRONMENT) .venv/bin/python -m dashboards.tests.browser.pictures build/pictures

bench: firmware browser district-parts
	$(IN_ENVIRONMENT) .venv/bin/python bench/run.py

soak: prepare district-parts
	$(IN_ENVIRONMENT) .venv/bin/callpoint chaos run --seconds 30 --minutes $(SOAK_MINUTES)
	$(IN_ENVIRONMENT) .venv/bin/python -m gateway.tests.district.faults.soak $(SOAK_ROUNDS)
	.venv/bin/python bootstrap/fetch_fuzzer.py
	$(IN_ENVIRONMENT) .venv/bin/python -m gateway.tests.fuzz.soak $(SOAK_MINUTES)
	$(IN_ENVIRONMENT) .venv/bin/python -m dashboards.tests.frozen.soak $(FROZEN_MINUTES)
	.venv/bin/python packaging/root_tests/foreign.py

chaos: prepare
	$(IN_ENVIRONMENT) .venv/bin/callpoint chaos report
	$(IN_ENVIRONMENT) .venv/bin/python bench/thingsboard.py

home-assistant: prepare
	.venv/bin/python bootstrap/home_assistant.py
	$(IN_ENVIRONMENT) .venv/bin/python -m gateway.tests.home_assistant.play \
	    "$$(.venv/bin/python bootstrap/home_assistant.py)"

mutants: district-parts
	.venv/bin/python bootstrap/mutants.py $(MUTANTS)

deb: prepare
	.venv/bin/python packaging/build_deb.py --architecture $(ARCHITECTURE)

test-root: district-parts
	$(IN_ENVIRONMENT) .venv/bin/python packaging/root_tests/run.py

sbom: firmware
	.venv/bin/python packaging/bill.py

audit: prepare
	.venv/bin/python packaging/audit.py

influxd: prepare
	.venv/bin/python bootstrap/build_influxd.py

clean:
	rm -rf build dist .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What a newcomer needs: `make demo` and `make test`. Each sets up what it uses.

PORT ?= 8000
SIZE ?= city
SEED ?= 1
python := .venv/bin/python
# Whatever we start ends with us, even if make is killed.
run := exec env PADAN_END_WITH_PARENT=1 $(python)

.DEFAULT_GOAL := help
.PHONY: help demo dev test bench check check-setup fix messages setup setup-dev setup-bench chromium clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

demo: setup ## build the demo world, walk the road once, serve it (PORT= SIZE=small|city SEED= ONCE=1)
	@$(run) manage.py serve --demo --port "$(PORT)" --size "$(SIZE)" --seed "$(SEED)" $(if $(ONCE),--once)

dev: setup-dev ## serve with automatic reload and no demo world (PORT=)
	@$(run) manage.py serve --dev --port "$(PORT)"

test: setup-dev chromium ## run every test (ARGS="tests/core -x" for a part)
	@$(run) -m pytest -n 2 --dist loadgroup $(ARGS)

bench: setup-bench ## measure the matching engine beside its peers, in a smaller size (ARGS="--employees 50000 --slots 5000")
	@$(run) -m matching.engine.bench --employees 20000 --slots 2000 --peers --filters --increments $(ARGS)

check-setup: ## set up where it is hard to: other users, paths, Pythons, no network (ARGS="--only ordinary-user"; minutes a case)
	@python3 scripts/check_setup.py $(ARGS)

check: setup-dev ## ruff, mypy, import contracts, missing migrations, templates, translations
	@sh scripts/check

fix: setup-dev ## let ruff and djlint repair what they can
	@$(python) -m ruff check --fix --quiet . || true
	@$(python) -m ruff format .

messages: setup-dev ## gather new sentences into locale/, compile, list what is not translated
	@$(python) scripts/messages.py

setup:
	@sh scripts/setup

setup-dev:
	@sh scripts/setup dev

setup-bench:
	@sh scripts/setup bench

chromium:
	@sh scripts/chromium

clean: ## remove local data, logs and caches (not .venv)
	rm -rf .padan .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results

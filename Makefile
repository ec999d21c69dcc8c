.DEFAULT_GOAL := help
.PHONY: help run stop test check bench messages lock docs
PY := .venv/bin/python

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.venv/.ready: pyproject.toml requirements.lock tools/setup hatch_build.py
	@tools/setup

run: .venv/.ready ## Set up, start the hotline and walk one synthetic report all the way
	@.venv/bin/lindung demo

stop: .venv/.ready ## Stop the hotline and its database
	@.venv/bin/lindung stop

test: .venv/.ready ## Set up and run every test
	@$(PY) hatch_build.py
	@$(PY) -m pytest -n 2 --dist loadfile

check: .venv/.ready ## Lint, types, floors
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: .venv/.ready ## Measure beside the named peers (slow); bench-NAME measures one
	@$(PY) -m bench

bench-%: .venv/.ready
	@$(PY) -m bench $*

docs: .venv/.ready ## Draw and build the documentation into site/
	@.venv/bin/lindung settings --markdown > docs/settings.md
	@$(PY) tools/draw_architecture.py
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet

messages: .venv/.ready ## Collect the texts to translate and compile the translations
	@cd src/lindung/hotline && ../../../.venv/bin/django-admin makemessages --all --no-obsolete --no-location
	@$(PY) hatch_build.py

lock: .venv/.ready ## Pin every dependency with its hashes
	@.venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 --extra dev \
		--no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock

# Every target sets up what it needs; python3 with venv is enough to start from.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test check bench docs clean
.DELETE_ON_ERROR:

# The virtual environment, made again when what the package needs changes.
$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "headstart needs Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# The main job on real pictures of solar cells (fetched once, 91 MB, for non-commercial use only).
demo: $(READY)
	$(BIN)/headstart demo $(ARGS)

# All tests in two processes of one thread each, a file in one of them (two cores are then used twice as well as by
# two threads). ARGS="-m 'not real'" leaves out those that fetch weights or data, ARGS="-n 8" takes eight processes.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# Style, types, layers, and documents that quote the program.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

# headstart beside its peers, for hours, into build/bench; ARGS=NAME runs another measurement of bench/README.md.
bench: $(READY)
	$(BIN)/python -m bench $(or $(ARGS),peers --resume --out build/bench)

# Write the documents that quote the program.
docs: $(READY)
	$(BIN)/python docs/generate.py

clean:
	rm -rf .pytest_cache .ruff_cache .import_linter_cache build dist
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

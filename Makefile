# make demo     live through an event's weeks in seconds, on folders instead of servers
# make test     all checks and tests; installs what they need
# make check    only the checks that need no server: lint, format, types, floors
# make bench    the performance table
# make torture  kill, freeze, cut and fill everything at random, and count: MAILBOT_TORTURE="10 minutes" or "40 rounds"
# make score    how well replies are read
# make mails    every mail as .eml, .html and picture, in build/mails
.PHONY: demo test check bench torture score models mails lock clean

BIN = .venv/bin

demo:
	@.ci/venv constraints.txt
	@$(BIN)/mailbot demo demo

test: check
	@.ci/servers
	MAILBOT_TESTS_MUST_HAVE_SERVERS=1 $(BIN)/python -m pytest -q

check:
	@.ci/venv constraints-dev.txt
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench:
	@.ci/venv constraints-dev.txt
	@$(BIN)/python -m bench

torture:
	@.ci/venv constraints-dev.txt
	@.ci/servers
	@$(BIN)/python -m tests.crashes.torture

score:
	@.ci/venv constraints-dev.txt
	@$(BIN)/python bench/score.py

models:
	@.ci/venv constraints-dev.txt
	@$(BIN)/python bench/train.py

mails:
	@.ci/venv constraints-dev.txt
	@.ci/servers
	@$(BIN)/python -m tests.compose.screenshots

lock:
	@.ci/lock

clean:
	rm -rf .venv build demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

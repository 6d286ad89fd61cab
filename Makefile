# Two commands: `make run` and `make test`. Both set up all they need; see README.md.
PYTHON ?= python3

.PHONY: run test test-deep lint bench fuzz setup areas clean

run:
	@exec $(PYTHON) tools/bootstrap.py run

test:
	@exec $(PYTHON) tools/bootstrap.py test

test-deep:
	@exec $(PYTHON) tools/bootstrap.py test-deep

lint:
	@exec $(PYTHON) tools/bootstrap.py lint

bench:
	@exec $(PYTHON) tools/bootstrap.py bench

fuzz:
	@exec $(PYTHON) tools/bootstrap.py fuzz

areas:
	@exec $(PYTHON) tools/bootstrap.py areas

setup:
	@exec $(PYTHON) tools/bootstrap.py setup

# Everything that was made here, but not the data under var/
clean:
	rm -rf .venv static/vendor locale/*/LC_MESSAGES/*.mo

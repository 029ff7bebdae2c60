# Every target sets up .venv by itself; PYTHON=python3.12 make … picks another interpreter.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow test-browser test-spark pages check faults coverage train train-check evaluate curve ablation compare bench bench-stream bench-report bench-large bench-spark build clean

demo: .venv/demo
	$(BIN)/spillover predict examples/border-clashes.txt

test: .venv/dev
	$(BIN)/pytest -n 2

test-slow: .venv/spark
	$(BIN)/pytest -n 2 -m "slow or not slow"

# Pages in a headless Chromium; build/axe-core-*.tgz (npm pack axe-core) adds the check by axe.
test-browser: .venv/dev
	$(BIN)/pytest -m "slow or not slow" tests/browser

# On Spark, which needs Java (17 or later): in this process, and on a cluster on loopback.
test-spark: .venv/spark
	$(BIN)/pytest -m "slow or not slow" tests/spark

# The example pages of the README and their screenshots.
pages: .venv/dev
	$(BIN)/spillover report examples/border-clashes.txt --output docs/border-clashes.html
	$(BIN)/spillover report examples/month/articles.jsonl --output docs/month.html
	$(BIN)/spillover timeline examples/month/articles.jsonl --output docs/month-timeline.html
	$(BIN)/python docs/screenshots.py

# Makes the table of SECURITY.md anew: all that can go wrong, tried, and what came of it.
faults: .venv/dev
	PYTHONPATH=tests $(BIN)/python -m faults.table

# The shares of known words that tell what the model cannot judge.
coverage: .venv/dev
	$(BIN)/python benchmarks/coverage.py

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/spillover corpus check data/labeled

# The shipped model is what this makes from data/labeled.
train: .venv/dev
	$(BIN)/spillover train data/labeled --out build/pretrained
	rm -rf model/spillover/pretrained
	mv build/pretrained model/spillover/pretrained
	rm model/spillover/pretrained/pipeline.joblib

train-check: .venv/dev
	rm -rf build/again
	$(BIN)/spillover train data/labeled --out build/again
	diff -r --exclude=pipeline.joblib build/again model/spillover/pretrained
	@echo "The shipped model is byte for byte what training makes."

# make evaluate EVAL=real_news.jsonl adds a file that is not part of the repository.
evaluate: .venv/dev
	$(BIN)/spillover evaluate data/labeled --split test
	$(if $(EVAL),$(BIN)/spillover evaluate $(EVAL))

curve: .venv/dev
	$(BIN)/python benchmarks/learning_curve.py data/labeled/learning-curve.svg $(EVAL)

ablation: .venv/dev
	$(BIN)/python benchmarks/ablation.py $(EVAL)

# What is measured beside fastText needs the extra that holds it.
compare: .venv/bench
	$(BIN)/python benchmarks/compare.py $(EVAL)

bench: .venv/bench
	$(BIN)/python benchmarks/speed.py

# Memory is measured on a file of 2 GB; make bench-stream MEGABYTES=200 is done sooner.
bench-stream: .venv/dev
	$(BIN)/python benchmarks/stream.py $(or $(MEGABYTES),2000)

bench-report: .venv/dev
	$(BIN)/python benchmarks/report.py

# 200,000 rows, the default, take six minutes; make bench-large ROWS=2000000 forty.
bench-large: .venv/dev
	$(BIN)/python benchmarks/large.py $(ROWS)

# make bench-spark SENTENCES=5000000 for another size.
bench-spark: .venv/spark
	$(BIN)/python benchmarks/spark.py $(SENTENCES)

build: .venv/dev
	$(BIN)/python -m build --outdir build/dist

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/bench: .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	touch $@

.venv/spark: .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[spark]'
	touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@ .venv/demo

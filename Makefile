# make predict    LaTeX of the example pictures, or of PICTURES="a.png b/"
# make app        the page and the HTTP interface at http://127.0.0.1:7860, no torch; make api the interface alone
# make test       the tests
# make setup      the virtual environment alone (.venv); make tex installs TeX Live where it is missing
# make onnx       the graphs of CHECKPOINT=checkpoints/base, which predict.py reads with
# make release    scores CHECKPOINT on the test split, once for a release; the card shows them
# make export     what goes to the Hub of CHECKPOINT, as REPO_ID: the folders of model and Space in artifacts/hub
# make push       puts it there, with DRY_RUN=1 lists it; SPACE and METRIC name Spaces for the demo and the metric
# make bench      how fast it reads, beside models of the sizes that others have published
# make lint       ruff and mypy

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PICTURES ?= examples
CHECKPOINT ?= checkpoints/base
DATA ?= yuntian-deng/im2latex-100k
APT := DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends
TEX := texlive-latex-base texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended texlive-science \
	cm-super-minimal lmodern

export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: setup predict app api onnx release export push bench test lint tex browser clean

setup: $(VENV)/.installed

# Reading pictures takes a small part of what training takes; Python compiles of it what it uses, when it does.
$(VENV)/.installed-cpu: requirements-cpu.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...' >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && $(APT) python3-venv; } || \
		{ echo 'Python lacks venv. As root: apt-get install python3-venv' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile -r requirements-cpu.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.installed-cpu requirements.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/.installed-app: $(VENV)/.installed-cpu requirements-extras.txt requirements-app.txt
	$(BIN)/python -m pip install --quiet -r requirements-app.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed $(VENV)/.installed-app requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

predict: $(VENV)/.installed-cpu
	@$(BIN)/python predict.py $(PICTURES)

app: $(VENV)/.installed-app
	$(BIN)/python app.py --log-format text

api: $(VENV)/.installed-app
	$(BIN)/python app.py --no-page --log-format text

onnx: setup
	$(BIN)/python export_onnx.py $(CHECKPOINT)

release: setup tex
	$(BIN)/python evaluate.py --checkpoint $(CHECKPOINT) --data $(DATA) --split test --out artifacts/release \
		--backend onnx --processes $$(getconf _NPROCESSORS_ONLN)
	cp artifacts/release/scores.json $(CHECKPOINT)/

export: setup
	$(BIN)/python -m hub_card.export $(CHECKPOINT) $(if $(REPO_ID),--repo-id $(REPO_ID))

push: setup
	$(BIN)/python -m hub_card.push $(CHECKPOINT) --repo-id $(REPO_ID) $(if $(SPACE),--space $(SPACE)) \
		$(if $(METRIC),--metric $(METRIC)) $(if $(DRY_RUN),--dry-run)

bench: setup
	$(BIN)/python -m benchmarks.inference

test: $(VENV)/.installed-dev tex browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

tex:
	@{ command -v pdflatex && kpsewhich stmaryrd.sty slashed.sty mathtools.sty cancel.sty upgreek.sty; } >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && $(APT) $(TEX); } || \
		{ echo 'TeX Live is needed. As root: apt-get install --no-install-recommends $(TEX)' >&2; exit 2; }

browser:
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && $(APT) chromium; } || \
		echo 'Chromium is missing: the tests of the page are left out' >&2

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Targets of the reporting pipeline. Each calls one command; `python -m pipeline --help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := bash

ROUND ?= 2022
REPORT ?= thb
VERSION ?= restricted
STATE ?= RO
PYTHON ?= python3
# The reports that the pipeline knows, in their order.
REPORTS := $(shell sed -n 's/^REPORTS = (\(.*\))$$/\1/p' pipeline/project.py | tr -d '",')
VERSIONS ?= restricted public
# Every row of the release policy is a version that can be built.
POLICY := data_contracts/release_policy.yaml
ALL_VERSIONS := $(shell sed -n '/^versions:/,/^[a-z]/s/^  \([a-z]*\):.*/\1/p' $(POLICY))
RETURNS := $(or $(SELEC_RETURNS),returns)
OUTPUTS := $(or $(SELEC_OUTPUTS),outputs)
OUT := $(OUTPUTS)/$(ROUND)
RELEASES := $(or $(SELEC_RELEASES),$(OUTPUTS)/releases)
PY := .venv/bin/python
RUN := $(PY) -m pipeline
# Given with the command only: the LANGUAGE of the machine must not change what states read.
SPOKEN := $(if $(filter command line,$(origin LANGUAGE)),--language $(LANGUAGE))
ROUND_GIVEN := $(if $(filter-out file,$(origin ROUND)),--round $(ROUND))
# Rounds with returns up to the one asked for: the earlier ones give the revisions.
ROUNDS := $(shell for r in $$(ls $(RETURNS) 2>/dev/null | grep -E '^[0-9]{4}$$'); do [ $$r -le $(ROUND) ] && echo $$r; done)

CONTRACTS := $(shell find data_contracts -type f)
CODE_BASE := $(wildcard pipeline/*.py pipeline/contracts/*.py)
CODE_READ := $(CODE_BASE) $(wildcard pipeline/formats/*.py pipeline/intake/*.py pipeline/records/*.py pipeline/rules/*.py) \
	$(wildcard templates/findings/* templates/locale/*/*.po)
CODE_NUMBERS := $(wildcard pipeline/warehouse/*.py pipeline/sql/*.py) pipeline/disclosure/stores.py
CODE_PROTECT := $(wildcard pipeline/disclosure/*.py pipeline/audit/*.py) pipeline/release/register.py pipeline/release/proof.py pipeline/release/rule_copies.py
CODE_RENDER := $(wildcard pipeline/report/*.py pipeline/open_data/*.py pipeline/release/*.py pipeline/leaks/*.py pipeline/numerals/*.py) \
	pipeline/signoff/draft.py pipeline/sql/lineage.py $(wildcard sql/*/*.sql)
SHARED := $(shell find templates/shared -type f)

##@ Daily
help:  ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' Makefile
	@echo; echo "  ROUND=$(ROUND)  REPORT=$(subst $() ,|,$(REPORTS))  VERSION=restricted|public|partner  STATE=RO"

# AS_OF=2026-03-01 builds from the returns that were known on that day, in a folder of its own.
reports: .venv/.installed-requirements  ## Build all reports of ROUND: VERSIONS="restricted public partner" AS_OF=2026-03-01
	@+$(call build,all-reports)

report: .venv/.installed-requirements  ## Build one report: REPORT= VERSION= AS_OF=
	@+$(call build,one-report)

THEN := $(OUTPUTS)/as-of/$(AS_OF)
define build
$(if $(AS_OF),\
	$(RUN) as-of '$(AS_OF)' --folder '$(THEN)' && \
	SELEC_RETURNS='$(THEN)/returns' SELEC_OUTPUTS='$(THEN)/outputs' SELEC_RELEASES= $(MAKE) --no-print-directory $@ AS_OF=,\
	$(RUN) hold $(MAKE) --no-print-directory $(1))
endef

# What the page on the round is about, and what it is made with, where that is newer than the page.
NEWER_THAN_DESK = find $(OUT) templates/desk pipeline/desk $(if $(wildcard $(OUTPUTS)/index.html),-newer $(OUTPUTS)/index.html) \
	'(' -name manifest.json -o -name findings.json -o -name 'desk*' -o -path '*/desk/*.py' ')' -print -quit

# The same error of several versions is printed once: "error: ..." with the indented lines that go with it.
ONCE = awk 'function put() { if (e != "" && !seen[e]++) print e; e = "" } /^error: / { put(); e = $$0; next } \
	e != "" && /^  / { e = e "\n" $$0; next } { put(); print } END { put() }'

# One report that fails does not keep the others from being built; the build as a whole fails all the same.
all-reports:
	@$(MAKE) --no-print-directory --silent $(OUT)/.numbers
	@set -o pipefail; failed=0; \
	{ $(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target \
	$(foreach r,$(REPORTS),$(foreach v,$(VERSIONS),$(OUT)/$(r)/$(v)/manifest.json)) 2>&1 >&3 | $(ONCE) >&2; } 3>&1 || failed=1; \
	[ -z "$$($(NEWER_THAN_DESK))" ] || { $(RUN) desk --round $(ROUND) > /dev/null && touch -c $(OUTPUTS)/index.html; }; \
	ls $(foreach r,$(REPORTS),$(foreach v,$(VERSIONS),$(OUT)/$(r)/$(v)/*.pdf)) 2> /dev/null; \
	[ $$failed = 0 ] || { echo "not every report was built: the errors are above, older files stand" >&2; exit 1; }

one-report:
	@$(MAKE) --no-print-directory $(OUT)/$(REPORT)/$(VERSION)/manifest.json
	@ls $(OUT)/$(REPORT)/$(VERSION)/*.pdf

validate: .venv/.installed-requirements  ## Read and check the returns of ROUND, write findings pages, marked returns and letters
	@$(RUN) validate --round $(ROUND) $(SPOKEN)

feedback: .venv/.installed-requirements  ## Write what goes back to a state, its marked returns and a letter: STATE=
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.validated
	@$(RUN) feedback --round $(ROUND) --state $(STATE) $(SPOKEN)

desk: .venv/.installed-requirements  ## Show the page on the whole round on loopback: PORT=8000, SERVE=no to write it only
	@$(RUN) desk --round $(ROUND) $(if $(filter no,$(SERVE)),,--serve --port $(or $(PORT),8000))

queries: .venv/.installed-requirements  ## List what states are asked: open, asked, answered; STATE= for one of them
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.validated
	@$(RUN) queries --round $(ROUND) $(if $(filter-out file,$(origin STATE)),--state '$(STATE)')

ask: .venv/.installed-requirements  ## Enter the open queries of a state in the log as asked: STATE= DATE=2023-04-01
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.validated
	@$(RUN) ask --round $(ROUND) --state '$(STATE)' --date '$(DATE)'
	@$(call list_returns,$(ROUND)) > $(OUT)/.returns  # asking changes nothing that was found
	@touch -c -r $(OUT)/.validated $(OUT)/.returns

answer: export SELEC_ANSWER = $(value ANSWER)
answer: .venv/.installed-requirements  ## Enter an answer: QUERY=id ANSWER="..." EFFECT=confirmed|corrected|withdrawn DATE= RESOLUTION=whole|parts|neither
	@$(RUN) answer --round $(ROUND) --query '$(QUERY)' --effect '$(EFFECT)' --date '$(DATE)' --resolution '$(RESOLUTION)'

explain: .venv/.installed-requirements  ## Walk a number back to the returns: KEY=THB_VICTIMS:SELEC.2022._T._T or REF=thb:T3.r4.c2 VERSION= JSON=1
	@$(RUN) explain --round $(ROUND) --version '$(VERSION)' $(if $(KEY),'$(KEY)') $(if $(REF),--ref '$(REF)') $(if $(JSON),--json)

history: .venv/.installed-requirements  ## Who said what when, from the ledger: STATE= TABLE=THB_VICTIMS KEY=
	@$(RUN) history --state $(STATE) --table '$(or $(TABLE),THB_VICTIMS)' $(if $(KEY),--key '$(KEY)') $(if $(JSON),--json)

changes: .venv/.installed-requirements  ## What differs between two builds: FROM=draft-1|edition-1|2026-03-01|folder TO=last REPORT= VERSION=
	@$(RUN) changes --round $(ROUND) --report $(REPORT) --version $(VERSION) --from '$(FROM)' --to '$(or $(TO),last)' $(if $(JSON),--json)

register audit: VERSION := public
register: .venv/.installed-requirements  ## Enter a released version into the register of editions: REPORT= VERSION=
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/$(REPORT)/$(VERSION)/manifest.json
	@$(RUN) register --round $(ROUND) --report $(REPORT) --version $(VERSION)

audit: .venv/.installed-requirements  ## Check the proof of VERSION again; EXTRA=file: beside what others published
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.protected
	@$(RUN) audit --round $(ROUND) --version $(VERSION) $(if $(EXTRA),--extra '$(EXTRA)')

##@ Texts
check-text: .venv/.installed-requirements  ## List all faults of the texts of ROUND, of all reports and versions, without rendering
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.protected
	@$(RUN) check-text --round $(ROUND)

review-texts: .venv/.installed-requirements  ## Show the texts to be read for ROUND, with what changed: READ=thb/summary.reading or all-shown marks them
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.numbers
	@$(RUN) review-texts --round $(ROUND) $(if $(READ),--read '$(READ)')

##@ Release
# Names and reasons are handed over as they are, whatever quotes they hold.
accept submit approve return release withdraw copies: export SELEC_BY = $(value BY)
accept submit approve return release withdraw copies: export SELEC_REASON = $(value REASON)
SUBJECT = --round $(ROUND) --report '$(REPORT)' --version '$(VERSION)'
WHO = $(if $(ROLE),--role '$(ROLE)') $(if $(DATE),--date '$(DATE)')

status: .venv/.installed-requirements  ## Where a version stands, and what a release would still miss: REPORT= VERSION=
	@$(RUN) status $(SUBJECT)

accept: .venv/.installed-requirements  ## Why open findings are accepted: REPORT= REASON="..." for all, or QUERY= STATE= RULE=
	@$(RUN) accept --round $(ROUND) --report '$(REPORT)' --query '$(QUERY)' --rule '$(RULE)' $(if $(filter-out file,$(origin STATE)),--state '$(STATE)')

submit: .venv/.installed-requirements  ## Hand in a draft for review: REPORT= VERSION= BY="Name Surname" DATE=
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/$(REPORT)/$(VERSION)/manifest.json
	@$(RUN) submit $(SUBJECT) $(WHO)

approve: .venv/.installed-requirements  ## Approve what was submitted, two people: REPORT= VERSION= BY= ROLE=reviewer|head-of-unit|director
	@$(RUN) approve $(SUBJECT) $(WHO)

return: .venv/.installed-requirements  ## Return a draft from review: REPORT= VERSION= BY= ROLE= REASON="..."
	@$(RUN) return $(SUBJECT) $(WHO)

release: .venv/.installed-requirements  ## Release an approved version as an edition, or say what is missing: REPORT= VERSION= BY= ROLE=
	@$(RUN) release $(SUBJECT) $(WHO)

withdraw: .venv/.installed-requirements  ## Withdraw the released edition: REPORT= VERSION= BY= ROLE= REASON="..."
	@$(RUN) withdraw $(SUBJECT) $(WHO)

copies: .venv/.installed-requirements  ## A numbered, encrypted copy for each recipient: REPORT= RECIPIENTS=recipients.csv VERSION= DATE=
	@$(RUN) copies $(SUBJECT) --recipients '$(RECIPIENTS)' $(if $(DATE),--date '$(DATE)')

verify: .venv/.installed-requirements  ## What is this file? Hash, edition, copy, signature: FILE= PASSWORD_FILE=
	@$(RUN) verify '$(FILE)' $(if $(PASSWORD_FILE),--password-file '$(PASSWORD_FILE)')

trace: .venv/.installed-requirements  ## Whose copy does a leaked file, page or picture come from: FILE= PASSWORD_FILE=
	@$(RUN) trace '$(FILE)' $(if $(PASSWORD_FILE),--password-file '$(PASSWORD_FILE)')

##@ Build
template: .venv/.installed-requirements  ## Write the blank return workbook: REPORT= STATE=
	@$(RUN) template --report '$(REPORT)' --state '$(STATE)' --round '$(ROUND)'

import: .venv/.installed-requirements  ## Pre-fill the returns of ROUND from published figures: SOURCE= FILE=
	@$(RUN) import --source '$(SOURCE)' --file '$(FILE)' --round $(ROUND)

texts: .venv/.installed-requirements  ## List the texts that are said to states anew, for the catalogues of templates/locale
	@$(RUN) texts

moves: .venv/.installed-requirements  ## Write the moves between draft and release, and their diagram, into docs/sign-off.md
	@$(RUN) moves

clean:  ## Remove what was built of ROUND; the ledger of submissions stays
	rm -rf $(OUT)

##@ Check
test: .venv/.installed-requirements-dev  ## Run the tests
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder  # what the tests of a file share is made once

check: .venv/.installed-requirements-dev  ## Lint contracts and code, check types
	@$(RUN) lint
	@.venv/bin/ruff check pipeline tests tools
	@.venv/bin/mypy

check-pdf:  ## Check the PDFs of ROUND against PDF/UA-1 and PDF/A-3a with veraPDF: FILES="one.pdf folder"
	@$(PYTHON) tools/check_pdf.py $(if $(FILES),$(FILES),'$(OUT)')

contract-diff: .venv/.installed-requirements  ## Whom does a change of the contracts break? OLD=HEAD NEW= JSON=1 STRICT=1
	@$(RUN) contract-diff $(if $(OLD),--old '$(OLD)') $(if $(NEW),--new '$(NEW)') $(ROUND_GIVEN) $(if $(JSON),--json) $(if $(STRICT),--strict)

soak: .venv/.installed-requirements-dev  ## Two hundred changes that must not reach the public version, a hundred builds killed
	@CHANGES=200 $(PY) -m pytest tests/leak/test_noninterference.py
	@KILLS=100 $(PY) -m pytest tests/repro/test_kills.py

fuzz: .venv/.installed-requirements-dev  ## Read returns with random edits until interrupted: SEED=1 begins there
	@$(PY) -m tests.hostile.random_edits

bench: .venv/.installed-requirements-dev  ## Time every step of the build, and validation beside its peers
	@$(PY) -m tests.bench.steps

bench-disclosure: .venv/.installed-requirements-dev $(OUT)/.numbers  ## Hidden cells beside peers: SIZES="1000 10000 100000" INSTANCES=folder
	@$(PY) -m tests.bench.disclosure $(if $(SIZES),--sizes $(SIZES)) $(if $(INSTANCES),--instances '$(INSTANCES)')

bench-records: .venv/.installed-requirements-dev  ## Check and count records beside peers: ROWS=10000000 PEERS=yes|no
	@$(PY) -m tests.bench.records $(if $(ROWS),--rows $(ROWS)) $(if $(PEERS),--peers $(PEERS)) $(if $(KIND),--kind $(KIND))

# --- files -----------------------------------------------------------------------------------------------------------

.venv/.installed-%: %.lock .ci/setup
	@PYTHON=$(PYTHON) .ci/setup $*.lock

# A list of what lies in the folder of a round, rewritten only when a file came, went or changed. Make never reads the
# names of these files: they are chosen by those who send them.
list_returns = find '$(RETURNS)/$(1)' -printf '%p %y %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum
$(OUTPUTS)/%/.returns: FORCE
	@mkdir -p $(@D)
	@$(call list_returns,$*) > $@.now
	@cmp -s $@.now $@ && rm $@.now || mv $@.now $@
FORCE:

# A round is validated when its returns, the contracts or the reading code changed.
define validated
$(OUTPUTS)/$(1)/.validated: $(OUTPUTS)/$(1)/.returns $(CONTRACTS) $(CODE_READ) $(3)
	@$(RUN) validate --round $(1) --no-feedback
	@touch $$@
endef
before = $(lastword $(foreach r,$(ROUNDS),$(shell [ $(r) -lt $(1) ] && echo $(r))))
$(foreach r,$(ROUNDS),$(eval $(call validated,$(r),,$(patsubst %,$(OUTPUTS)/%/.validated,$(call before,$(r))))))

$(OUT)/.numbers: $(foreach r,$(ROUNDS),$(OUTPUTS)/$(r)/.validated) $(CODE_NUMBERS) $(wildcard sql/*/*.sql templates/*/report.yaml)
	@$(RUN) numbers --round $(ROUND)
	@touch $@

# What a protected version shows is chosen and proven beside everything that was released before.
$(OUT)/.protected: $(OUT)/.numbers $(CODE_PROTECT) $(wildcard $(RELEASES)/*/*.csv)
	@$(RUN) protect --round $(ROUND)
	@touch $@

# A store's hash file is written only when its content changed, so a report whose figures stayed is not rendered again.
$(OUT)/stores/restricted/%.sha256: $(OUT)/.numbers
	@test -f $@
$(OUT)/stores/%.sha256: $(OUT)/.protected
	@test -f $@

define version
$(OUT)/$(1)/$(2)/manifest.json: $(OUT)/stores/$(2)/$(1).sha256 $(shell find templates/$(1) -type f) $(SHARED) $(CONTRACTS) $(CODE_BASE) $(CODE_RENDER)
	@$(RUN) render --round $(ROUND) --report $(1) --version $(2)
endef
$(foreach r,$(REPORTS),$(foreach v,$(ALL_VERSIONS),$(eval $(call version,$(r),$(v)))))

.PHONY: help reports report validate feedback desk queries ask answer texts explain history register audit template import clean changes
.PHONY: check-text review-texts
.PHONY: status accept submit approve return release withdraw copies verify trace moves
.PHONY: test check check-pdf contract-diff soak fuzz bench bench-disclosure bench-records

# Targets of the reporting pipeline. Each calls one command; `python -m pipeline --help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := bash

# What can be given with a command, as in `make trace FILE=...`. A value is handed over as it is: make expands nothing in
# it, and the shell gets it as a variable, "$$GIVEN_FILE", so no quote, dollar sign or line break in it means anything.
ARGUMENTS := ANSWER AS_OF BY DATE EFFECT EXTRA FILE FILES FROM INSTANCES JSON KEY KIND LANGUAGE NEW OLD PASSWORD_FILE \
	PEERS PORT PYTHON QUERY READ REASON RECIPIENTS REF REHEARSAL REPORT RESOLUTION ROLE ROUND ROWS RULE SERVE SIGN_KEY \
	SIZES SOURCE STATE STRICT TABLE TAKE_BACK TEST TEXT TO VERSION VERSIONS
FOLDERS := SELEC_OUTPUTS SELEC_RELEASES SELEC_RETURNS
from = $(filter $(1),$(firstword $(origin $(2))))
GIVEN := $(foreach a,$(ARGUMENTS),$(if $(call from,command environment,$(a)),$(a)))
# Given with the command only: the LANGUAGE of the machine must not change what states read.
SPOKEN := $(if $(call from,command,LANGUAGE),--language "$$GIVEN_LANGUAGE")
$(foreach v,$(.VARIABLES),$(if $(call from,command,$(v)),$(eval override $(v) := $$(value $(v)))))
$(foreach v,$(ARGUMENTS) $(FOLDERS),$(if $(call from,environment,$(v)),$(eval $(v) := $$(value $(v)))))
$(foreach a,$(ARGUMENTS),$(eval export GIVEN_$(a) = $$($(a))))
option = $(if $($(2)),$(1) "$$GIVEN_$(2)")
given = $(if $(filter $(2),$(GIVEN)),$(1) "$$GIVEN_$(2)")

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

# These become parts of the names of files that make builds, and make has no way to quote those.
LETTERS := a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z
DIGITS := 0 1 2 3 4 5 6 7 8 9
HASH := \#
STRANGE := " ' ` $$ ; & | < > ( ) { } [ ] * ? ! ~ = : % , ^ \ $(HASH) $(shell printf '\x7f')
without = $(if $(1),$(call without,$(wordlist 2,99,$(1)),$(subst $(firstword $(1)),,$(2))),$(2))
is_strange = $(strip $(foreach c,$(STRANGE),$(findstring $(c),$(1))) $(filter -%,$(1)) $(word 2,x$(1)x))
refuse = $(if $(2),$(error $(1) $(strip $(3))))
$(call refuse,ROUND,$(or $(call without,$(DIGITS),$(ROUND)),$(if $(ROUND),,none)),is a year: ROUND=2022)
$(foreach a,REPORT VERSION,$(call refuse,$(a),$(or $(call without,$(LETTERS) $(DIGITS) - _,$($(a))),$(filter -%,$($(a))),$(if $($(a)),,none)),\
	is a name of letters that 'make help' lists))
$(call refuse,VERSIONS,$(call without,$(LETTERS) $(DIGITS) - _,$(subst $() ,,$(VERSIONS))),are names of letters with spaces)
$(foreach a,$(FOLDERS),$(call refuse,$(a),$(call is_strange,$($(a))),\
	is the name of a folder: make works with letters of any script and digits and ./_-+@ only))
# Rounds with returns up to the one asked for: the earlier ones give the revisions.
ROUNDS := $(shell cd '$(RETURNS)' 2>/dev/null && for r in [0-9][0-9][0-9][0-9]/; do \
	[[ $$r == *'*'* || $${r%/} -gt $(ROUND) ]] || echo "$${r%/}"; done)

# The files of a folder that make looks at. Names that make or the shell would read otherwise are left out: no file of
# the project has one, but the lock of an open spreadsheet or a copy of a file may.
files_in = $(sort $(shell LC_ALL=C find $(1) -mindepth 1 -name '*[!A-Za-z0-9_.-]*' -prune -o -type f -print 2>/dev/null))
# Who may sign changes nothing in a report.
CONTRACTS := $(filter-out data_contracts/allowed_signers,$(call files_in,data_contracts))
# Which texts of senders may be printed for others: another list asks and prints anew.
CLEARED := $(wildcard $(RELEASES)/cleared.jsonl)
# What of pipeline/ each step imports, as CODE_validate and so on: read from the code anew when any of it changed.
CODE_MK := $(OUTPUTS)/.code.mk
include $(CODE_MK)
CODE_validate += $(wildcard templates/findings/* templates/locale/*/*.po)
CODE_render += $(wildcard sql/*/*.sql)
SHARED := $(call files_in,templates/shared)

##@ Daily
help:  ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' Makefile
	@echo; echo "  ROUND=$(ROUND)  REPORT=$(subst $() ,|,$(REPORTS))  VERSION=restricted|public|partner  STATE=RO"

# AS_OF=2026-03-01 builds from the returns that were known on that day, in a folder of its own.
reports: .venv/.installed-requirements  ## Build all reports of ROUND: VERSIONS="restricted public partner" AS_OF=2026-03-01
	@+$(call build,all-reports)

report: .venv/.installed-requirements  ## Build one report: REPORT= VERSION= AS_OF=
	@+$(call build,one-report)

define build
$(if $(AS_OF),\
	then="$(OUTPUTS)/as-of/$$GIVEN_AS_OF" && $(RUN) as-of --folder "$$then" -- "$$GIVEN_AS_OF" && \
	SELEC_RETURNS="$$then/returns" SELEC_OUTPUTS="$$then/outputs" SELEC_RELEASES= $(MAKE) --no-print-directory $@ AS_OF=,\
	$(RUN) hold $(MAKE) --no-print-directory $(1))
endef

# What the page on the round is about, and what it is made with, where that is newer than the page.
NEWER_THAN_DESK = find $(OUT) templates/desk $(CODE_desk) $(if $(wildcard $(OUTPUTS)/index.html),-newer $(OUTPUTS)/index.html) \
	'(' -name manifest.json -o -name findings.json -o -name 'desk*' -o -name '*.py' ')' -print -quit

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
	@$(RUN) feedback --round $(ROUND) --state "$$GIVEN_STATE" $(SPOKEN)

desk: .venv/.installed-requirements  ## Show the page on the whole round on loopback: PORT=8000, SERVE=no to write it only
	@$(RUN) desk --round $(ROUND) $(if $(filter no,$(SERVE)),,--serve $(call option,--port,PORT))

queries: .venv/.installed-requirements  ## List what states are asked: open, asked, answered; STATE= for one of them
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.validated
	@$(RUN) queries --round $(ROUND) $(call given,--state,STATE)

# Who signs: SIGN_KEY= is the file of an SSH key; REHEARSAL=yes does without, by the name BY=, and says so everywhere.
ask answer register accept submit approve return release withdraw copies clear-text: export SELEC_BY = $(BY)
ifneq ($(origin SIGN_KEY),undefined)
export SELEC_SIGN_KEY = $(SIGN_KEY)
endif
ifneq ($(origin REHEARSAL),undefined)
export SELEC_REHEARSAL = $(REHEARSAL)
endif

ask: .venv/.installed-requirements  ## Enter the open queries of a state in the log as asked: STATE= DATE=2023-04-01
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.validated
	@$(RUN) ask --round $(ROUND) --state "$$GIVEN_STATE" --date "$$GIVEN_DATE"
	@$(call list_returns,$(ROUND)) > $(OUT)/.returns  # asking changes nothing that was found
	@touch -c -r $(OUT)/.validated $(OUT)/.returns

answer: export SELEC_ANSWER = $(ANSWER)
answer: .venv/.installed-requirements  ## Enter an answer: QUERY=id ANSWER="..." EFFECT=confirmed|corrected|withdrawn DATE= RESOLUTION=whole|parts|neither
	@$(RUN) answer --round $(ROUND) --query "$$GIVEN_QUERY" --effect "$$GIVEN_EFFECT" --date "$$GIVEN_DATE" --resolution "$$GIVEN_RESOLUTION"

explain: .venv/.installed-requirements  ## Walk a number back to the returns: KEY=THB_VICTIMS:SELEC.2022._T._T or REF=thb:T3.r4.c2 VERSION= JSON=1
	@$(RUN) explain --round $(ROUND) --version $(VERSION) $(call option,--ref,REF) $(if $(JSON),--json) $(call option,--,KEY)

history: .venv/.installed-requirements  ## Who said what when, from the ledger: STATE= TABLE=THB_VICTIMS KEY=
	@$(RUN) history --state "$$GIVEN_STATE" $(or $(call option,--table,TABLE),--table THB_VICTIMS) $(call option,--key,KEY) $(if $(JSON),--json)

changes: .venv/.installed-requirements  ## What differs between two builds: FROM=draft-1|edition-1|2026-03-01|folder TO=last REPORT= VERSION=
	@$(RUN) changes --round $(ROUND) --report $(REPORT) --version $(VERSION) --from "$$GIVEN_FROM" $(call option,--to,TO) $(if $(JSON),--json)

register audit: VERSION := public
register: .venv/.installed-requirements  ## Enter a released version into the register of editions: REPORT= VERSION=
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/$(REPORT)/$(VERSION)/manifest.json
	@$(RUN) register --round $(ROUND) --report $(REPORT) --version $(VERSION) $(WHO)

audit: .venv/.installed-requirements  ## Check the proof of VERSION again; EXTRA=file: beside what others published
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.protected
	@$(RUN) audit --round $(ROUND) --version $(VERSION) $(call option,--extra,EXTRA)

##@ Texts
check-text: .venv/.installed-requirements  ## List all faults of the texts of ROUND, of all reports and versions, without rendering
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.protected
	@$(RUN) check-text --round $(ROUND)

review-texts: .venv/.installed-requirements  ## Show the texts to be read for ROUND, with what changed: READ=thb/summary.reading or all-shown marks them
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.numbers
	@$(RUN) review-texts --round $(ROUND) $(call option,--read,READ)

clear-text: export SELEC_TEXT = $(TEXT)
clear-text: .venv/.installed-requirements  ## Texts of covers that others do not read; TEXT=hash REASON="..." clears one, TAKE_BACK=yes undoes it
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/.validated
	@$(RUN) clear-text --round $(ROUND) $(if $(TAKE_BACK),--take-back) $(WHO)

##@ Release
accept submit approve return release withdraw copies clear-text: export SELEC_REASON = $(REASON)
SUBJECT = --round $(ROUND) --report $(REPORT) --version $(VERSION)
WHO = $(call option,--role,ROLE) $(call option,--date,DATE)

status: .venv/.installed-requirements  ## Where a version stands, and what a release would still miss: REPORT= VERSION=
	@$(RUN) status $(SUBJECT)

accept: .venv/.installed-requirements  ## Why open findings are accepted: REPORT= RULE= (STATE=) or QUERY= REASON="..."
	@$(RUN) accept --round $(ROUND) --report $(REPORT) $(call option,--query,QUERY) $(call option,--rule,RULE) $(call given,--state,STATE) $(WHO)

submit: .venv/.installed-requirements  ## Hand in a draft for review: REPORT= VERSION= BY="Name Surname" DATE=
	@$(RUN) hold $(MAKE) --no-print-directory --silent $(OUT)/$(REPORT)/$(VERSION)/manifest.json
	@$(RUN) submit $(SUBJECT) $(WHO)

approve: .venv/.installed-requirements  ## Approve what was submitted, two people: REPORT= VERSION= BY= ROLE=reviewer|head-of-unit|director
	@$(RUN) approve $(SUBJECT) $(WHO)

return: .venv/.installed-requirements  ## Return a draft from review: REPORT= VERSION= BY= ROLE= REASON="..."
	@$(RUN) return $(SUBJECT) $(WHO)

release: .venv/.installed-requirements  ## Release an approved version as an edition, or say what is missing: REPORT= VERSION= BY= ROLE= TEST=yes
	@$(RUN) release $(SUBJECT) $(WHO) $(if $(filter yes,$(TEST)),--test)

withdraw: .venv/.installed-requirements  ## Withdraw the released edition: REPORT= VERSION= BY= ROLE= REASON="..."
	@$(RUN) withdraw $(SUBJECT) $(WHO)

copies: .venv/.installed-requirements  ## A numbered, encrypted copy for each recipient: REPORT= RECIPIENTS=recipients.csv VERSION= DATE=
	@$(RUN) copies $(SUBJECT) --recipients "$$GIVEN_RECIPIENTS" $(call option,--date,DATE)

verify: .venv/.installed-requirements  ## What is this file? Hash, edition, copy, signature: FILE= PASSWORD_FILE=
	@$(RUN) verify $(call option,--password-file,PASSWORD_FILE) -- "$$GIVEN_FILE"

trace: .venv/.installed-requirements  ## Whose copy does a leaked file, page or picture come from: FILE= PASSWORD_FILE=
	@$(RUN) trace $(call option,--password-file,PASSWORD_FILE) -- "$$GIVEN_FILE"

##@ Build
template: .venv/.installed-requirements  ## Write the blank return workbook: REPORT= STATE=
	@$(RUN) template --report $(REPORT) --state "$$GIVEN_STATE" --round $(ROUND)

import: .venv/.installed-requirements  ## Pre-fill the returns of ROUND from published figures: SOURCE= FILE=
	@$(RUN) import --source "$$GIVEN_SOURCE" --file "$$GIVEN_FILE" --round $(ROUND)

texts: .venv/.installed-requirements  ## List the texts that are said to states anew, for the catalogues of templates/locale
	@$(RUN) texts

moves: .venv/.installed-requirements  ## Write the moves between draft and release, and their diagram, into docs/how-to/sign-off.md
	@$(RUN) moves

rules: .venv/.installed-requirements  ## Write the page of all rules of returns: docs/reference/rules.md
	@$(RUN) rules

clean:  ## Remove what was built of ROUND; the ledger of submissions stays
	rm -rf $(OUT)

##@ Check
test: .venv/.installed-requirements-dev  ## Run the tests
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder  # what the tests of a file share is made once

check: .venv/.installed-requirements-dev  ## Lint contracts and code, check types
	@$(RUN) lint
	@.venv/bin/ruff check pipeline tests tools
	@.venv/bin/ruff format --check --quiet pipeline tests tools
	@.venv/bin/mypy

check-pdf:  ## Check the PDFs of ROUND against PDF/UA-1 and PDF/A-3a with veraPDF: FILES="one.pdf folder"
	@set -f; "$$GIVEN_PYTHON" tools/check_pdf.py -- $(if $(FILES),$$GIVEN_FILES,'$(OUT)')  # parted at spaces, no more

guards: .venv/.installed-requirements  ## What this kernel refuses to a process that reads a return or renders a version
	@$(RUN) guards

sbom: .venv/.installed-requirements-dev  ## Write the libraries that the pipeline runs with, in CycloneDX: outputs/sbom.json
	@$(PY) tools/sbom.py '$(OUTPUTS)/sbom.json'

contract-diff: .venv/.installed-requirements  ## Whom does a change of the contracts break? OLD=HEAD NEW= JSON=1 STRICT=1
	@$(RUN) contract-diff $(call option,--old,OLD) $(call option,--new,NEW) $(call given,--round,ROUND) $(if $(JSON),--json) $(if $(STRICT),--strict)

soak: .venv/.installed-requirements-dev  ## Two hundred changes that must not reach the public version, a hundred builds killed
	@CHANGES=200 $(PY) -m pytest tests/inspection/leak/test_noninterference.py
	@KILLS=100 $(PY) -m pytest tests/repro/test_kills.py

fuzz: .venv/.installed-requirements-dev  ## Read returns with random edits until interrupted: SEED=1 begins there
	@$(PY) -m tests.returns.hostile.random_edits

bench: .venv/.installed-requirements-dev  ## Time every step of the build, and validation beside its peers
	@$(PY) -m tests.bench.steps

bench-disclosure: .venv/.installed-requirements-dev $(OUT)/.numbers  ## Hidden cells beside peers: SIZES="1000 10000 100000" INSTANCES=folder
	@set -f; $(PY) -m tests.bench.disclosure $(if $(SIZES),--sizes $$GIVEN_SIZES) $(call option,--instances,INSTANCES)

bench-records: .venv/.installed-requirements-dev  ## Check and count records beside peers: ROWS=10000000 PEERS=yes|no
	@$(PY) -m tests.bench.records $(call option,--rows,ROWS) $(call option,--peers,PEERS) $(call option,--kind,KIND)

# --- files -----------------------------------------------------------------------------------------------------------

.venv/.installed-%: %.lock .ci/setup
	@PYTHON="$$GIVEN_PYTHON" .ci/setup $*.lock

# Its first line says of which state of the code it is: a file may come, go or be older than another version's list.
$(CODE_MK): FORCE
	@state="# $$(find pipeline -name '*.py' -printf '%p %s %T@\n' | LC_ALL=C sort | sha256sum)"; \
	[ "$$(head -n 1 $@ 2> /dev/null)" = "$$state" ] || { mkdir -p '$(OUTPUTS)' && \
	{ echo "$$state" && "$$GIVEN_PYTHON" -m pipeline.system.sources; } > $@.now && mv $@.now $@; }

# A list of what lies in the folder of a round, rewritten only when a file came, went or changed. Make never reads the
# names of these files: they are chosen by those who send them.
list_returns = find '$(RETURNS)/$(1)' -printf '%p %y %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum
$(OUTPUTS)/%/.returns: FORCE
	@mkdir -p $(@D)
	@$(call list_returns,$*) > $@.now
	@cmp -s $@.now $@ && rm $@.now || mv $@.now $@
FORCE:

# What a step left is looked at before it is taken for up to date. A file of .sound is new when one of these has not the
# hash that .kept beside it says, or is gone: then the step is done again. Hashes are written by pipeline/system/kept.py.
define sound
$(OUTPUTS)/$(1)/.sound/$(2): FORCE
	@mkdir -p $$(@D)
	@if (for f in $(addprefix $(OUTPUTS)/$(1)/,$(3)); do \
	(cd "$$$${f%/*}" && sha256sum --status --check ".kept/$$$${f##*/}.sum") || exit 1; done) 2> /dev/null; \
	then [ -e $$@ ] || touch -d @0 $$@; else touch $$@; fi
endef
$(foreach r,$(ROUNDS),$(eval $(call sound,$(r),validated,work/validation.json work/staged.duckdb findings/findings.json)))
stores_of = $(foreach v,$(1),$(foreach r,$(REPORTS),$(addprefix stores/$(v)/$(r),.duckdb .csv .sha256)))
PROTECTED := $(filter-out restricted,$(ALL_VERSIONS))
$(eval $(call sound,$(ROUND),numbers,../warehouse.duckdb work/cubes.duckdb $(call stores_of,restricted)))
$(eval $(call sound,$(ROUND),protected,$(call stores_of,$(PROTECTED)) $(PROTECTED:%=proof/%.json)))

# A round is validated when its returns, the contracts or the reading code changed.
define validated
$(OUTPUTS)/$(1)/.validated: $(OUTPUTS)/$(1)/.returns $(OUTPUTS)/$(1)/.sound/validated $(CONTRACTS) $(CODE_validate) $(3) $(CLEARED)
	@$(RUN) validate --round $(1) --no-feedback
	@touch $$@
endef
before = $(lastword $(foreach r,$(ROUNDS),$(shell [ $(r) -lt $(1) ] && echo $(r))))
$(foreach r,$(ROUNDS),$(eval $(call validated,$(r),,$(patsubst %,$(OUTPUTS)/%/.validated,$(call before,$(r))))))

$(OUT)/.numbers: $(OUT)/.sound/numbers $(foreach r,$(ROUNDS),$(OUTPUTS)/$(r)/.validated) $(CODE_numbers) $(wildcard sql/*/*.sql templates/*/report.yaml)
	@$(RUN) numbers --round $(ROUND)
	@touch $@

# What a protected version shows is chosen and proven beside everything that was released before.
$(OUT)/.protected: $(OUT)/.numbers $(OUT)/.sound/protected $(CODE_protect) $(filter %.csv,$(call files_in,$(RELEASES)))
	@$(RUN) protect --round $(ROUND)
	@touch $@

# A store's hash file is written only when its content changed, so a report whose figures stayed is not rendered again.
$(OUT)/stores/restricted/%.sha256: $(OUT)/.numbers
	@test -f $@
$(OUT)/stores/%.sha256: $(OUT)/.protected
	@test -f $@

define version
$(call sound,$(ROUND),$(1)-$(2),masters/$(1)/$(2) $(1)/$(2) work/printed/$(1)-$(2).json)
$(OUT)/$(1)/$(2)/manifest.json: $(OUT)/stores/$(2)/$(1).sha256 $(OUT)/.sound/$(1)-$(2) $(call files_in,templates/$(1)) $(SHARED) $(CONTRACTS) $(CODE_render)
	@$(RUN) render --round $(ROUND) --report $(1) --version $(2)
endef
$(foreach r,$(REPORTS),$(foreach v,$(ALL_VERSIONS),$(eval $(call version,$(r),$(v)))))

.PHONY: help reports report validate feedback desk queries ask answer texts explain history register audit template import clean changes
.PHONY: check-text review-texts clear-text
.PHONY: status accept submit approve return release withdraw copies verify trace moves rules
.PHONY: test check check-pdf guards sbom contract-diff soak fuzz bench bench-disclosure bench-records

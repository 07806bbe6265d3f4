# Targets of the reporting pipeline. Each calls one command; `python -m pipeline --help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := bash

# What can be given with a command, as in `make trace FILE=...`. A value is handed over as it is: make expands nothing in
# it, and the shell gets it as a variable, "$$GIVEN_FILE", so no quote, dollar sign or line break in it means anything.
ARGUMENTS := AGAIN ANSWER AS_OF AXES BEFORE BY CHAPTER COMMENT DATE EFFECT ENDING EXTRA FILE FILES FROM GATE ICS INSTANCES INTO JSON KEY KIND \
	LANGUAGE N NAME NEW OFFICE OLD PAGES PASSWORD_FILE PEERS PORT PYTHON QUERY READ REASON RECIPIENTS REF REHEARSAL RELEASE REPORT REPORTS \
	RESOLUTION ROLE ROUND ROWS RULE SEED SEND SERVE SIGN_KEY SIZE SIZES SOURCE STATE STRICT SUBMISSION TABLE TAKE_BACK TEST TEXT TO VERSION \
	VERSIONS WATCH
FOLDERS := SELEC_OUTPUTS SELEC_RECORDS SELEC_RELEASES SELEC_RETURNS
from = $(filter $(1),$(firstword $(origin $(2))))
GIVEN := $(foreach a,$(ARGUMENTS),$(if $(call from,command environment,$(a)),$(a)))
# Given with the command only: the LANGUAGE of the machine must not change what states read.
SPOKEN := $(if $(call from,command,LANGUAGE),--language "$$GIVEN_LANGUAGE")
# Mail leaves only where the command itself asks for it.
SENT := $(if $(call from,command,SEND),$(if $(filter yes,$(value SEND)),--send))
$(foreach v,$(.VARIABLES),$(if $(call from,command,$(v)),$(eval override $(v) := $$(value $(v)))))
$(foreach v,$(ARGUMENTS) $(FOLDERS),$(if $(call from,environment,$(v)),$(eval $(v) := $$(value $(v)))))
$(foreach a,$(ARGUMENTS),$(eval export GIVEN_$(a) = $$($(a))))
option = $(if $($(2)),$(1) "$$GIVEN_$(2)")
given = $(if $(filter $(2),$(GIVEN)),$(1) "$$GIVEN_$(2)")

ROUND ?= 2022
VERSION ?= restricted
STATE ?= RO
PYTHON ?= python3
# The folders of templates that define a report, in the order that they give.
ALL_REPORTS := $(shell awk '/^order: *[0-9]/ {split(FILENAME, at, "/"); print $$2, at[2]}' $(wildcard templates/*/report.yaml) /dev/null | sort -k 1n -k 2 | cut -d ' ' -f 2)
REPORTS ?= $(ALL_REPORTS)
REPORT ?= $(firstword $(ALL_REPORTS))
VERSIONS ?= restricted public
# Every row of the release policy is a version that can be built.
ALL_VERSIONS := $(shell sed -n '/^versions:/,/^[a-z]/s/^  \([a-z]*\):.*/\1/p' data_contracts/release_policy.yaml)
# What a run builds, and so what states confirm.
RUN_VERSIONS := $(or $(shell sed -n 's/^versions: *\[\([^]]*\)\].*/\1/p' data_contracts/operations.yaml | tr , ' '),$(ALL_VERSIONS))
OUTPUTS := $(or $(SELEC_OUTPUTS),outputs)
OUT := $(OUTPUTS)/$(ROUND)
PY := .venv/bin/python
RUN := $(PY) -m pipeline

# Names, which the commands look up; what is none of letters and digits is refused before a command sees it.
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
$(foreach a,REPORTS VERSIONS,$(call refuse,$(a),$(call without,$(LETTERS) $(DIGITS) - _,$(subst $() ,,$($(a)))),\
	are names of letters with spaces))
$(foreach a,$(FOLDERS),$(call refuse,$(a),$(call is_strange,$($(a))),\
	is the name of a folder: make works with letters of any script and digits and ./_-+@ only))
export $(FOLDERS)

help:  ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {line[++n] = "\n" substr($$0, 5)} /^[a-z-]+:.*## / {name[++n] = $$1; line[n] = $$2; if (length($$1) > w) w = length($$1)} \
		END {for (i = 1; i <= n; i++) if (i in name) printf "  %-" w "s  %s\n", name[i], line[i]; else print line[i]}' Makefile
	@echo; echo "  ROUND=$(ROUND)  REPORT=$(subst $() ,|,$(REPORTS))  VERSION=restricted|public|partner  STATE=RO"

define build
$(if $(AS_OF),\
	then="$(OUTPUTS)/as-of/$$GIVEN_AS_OF" && $(RUN) as-of --folder "$$then" -- "$$GIVEN_AS_OF" && \
	SELEC_RETURNS="$$then/returns" SELEC_OUTPUTS="$$then/outputs" SELEC_RECORDS= SELEC_RELEASES= $(MAKE) --no-print-directory $@ AS_OF=,\
	$(RUN) build --round $(ROUND) $(1))
endef

# Who signs: SIGN_KEY= is the file of an SSH key; REHEARSAL=yes does without, by the name BY=, and says so everywhere.
ask answer answers register accept confirm-proof object-proof submit tick comment reply approve return release withdraw copies clear-text record-meeting: export SELEC_BY = $(BY)
ifneq ($(origin SIGN_KEY),undefined)
export SELEC_SIGN_KEY = $(SIGN_KEY)
endif
ifneq ($(origin REHEARSAL),undefined)
export SELEC_REHEARSAL = $(REHEARSAL)
endif

accept submit approve return release withdraw copies clear-text record-meeting: export SELEC_REASON = $(REASON)
SUBJECT = --round $(ROUND) --report $(REPORT) --version $(VERSION)
WHO = $(call option,--role,ROLE) $(call option,--date,DATE)

register audit: VERSION := public

##@ Open: a round begins, forms go out
calendar: .venv/.installed-requirements  ## The days of the rounds by time, and a file for calendar programs: ICS=days.ics
	@$(RUN) calendar $(call option,--out,ICS)

open: .venv/.installed-requirements  ## Open ROUND: one zip a state with its forms, letter and hashes, and what the round still needs: TO=folder
	@$(RUN) open --round $(ROUND) $(call option,--to,TO) $(SPOKEN)

template: .venv/.installed-requirements  ## Write the blank return workbook: REPORT= STATE= OFFICE=police
	@$(RUN) template --report $(REPORT) --state "$$GIVEN_STATE" --round $(ROUND) $(call option,--office,OFFICE)

import: .venv/.installed-requirements  ## Pre-fill the returns of ROUND from published figures: SOURCE= FILE= [RELEASE=]
	@$(RUN) import --source "$$GIVEN_SOURCE" --file "$$GIVEN_FILE" $(call given,--release,RELEASE) --round $(ROUND)

context: .venv/.installed-requirements  ## Take in figures that others published, as context: TABLE=CTX_CROSSINGS FILE= [RELEASE=]
	@$(RUN) context --table "$$GIVEN_TABLE" --file "$$GIVEN_FILE" $(call given,--release,RELEASE)

published: .venv/.installed-requirements  ## Take in what a publisher printed of states, to set beside returns: TABLE=asylum-applications FILE= [RELEASE=]
	@$(RUN) published --table "$$GIVEN_TABLE" --file "$$GIVEN_FILE" $(call given,--release,RELEASE) --round $(ROUND)

dictionary: .venv/.installed-requirements  ## The data dictionary of all contracts, as workbook and page: ROUND= for its rules
	@$(RUN) dictionary --round $(ROUND)

##@ Receive: returns, and what is asked about them
validate: .venv/.installed-requirements  ## Read and check the returns of ROUND, write findings pages, marked returns and letters
	@$(RUN) validate --round $(ROUND) $(SPOKEN)

late: .venv/.installed-requirements  ## Which state owes which return of ROUND, since when: DATE=2023-04-01 JSON=1
	@$(RUN) late --round $(ROUND) $(call option,--date,DATE) $(if $(JSON),--json)

remind: export SELEC_BY = $(BY)
remind: .venv/.installed-requirements  ## Reminders to who owes returns, as letters and mails: DATE= STATE=; SEND=yes sends, AGAIN=yes once more
	@$(RUN) remind --round $(ROUND) $(call option,--date,DATE) $(call given,--state,STATE) $(SENT) $(if $(filter yes,$(AGAIN)),--again) $(SPOKEN)

check-return: .venv/.installed-requirements  ## Check one return by the rules before it is sent, without a round around it: FILE= JSON=1
	@$(RUN) check-return $(call given,--report,REPORT) $(call given,--state,STATE) $(call given,--round,ROUND) $(call given,--office,OFFICE) $(if $(JSON),--json) -- "$$GIVEN_FILE"

feedback: .venv/.installed-requirements  ## Write what goes back to a state, its marked returns and a letter: STATE=
	@$(RUN) build --round $(ROUND) --until validate
	@$(RUN) feedback --round $(ROUND) --state "$$GIVEN_STATE" $(SPOKEN)

findings: .venv/.installed-requirements  ## What was found in a submission when it came: SUBMISSION=RO-thb-2022-1; all submissions of ROUND without it
	@$(RUN) findings --round $(ROUND) $(call option,--submission,SUBMISSION) $(if $(JSON),--json)

queries: .venv/.installed-requirements  ## List what states are asked: open, asked, answered; STATE= for one of them
	@$(RUN) build --round $(ROUND) --until validate
	@$(RUN) queries --round $(ROUND) $(call given,--state,STATE)

ask: .venv/.installed-requirements  ## Enter the open queries of a state in the log as asked: STATE= DATE=2023-04-01
	@$(RUN) build --round $(ROUND) --until validate
	@$(RUN) ask --round $(ROUND) --state "$$GIVEN_STATE" --date "$$GIVEN_DATE"

answer: export SELEC_ANSWER = $(ANSWER)
answer: .venv/.installed-requirements  ## Enter an answer: QUERY=id ANSWER="..." EFFECT=confirmed|corrected|withdrawn DATE= RESOLUTION=whole|parts|neither
	@$(RUN) answer --round $(ROUND) --query "$$GIVEN_QUERY" --effect "$$GIVEN_EFFECT" --date "$$GIVEN_DATE" --resolution "$$GIVEN_RESOLUTION"

answers: .venv/.installed-requirements  ## Enter the answers that a state wrote into its marked workbook or CSV, all or none: FILE= DATE=
	@$(RUN) answers --round $(ROUND) --file "$$GIVEN_FILE" $(call option,--date,DATE) $(call given,--state,STATE)

amendments: .venv/.installed-requirements  ## Take in the amendment sheet that came back from an expert meeting, all or nothing: N=1 FILE=
	@$(RUN) build --round $(ROUND) --until validate
	@$(RUN) amendments --round $(ROUND) $(call option,--number,N) -- "$$GIVEN_FILE"

history: .venv/.installed-requirements  ## Who said what when, from the ledger: STATE= TABLE=THB_VICTIMS KEY=
	@$(RUN) history --state "$$GIVEN_STATE" $(or $(call option,--table,TABLE),--table THB_VICTIMS) $(call option,--key,KEY) $(if $(JSON),--json)

##@ Build: texts and reports
# AS_OF=2026-03-01 builds from the returns that were known on that day, in a folder of its own.
reports: .venv/.installed-requirements  ## Build all reports of ROUND: VERSIONS="restricted public partner" AS_OF=2026-03-01
	@$(call build,--reports "$$GIVEN_REPORTS" --versions "$$GIVEN_VERSIONS")

report: .venv/.installed-requirements  ## Build one report: REPORT= VERSION= AS_OF=
	@$(call build,--reports "$$GIVEN_REPORT" --versions "$$GIVEN_VERSION")

plan: .venv/.installed-requirements  ## What `make reports` would do and why, a line a step, without doing it: VERSIONS=
	@$(RUN) plan --round $(ROUND) --reports "$$GIVEN_REPORTS" --versions "$$GIVEN_VERSIONS"

check-text: .venv/.installed-requirements  ## List all faults of the texts of ROUND, of all reports and versions, without rendering
	@$(RUN) build --round $(ROUND) --versions "$(ALL_VERSIONS)" --until "stores protect"
	@$(RUN) check-text --round $(ROUND)

review-texts: .venv/.installed-requirements  ## Show the texts to be read for ROUND, with what changed: READ=thb/summary.reading or all-shown marks them
	@$(RUN) build --round $(ROUND) --until stores
	@$(RUN) review-texts --round $(ROUND) $(call option,--read,READ)

clear-text: export SELEC_TEXT = $(TEXT)
clear-text: .venv/.installed-requirements  ## Texts of covers and experts that others do not read; TEXT=hash REASON="..." clears one, TAKE_BACK=yes undoes it
	@$(RUN) build --round $(ROUND) --until validate
	@$(RUN) clear-text --round $(ROUND) $(if $(TAKE_BACK),--take-back) $(WHO)

record-meeting: .venv/.installed-requirements  ## What meetings decided in ROUND; N=2 or N=priorities signs that paper, TAKE_BACK=yes undoes it
	@$(RUN) record-meeting --round $(ROUND) $(call option,--paper,N) $(if $(TAKE_BACK),--take-back) $(WHO)

preview: .venv/.installed-requirements  ## One chapter of a built round as page and PDF: REPORT= CHAPTER=drugs VERSION= WATCH=1 renews it when saved
	@$(RUN) preview $(SUBJECT) $(call option,--chapter,CHAPTER) $(if $(WATCH),--watch)

meeting: .venv/.installed-requirements  ## The papers of an expert meeting of ROUND, book and amendment sheet: N=1 before the first, N=2 before the second
	@$(RUN) build --round $(ROUND) --versions restricted --until stores
	@$(RUN) meeting --round $(ROUND) $(call option,--number,N)

##@ Review: what was made, and is it fit
desk: .venv/.installed-requirements  ## Show the page on the whole round on loopback: PORT=8000, SERVE=no to write it only
	@$(RUN) desk --round $(ROUND) $(if $(filter no,$(SERVE)),,--serve $(call option,--port,PORT))

status: .venv/.installed-requirements  ## Where a version stands, and what a release would still miss: REPORT= VERSION=
	@$(RUN) status $(SUBJECT)

proof-sheets: .venv/.installed-requirements  ## For each state all that will be printed of it, to be confirmed: STATE= DATE=
	@$(RUN) build --round $(ROUND) --versions "$(RUN_VERSIONS)"
	@$(RUN) proof-sheets --round $(ROUND) $(call given,--state,STATE) $(call option,--date,DATE)

confirm-proof object-proof: export SELEC_TEXT = $(TEXT)
confirm-proof: .venv/.installed-requirements  ## Enter that a state confirmed its proof sheet: STATE= DATE= REPORT= TEXT="..."
	@$(RUN) confirm-proof --round $(ROUND) $(call given,--state,STATE) $(call given,--report,REPORT) $(WHO)

object-proof: .venv/.installed-requirements  ## Enter what a state objects to: STATE= REF="thb:T4.r4.c2 ..." TEXT="..." DATE=
	@$(RUN) object-proof --round $(ROUND) $(call given,--state,STATE) $(call option,--ref,REF) $(WHO)

gate: .venv/.installed-requirements  ## Is ROUND fit to be published? GO or NO-GO with reasons, and a page: REPORT= JSON=1 DATE=
	@$(RUN) build --round $(ROUND) --versions "$(ALL_VERSIONS)" --until "stores protect"$(if $(JSON), >&2)
	@$(RUN) gate --round $(ROUND) $(call given,--report,REPORT) $(call option,--date,DATE) $(if $(JSON),--json)

explain: .venv/.installed-requirements  ## Walk a number back to the returns: KEY=THB_VICTIMS:SELEC.2022._T._T or REF=thb:T4.r4.c2 VERSION= JSON=1
	@$(RUN) explain --round $(ROUND) --version $(VERSION) $(call option,--ref,REF) $(if $(JSON),--json) $(call option,--,KEY)

changes: .venv/.installed-requirements  ## What differs between two builds: FROM=draft-1|edition-1|2026-03-01|folder TO=last REPORT= VERSION=
	@$(RUN) changes --round $(ROUND) --report $(REPORT) --version $(VERSION) --from "$$GIVEN_FROM" $(call option,--to,TO) $(if $(JSON),--json)

audit: .venv/.installed-requirements  ## Check the proof of VERSION again; EXTRA=file: beside what others published
	@$(RUN) build --round $(ROUND) --versions $(VERSION) --until protect
	@$(RUN) audit --round $(ROUND) --version $(VERSION) $(call option,--extra,EXTRA)

disclosure-options: .venv/.installed-requirements  ## What VERSION would show if one entry of the release policy were another, each option proven
	@$(RUN) build --round $(ROUND) --versions $(VERSION) --until protect
	@$(RUN) disclosure-options --round $(ROUND) --version $(VERSION)

accept: .venv/.installed-requirements  ## Why open findings are accepted: REPORT= RULE= (STATE=) or QUERY= or GATE= REASON="..."
	@$(RUN) accept --round $(ROUND) --report $(REPORT) $(call option,--gate,GATE) $(call option,--query,QUERY) $(call option,--rule,RULE) $(call given,--state,STATE) $(WHO)

check-pdf:  ## Check the PDFs of ROUND against PDF/UA-1 and PDF/A-3a with veraPDF: FILES="one.pdf folder"
	@set -f; "$$GIVEN_PYTHON" tools/check_pdf.py -- $(if $(FILES),$$GIVEN_FILES,'$(OUT)')  # parted at spaces, no more

read-aloud: .venv/.installed-requirements  ## What a screen reader would say of a PDF: FILE= or REPORT= VERSION=, PAGES=16-20
	@$(RUN) read-aloud --round $(ROUND) --report $(REPORT) --version $(VERSION) $(call option,--file,FILE) $(call option,--pages,PAGES)

##@ Release: from a draft to copies
submit: .venv/.installed-requirements  ## Hand in a draft for review: REPORT= VERSION= BY="Name Surname" DATE=
	@$(RUN) build --round $(ROUND) --reports $(REPORT) --versions $(VERSION) --for-review
	@$(RUN) submit $(SUBJECT) $(WHO)

review: .venv/.installed-requirements  ## What changed in a draft, what of it is ticked, what was asked: REPORT= VERSION=
	@$(RUN) review $(SUBJECT)

tick: .venv/.installed-requirements  ## A changed exhibit was looked at: REPORT= VERSION= REF=thb:T4 BY= ROLE=reviewer
	@$(RUN) tick $(SUBJECT) --ref "$$GIVEN_REF" $(WHO)

comment reply: export SELEC_TEXT = $(TEXT)
comment: .venv/.installed-requirements  ## Comment on what is printed: REF=thb:T4.r4.c2 or thb:p12 TEXT="..." REPORT= VERSION=
	@$(RUN) comment $(SUBJECT) --ref "$$GIVEN_REF" $(WHO)

reply: .venv/.installed-requirements  ## Reply to a comment by its number: COMMENT=3 TEXT="..." REPORT= VERSION=
	@$(RUN) reply $(SUBJECT) --comment "$$GIVEN_COMMENT" $(WHO)

approve: .venv/.installed-requirements  ## Approve what was submitted, two people: REPORT= VERSION= BY= ROLE=reviewer|head-of-unit|director
	@$(RUN) approve $(SUBJECT) $(WHO)

return: .venv/.installed-requirements  ## Return a draft from review: REPORT= VERSION= BY= ROLE= REASON="..."
	@$(RUN) return $(SUBJECT) $(WHO)

release: .venv/.installed-requirements  ## Release an approved version as an edition, or say what is missing: REPORT= VERSION= BY= ROLE= TEST=yes
	@$(RUN) release $(SUBJECT) $(WHO) $(if $(filter yes,$(TEST)),--test)

withdraw: .venv/.installed-requirements  ## Withdraw the released edition: REPORT= VERSION= BY= ROLE= REASON="..."
	@$(RUN) withdraw $(SUBJECT) $(WHO)

register: .venv/.installed-requirements  ## Enter a released version into the register of editions: REPORT= VERSION=
	@$(RUN) build --round $(ROUND) --reports $(REPORT) --versions $(VERSION)
	@$(RUN) register --round $(ROUND) --report $(REPORT) --version $(VERSION) $(WHO)

copies: .venv/.installed-requirements  ## A numbered, encrypted copy for each recipient: REPORT= RECIPIENTS=recipients.csv VERSION= DATE=
	@$(RUN) copies $(SUBJECT) --recipients "$$GIVEN_RECIPIENTS" $(call option,--date,DATE)

verify: .venv/.installed-requirements  ## What is this file? Hash, edition, copy, signature: FILE= PASSWORD_FILE=
	@$(RUN) verify $(call option,--password-file,PASSWORD_FILE) -- "$$GIVEN_FILE"

trace: .venv/.installed-requirements  ## Whose copy does a leaked file, page or picture come from: FILE= PASSWORD_FILE=
	@$(RUN) trace $(call option,--password-file,PASSWORD_FILE) -- "$$GIVEN_FILE"

##@ Operate: what runs without a person, what is kept
# What a scheduler does; it calls `selec run` itself, because make hides exit codes.
run: .venv/.installed-requirements  ## The way of the year as far as it may go today, without a person: ROUND= DATE=
	@$(RUN) run $(call given,--round,ROUND) $(call option,--date,DATE)

log: .venv/.installed-requirements  ## The runs that were recorded; NAME=last or its number: its steps; JSON=1
	@$(RUN) log $(if $(JSON),--json) $(call option,--,NAME)

schedule: .venv/.installed-requirements  ## Units of systemd and a line for cron that run it every day: TO=folder
	@$(RUN) schedule $(call option,--to,TO)

backup: .venv/.installed-requirements  ## Keep records, returns and contracts, encrypted, and read them back: TO=folder PASSWORD_FILE=
	@$(RUN) backup $(call option,--to,TO) $(call option,--password-file,PASSWORD_FILE)

check-backup: .venv/.installed-requirements  ## Is the last backup whole? FROM=folder PASSWORD_FILE=
	@$(RUN) check-backup $(call option,--from,FROM) $(call option,--password-file,PASSWORD_FILE)

restore: .venv/.installed-requirements  ## Bring the last backup back, over nothing: FROM=folder INTO=project PASSWORD_FILE=
	@$(RUN) restore $(call option,--from,FROM) $(call option,--into,INTO) $(call option,--password-file,PASSWORD_FILE)

rehearsal: .venv/.installed-requirements  ## The whole year, tried in an empty folder with invented returns: TO=folder SIZE=small ENDING=no-go SEED=
	@$(RUN) rehearsal --round $(ROUND) $(call option,--to,TO) $(call option,--size,SIZE) $(call option,--ending,ENDING) $(call option,--seed,SEED)

guards: .venv/.installed-requirements  ## What this kernel refuses to a process that reads a return or renders a version
	@$(RUN) guards

sbom: .venv/.installed-requirements-dev  ## Write the libraries that the pipeline runs with, in CycloneDX: outputs/sbom.json
	@$(PY) tools/sbom.py '$(OUTPUTS)/sbom.json'

clean:  ## Remove what was built of ROUND; records stay, they are no outputs
	rm -rf $(OUT)

##@ Develop: code, contracts, measures
PYTEST = env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder  # what a file's tests share is made once

test: .venv/.installed-requirements-dev  ## Run the tests, of long ones a part
	@$(PYTEST) --quick

test-all: .venv/.installed-requirements-dev  ## Run every test, before a release or a change of how things are built
	@$(PYTEST)

spark-setup:  ## Set up Spark in .venv-spark, to compare models on two engines; needs Java 17 or newer
	@PYTHON="$$GIVEN_PYTHON" .ci/setup-spark

test-spark: .venv/.installed-requirements-dev  ## Run every model and check on DuckDB and on Spark, and compare row by row; minutes
	@$(RUN) build --round $(ROUND) --until numbers
	@$(PY) -m pytest tests/spark -rs

check: .venv/.installed-requirements-dev  ## Lint contracts and code, check types
	@$(RUN) lint
	@.venv/bin/ruff check pipeline selec.py tests tools
	@.venv/bin/ruff format --check --quiet pipeline selec.py tests tools
	@.venv/bin/mypy

contract-diff: .venv/.installed-requirements  ## Whom does a change of the contracts break? OLD=HEAD NEW= JSON=1 STRICT=1
	@$(RUN) contract-diff $(call option,--old,OLD) $(call option,--new,NEW) $(call given,--round,ROUND) $(if $(JSON),--json) $(if $(STRICT),--strict)

rules: .venv/.installed-requirements  ## Write the page of all rules of returns: docs/reference/rules.md
	@$(RUN) rules

moves: .venv/.installed-requirements  ## Write the moves between draft and release, and their diagram, into docs/how-to/sign-off.md
	@$(RUN) moves

texts: .venv/.installed-requirements  ## List the texts that are said to states anew, for the catalogues of templates/locale
	@$(RUN) texts

soak: .venv/.installed-requirements-dev  ## More than the tests do: two hundred changes, a hundred builds killed, every rule and every PDF
	@CHANGES=200 $(PY) -m pytest tests/inspection/leak/test_noninterference.py
	@KILLS=100 $(PY) -m pytest tests/repro/test_kills.py
	@OF_A_KIND=0 $(PY) -m pytest tests/returns/test_judged.py
	@$(PY) -m pytest tests/report/pdf/test_verapdf.py

drills: .venv/.installed-requirements-dev  ## Kill, fill, double, break a scheduled run, a table of what came of it: KIND="kills twice disk clock returns backup"
	@$(PY) -m tests.drills $(call option,--kind,KIND)

fuzz: .venv/.installed-requirements-dev  ## Read returns with random edits until interrupted: SEED=1 begins there
	@$(PY) -m tests.returns.hostile.random_edits

bench: .venv/.installed-requirements-dev  ## What each step and edit costs, now and at a commit before: BEFORE=commit
	@$(PY) -m tests.bench.steps $(call option,--before,BEFORE)

bench-disclosure: .venv/.installed-requirements-dev  ## Hidden cells beside peers: SIZES="1000 10000 100000" INSTANCES=folder
	@$(RUN) build --round $(ROUND) --until stores
	@set -f; $(PY) -m tests.bench.disclosure $(if $(SIZES),--sizes $$GIVEN_SIZES) $(call option,--instances,INSTANCES)

bench-records: .venv/.installed-requirements-dev  ## Check and count records beside peers: ROWS=10000000 PEERS=yes|no
	@$(PY) -m tests.bench.records $(call option,--rows,ROWS) $(call option,--peers,PEERS) $(call option,--kind,KIND)

bench-growth: .venv/.installed-requirements-dev  ## How the cost of each step grows: AXES="rounds states tables" SEED=1
	@set -f; $(PY) -m tests.bench.growth $(if $(AXES),--axes $$GIVEN_AXES) $(call option,--seed,SEED)

# --- files -----------------------------------------------------------------------------------------------------------

.venv/.installed-%: %.lock .ci/setup pyproject.toml
	@PYTHON="$$GIVEN_PYTHON" .ci/setup $*.lock

.PHONY: help
.PHONY: calendar open template import context published dictionary
.PHONY: validate late remind feedback findings queries ask answer answers amendments history check-return
.PHONY: reports report plan check-text review-texts clear-text record-meeting preview meeting
.PHONY: desk status gate proof-sheets confirm-proof object-proof explain changes audit disclosure-options accept check-pdf read-aloud
.PHONY: submit review tick comment reply approve return release withdraw register copies verify trace
.PHONY: run log schedule rehearsal backup check-backup restore guards sbom clean
.PHONY: test test-all spark-setup test-spark check contract-diff rules moves texts soak drills fuzz bench bench-disclosure bench-records bench-growth

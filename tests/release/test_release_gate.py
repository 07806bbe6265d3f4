"""Does the release gate say what keeps a round back, and does nothing pass it silently?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from builds import ROOT
from here import Done, run_here
from pypdf import PdfReader
from signatories import enter_signers, keys, signing
from small_project import SMALL_ROUND, open_gate

from pipeline.contracts.gate_rules import GATE, load_gate_rules
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import ContractError, NoGoError, SignOffError, UserError
from pipeline.numbers.presence import OpenConflict, marts_of, read_counts
from pipeline.project import Project
from pipeline.release.gate.enough import incomplete
from pipeline.release.gate.look import gate
from pipeline.release.gate.page import gate_folder, write_gate
from pipeline.release.gate.passing import let_gate_pass
from pipeline.release.gate.reasons import Gate, GateReason, Kind, LetPass, ReportGate
from pipeline.release.signoff.checks import check_gate
from pipeline.release.signoff.findings import accept, open_findings, problems
from pipeline.release.signoff.reasons import record_of_reasons
from pipeline.release.signoff.record import Subject, record_of
from pipeline.release.signoff.steps import candidate, submit
from pipeline.system.signed.people import Person
from pipeline.system.signed.signers import read_signers

DAY = date(2023, 5, 2)
REASON = GateReason(Kind.STATES, 2021, "thb", "figures of 2 of 3 states", "3 states", "ask")
PDF = f"selec-thb-{SMALL_ROUND}-restricted-1.pdf"


def of_one(*reasons: GateReason) -> Gate:
    return Gate(2021, DAY, "a test", (ReportGate("thb", "THB", ("BG",), ("GR",), 2, reasons),))


# --- what a gate is


def test_a_gate_that_looked_at_no_report_has_not_passed() -> None:
    assert Gate(2021, DAY, "a test", ()).verdict == "NO-GO"
    assert of_one().verdict == "GO"
    assert of_one(REASON).verdict == "NO-GO"


def test_what_is_let_pass_is_what_was_found_and_nothing_that_is_found_later() -> None:
    others = [
        replace(REASON, found="figures of 1 of 3 states"),
        replace(REASON, about=("GR",)),
        replace(REASON, findings=("q1",)),
        replace(REASON, version="public"),
        replace(REASON, round=2022),
        replace(REASON, report="octa"),
    ]
    assert len({reason.id for reason in (REASON, *others)}) == 7
    passed = replace(REASON, passed=LetPass("two states will never answer", "D", "director", "x"))
    assert passed.id == REASON.id
    assert of_one(passed).is_go


@pytest.mark.parametrize(
    ("kind", "of", "move", "holds"),
    [
        (Kind.STATES, "", "submit", True),
        (Kind.STATES, "", "release", True),
        (Kind.STATES, "public", "submit", True),
        (Kind.STATES, "partner", "submit", False),
        (Kind.PROOFS, "", "submit", False),
        (Kind.PROOFS, "", "approve", False),
        (Kind.PROOFS, "", "release", True),
        (Kind.OBJECTION, "partner", "release", False),
    ],
)
def test_proof_sheets_hold_back_the_release_alone_and_a_version_only_itself(
    kind: Kind, of: str, move: str, holds: bool
) -> None:
    found = of_one(replace(REASON, kind=kind, version=of))
    assert bool(found.holding("thb", version="public", move=move)) is holds
    assert not found.holding("octa", version="public", move=move)


# --- its rules


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"reports": {"thb2": 3}}, "'thb2' is no report, only thb, migration, octa"),
        ({"tables": {"THB_ASSETS": 3}}, "'THB_ASSETS' is no headline table"),
        ({"states": 40}, "40 states are asked for, and there are"),
        ({"tables": {"MIG_STAY": 99}}, "99 states are asked for"),
        ({"states": 0}, "line"),
        ({"asks": ["luck"]}, "line"),
        ({"reference": ""}, "line"),
        ({"asks": ["texts", "texts"]}, "line"),
    ],
)
def test_a_gate_that_cannot_be_meant_is_refused_with_its_line(
    edit: dict[str, object], told: str, tmp_path: Path, contracts: Contracts
) -> None:
    folder = ROOT / "data_contracts"
    content = yaml.safe_load((folder / GATE).read_text(encoding="utf-8")) | edit
    (tmp_path / GATE).write_text(yaml.safe_dump(content), encoding="utf-8")
    schema = "release_gate.schema.json"
    (tmp_path / schema).write_bytes((folder / schema).read_bytes())
    with pytest.raises(ContractError, match=told):
        load_gate_rules(tmp_path, contracts, policy=load_policy(folder, contracts))


def test_the_gate_of_the_project_says_that_its_numbers_are_defaults(contracts: Contracts) -> None:
    folder = ROOT / "data_contracts"
    rules = load_gate_rules(folder, contracts, policy=load_policy(folder, contracts))
    assert "to be confirmed" in rules.reference
    assert rules.least("thb") == rules.states
    assert replace(rules, tables={"MIG_STAY": 5}).least_in("MIG_STAY") == 5


# --- what is counted


def test_a_state_is_counted_by_what_it_says_of_the_reference_year(
    project: Project, contracts: Contracts
) -> None:
    path = marts_of(project, 2022)
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as marts:
        marts.execute("create schema marts")
        marts.execute(
            "create table marts.cells as select * from (values"
            " ('THB_VICTIMS', 'RO', 2022, 5, 'A', null),"  # a figure
            " ('THB_VICTIMS', 'BG', 2021, 5, 'A', null),"  # of another year
            " ('THB_VICTIMS', 'GR', 2022, null, 'Q', null),"  # suppressed is said
            " ('THB_VICTIMS', 'HU', 2022, null, 'O', null),"  # not reported is not
            " ('THB_ASSETS', 'MD', 2022, null, 'M', null),"  # not applicable is said
            " ('THB_VICTIMS', 'SELEC', 2022, 5, 'A', 1)"  # of the region
            ") as c(cube, state, year, value, obs_status, coverage)"
        )
        marts.execute(
            "create table marts.conflicts as select * from (values"
            " ('THB_VICTIMS', 'RO', 2022, 'w', 'p', ''),"
            " ('THB_VICTIMS', 'RO', 2021, 'w', 'p', ''),"
            " ('THB_VICTIMS', 'GR', 2022, 'w', 'p', 'whole')"
            ") as c(whole_cube, state, year, whole, part, resolution)"
        )
    counts = read_counts(project, contracts, round_=2022)
    assert counts is not None
    thb = counts.reports["thb"]
    assert thb.present == ("GR", "MD", "RO")
    assert thb.by_table["THB_VICTIMS"] == ("GR", "RO")
    assert set(thb.present) | set(thb.lacking) == set(thb.asked)
    assert "SELEC" not in counts.reports["octa"].asked
    assert counts.conflicts == (OpenConflict("THB_VICTIMS", "RO", "w", "p"),)
    assert incomplete(project, 2022, report="thb") == "incomplete: 3 of 11 states"
    assert incomplete(project, 2021, report="thb") == "incomplete: its states were not counted"


# --- a round


def test_a_round_that_nobody_built_is_kept_back_and_nobody_can_let_that_pass(
    project: Project,
) -> None:
    found = gate(project, 2022, day=DAY, reports=("thb",))
    assert [reason.kind for reason in found.reasons] == [Kind.NOT_COUNTED]
    who = Person("Dora K.", "director", DAY)
    with pytest.raises(UserError, match="nothing: no reason is open"):
        let_gate_pass(
            project,
            round_=2022,
            report="thb",
            id_=found.reasons[0].id,
            why="never mind",
            who=who,
        )


class Desk:
    """A small project that is built, and the people who work on it."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root)
        enter_signers(self.project.contracts, keys())

    @property
    def contracts(self) -> Contracts:
        return load_contracts(self.project.contracts)

    def person(self, role: str) -> Person:
        return signing(read_signers(self.project.contracts), keys(), role, DAY.isoformat())

    def run(self, *arguments: str) -> Done:
        return run_here(*arguments, root=self.project.root)

    def build(self, *, until: str = "stores", versions: str = "restricted") -> None:
        asked = ("--reports", "thb", "--versions", versions)
        until_ = ("--until", until) if until else ()
        done = self.run("build", "--round", str(SMALL_ROUND), *asked, *until_)
        assert done.returncode == 0, done.stderr

    def gate(self) -> Gate:
        return gate(self.project, SMALL_ROUND, day=DAY, reports=("thb",))

    def kinds(self) -> list[str]:
        return [str(reason.kind) for reason in self.gate().reasons]

    def let_pass(self, id_: str, role: str = "head-of-unit", why: str = "we go without") -> None:
        who = self.person(role)
        let_gate_pass(self.project, round_=SMALL_ROUND, report="thb", id_=id_, why=why, who=who)

    def drafts(self, version: str = "restricted") -> dict[str, bytes]:
        folder = self.project.version_folder(SMALL_ROUND, "thb", version)
        return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}

    def accept_queries(self) -> None:
        found = open_findings(self.project, self.contracts, round_=SMALL_ROUND, report="thb")
        for rule in sorted({f.rule for f in found if f.severity == "query" and not f.reason}):
            accept(
                self.project,
                self.contracts,
                round_=SMALL_ROUND,
                report="thb",
                reason="checked",
                rule=rule,
                who=self.person("analyst"),
            )


@pytest.fixture
def small_desk(small: Path) -> Desk:
    return Desk(small)


@pytest.mark.slow
def test_a_draft_of_an_incomplete_report_says_so_and_its_master_stays_the_same(
    small_desk: Desk,
) -> None:
    project = small_desk.project
    master = project.master_folder(SMALL_ROUND, "thb", "restricted")
    as_built = {p.name: p.read_bytes() for p in sorted(master.iterdir())}
    complete = small_desk.drafts()
    assert "incomplete" not in json.loads(complete["manifest.json"])["draft"]

    open_gate(project.contracts, states=9)
    small_desk.build(until="")
    marked = small_desk.drafts()
    told = "incomplete: 3 of 11 states"
    assert json.loads(marked["manifest.json"])["draft"]["incomplete"] == told
    (project.outputs / "marked.pdf").write_bytes(marked[PDF])
    pages = PdfReader(project.outputs / "marked.pdf").pages
    assert all(told in page.extract_text() for page in pages)
    assert {p.name: p.read_bytes() for p in sorted(master.iterdir())} == as_built

    open_gate(project.contracts, states=3)
    small_desk.build(until="")
    assert small_desk.drafts() == complete


@pytest.mark.slow
def test_too_few_states_keep_a_draft_from_review_until_the_head_of_unit_signs_why(
    small_desk: Desk,
) -> None:
    project, contracts = small_desk.project, small_desk.contracts
    open_gate(project.contracts, states=9)
    (reason,) = small_desk.gate().reasons
    assert reason.kind is Kind.STATES
    assert "figures of 3 of 11 states for 2021; none of AL, BA, HU" in reason.found
    small_desk.accept_queries()
    subject = Subject(SMALL_ROUND, "thb", "restricted")
    asked = project, contracts, subject, small_desk.person("analyst")
    with pytest.raises(SignOffError, match=f"{reason.id} states: figures of 3 of 11 states"):
        list(submit(*asked))

    with pytest.raises(SignOffError, match="may not"):
        small_desk.let_pass(reason.id, role="analyst")
    with pytest.raises(UserError, match="names no 'g0000000'"):
        small_desk.let_pass("g0000000")
    small_desk.let_pass(reason.id)
    assert small_desk.gate().is_go
    told = list(submit(*asked))
    assert any("gate:     1 let pass: 1 states" in line for line in told)
    *_, event = record_of(project, subject).read()
    assert event["gate"][0]["id"] == reason.id
    assert event["gate"][0]["passed"]["by"] == small_desk.person("head-of-unit").name
    # nobody has approved yet: nothing was let pass behind an approval
    with candidate(project, subject, day=DAY) as found:
        assert [*check_gate(found)] == []

    # fewer states than were let pass are another reason
    gone = next((project.returns / str(SMALL_ROUND) / "thb").glob("GR*"))
    gone.unlink()
    small_desk.build()
    assert "figures of 2 of 11 states" in small_desk.gate().reasons[0].found


@pytest.mark.slow
def test_a_return_that_is_refused_is_no_number_less_but_a_reason_of_its_own(
    small_desk: Desk,
) -> None:
    project, contracts = small_desk.project, small_desk.contracts
    open_gate(project.contracts, states=1, asks=("refused_returns",))
    broken = project.returns / str(SMALL_ROUND) / "thb" / "GR.xlsx"
    broken.write_bytes(broken.read_bytes()[:5000])
    small_desk.build()
    (reason,) = small_desk.gate().reasons
    assert (reason.kind, reason.state) == (Kind.REFUSED, "GR")
    found = open_findings(project, contracts, round_=SMALL_ROUND, report="thb")
    errors = [f for f in found if f.severity == "error"]
    assert errors
    assert set(reason.findings) == {f.id for f in errors}
    # what the analyst accepts is a query, never an error
    with pytest.raises(UserError, match="is an error, which keeps its table out"):
        accept(
            project,
            contracts,
            round_=SMALL_ROUND,
            report="thb",
            reason="it will do",
            query=errors[0].id,
            who=small_desk.person("analyst"),
        )
    small_desk.let_pass(reason.id, role="director", why="Greece cannot send it again in time")
    assert small_desk.gate().is_go
    after = open_findings(project, contracts, round_=SMALL_ROUND, report="thb")
    assert not [line for line in problems(after) if line.startswith("open error")]

    # a signed line of somebody who may not decide it is refused when it is read
    record = record_of_reasons(project, SMALL_ROUND, report="thb")
    forged = {"event": "accept", "reason": "x", "findings": [], "gate": ["g1"]}
    record.append(forged, small_desk.person("analyst"))
    with pytest.raises(SignOffError, match="may not let a reason of the release gate pass"):
        small_desk.gate()


@pytest.mark.slow
def test_what_is_asked_in_the_rules_is_what_keeps_a_round_back(
    small_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = small_desk.project
    open_gate(project.contracts, states=3, asks=("conflicts",))
    counts = read_counts(project, small_desk.contracts, round_=SMALL_ROUND)
    assert counts is not None
    cell = f"THB_VICTIMS:BG.{SMALL_ROUND}"
    conflicts = (
        OpenConflict("THB_VICTIMS", "BG", f"{cell}._T._T", f"{cell}.F._T"),
        OpenConflict("THB_VICTIMS", "BG", f"{cell}._T._T", f"{cell}._T.Y_LT18"),
        OpenConflict("THB_VICTIMS_FORM", "GR", "no headline", "table"),
        OpenConflict("MIG_STAY", "GR", "of another", "report"),
    )
    with monkeypatch.context() as patch:
        told = replace(counts, conflicts=conflicts)
        patch.setattr("pipeline.release.gate.look.read_counts", lambda *_, **__: told)
        (reason,) = small_desk.gate().reasons
    assert (reason.kind, reason.state, len(reason.about)) == (Kind.CONFLICT, "BG", 2)
    assert "2 parts are above the whole, and BG has not said" in reason.found
    assert small_desk.kinds() == []

    open_gate(project.contracts, states=3, asks=("texts",))
    assert small_desk.kinds() == []
    text = project.templates / "thb" / "narrative" / "summary.md"
    chapters = [*(project.templates / "thb" / "narrative").glob("*.md")]
    for path in (text, *chapters):
        old = path.read_text(encoding="utf-8")
        path.write_text(old.replace("reviewed: 20", "reviewed: 10"), encoding="utf-8")
    assert small_desk.kinds() == ["texts"]
    assert small_desk.gate().reasons[0].do == f"make review-texts ROUND={SMALL_ROUND}"


@pytest.mark.slow
def test_the_command_says_go_or_no_go_writes_a_page_and_has_a_code_of_its_own(
    small_desk: Desk,
) -> None:
    asked = ("gate", "--round", str(SMALL_ROUND), "--report", "thb", "--date", DAY.isoformat())
    go = small_desk.run(*asked)
    assert (go.returncode, go.stdout.splitlines()[0][:3]) == (0, "GO:"), go.stderr
    whole = small_desk.run("gate", "--round", str(SMALL_ROUND), "--date", DAY.isoformat())
    assert whole.returncode in (0, NoGoError.exit_code), whole.stderr
    assert "Traceback" not in whole.stderr
    open_gate(small_desk.project.contracts, states=9)
    no_go = small_desk.run(*asked, "--json")
    assert no_go.returncode == NoGoError.exit_code == 13
    assert "Traceback" not in no_go.stderr
    told = json.loads(no_go.stdout)
    assert told["verdict"] == "NO-GO"
    (reason,) = told["reports"][0]["reasons"]
    assert reason["holds_back"] == "submit"
    folder = gate_folder(small_desk.project, SMALL_ROUND)
    assert {p.name for p in folder.iterdir()} == {"gate.json", "gate.html", "gate.pdf"}
    assert (folder / "gate.pdf").stat().st_mode & 0o077 == 0
    page = (folder / "gate.html").read_text(encoding="utf-8")
    for text in (reason["id"], "NO-GO", "3 of 11 states", "2 May 2023"):
        assert text in page
    assert "<script" not in page
    assert "http" not in page.split("</head>")[1]


def test_the_page_stays_one_page_however_much_keeps_a_round_back(project: Project) -> None:
    many = tuple(
        replace(REASON, kind=Kind.CONFLICT, state=f"S{n}", found="a part is above " * 12)
        for n in range(40)
    )
    reports = tuple(
        ReportGate(name, name.upper(), ("BG",), ("GR",), 2, many) for name in ("thb", "octa")
    )
    folder = write_gate(project, Gate(2021, DAY, "a test", reports))
    assert len(PdfReader(folder / "gate.pdf").pages) == 1
    content = json.loads((folder / "gate.json").read_text(encoding="utf-8"))
    assert [len(report["reasons"]) for report in content["reports"]] == [40, 40]

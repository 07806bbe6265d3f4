"""Where does that land which somebody wrote and cleared for some? A case, a text of an expert,
a reason of a meeting or a choice of each clearance, each with a word of its own, followed
through all that each version holds.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
import pytest
from assessments import ASSESSMENT, EXERCISE, write_forms
from builds import ROOT, copy_project, copy_tree, once, shared_folder
from here import run_here
from small_project import keep_chapters
from traces import files_in, said_in

from pipeline.cells import Key
from pipeline.contracts.layout import SOURCE_FIELD, cover_fields, form_of, tables_for
from pipeline.contracts.model import load_contracts
from pipeline.contracts.sources import text_hash
from pipeline.inspection.explain.printed import explain_reference, lines
from pipeline.inspection.leaks.secrets import collect
from pipeline.project import Project
from pipeline.report.exhibits.judged_cells import AFTER
from pipeline.returns.cleared import clear_text, take_back
from pipeline.returns.importers.csv_return import CsvCell, Dialect, write_csv_return
from pipeline.returns.intake.folder import CASES, MEETINGS
from pipeline.returns.meetings.recorded import record_paper
from pipeline.system.signed.people import Person, person

pytestmark = pytest.mark.slow

RESTRICTED, PARTNER, PUBLIC = "restricted", "partner", "public"
FOR = {  # who may read what is cleared for somebody
    RESTRICTED: frozenset({RESTRICTED}),
    PARTNER: frozenset({RESTRICTED, PARTNER}),
    PUBLIC: frozenset({RESTRICTED, PARTNER, PUBLIC}),
}
CHAPTERS = ["dashboard", "drugs", "people", "vehicles"]
MEASURED = "OCT_DRUG_OFFENCES"
STATES = ("AL", "BG", "GR", "HU", "RO", "TR")
FIVE = ("AL", "BG", "GR", "HU", "TR")  # as many as a judgement for others needs
WHO: Person = person("Exercise", "analyst", day=f"{EXERCISE + 1}-04-10")


@dataclass(frozen=True)
class Canary:
    """What somebody wrote: traces of it, which are in nothing else, and the versions that
    may hold it.
    """

    of: str
    traces: tuple[str, ...]  # patterns
    versions: frozenset[str]


# --- cases: the word, and a number that no figure of the round is

CASES_TOLD = {
    RESTRICTED: ("quokka", 908172635),
    PARTNER: ("numbat", 908263514),
    PUBLIC: ("bilby", 908351426),
}
CASE = """name: {name}
kind: joint investigation
crime_area: DRUGS
task_force: MIRAGE
states: [BG, RO]
dates: {{ended: 2023-0{number}-0{number}}}
results:
  - {{id: found, value: {value}, unit: persons, what: persons found}}
text: |
  On [[ended]] officers who worked on {name} found [[found]] persons in a house
  that they had watched.
clearance: {clearance}
source: {{publisher: A test, title: an invented letter on {name}, date: 2023-12-01}}
"""

# --- texts of experts


@dataclass(frozen=True)
class Text:
    """A text on a topic of drugs as its sender gives it, and whether the Center clears it."""

    word: str
    clearance: str
    state: str
    topic: str
    handling: str = "H0: no further condition"
    status: str = ""
    is_cleared: bool = True

    @property
    def text(self) -> str:
        return f"What the {self.word} brings is hidden below other goods"

    @property
    def versions(self) -> frozenset[str]:
        """Who may read it: what its sender and the Center said, both."""
        is_bound = self.handling[:2] not in ("H0", "H1") or self.status not in ("", "F")
        return FOR[RESTRICTED if is_bound or not self.is_cleared else self.clearance or RESTRICTED]


TEXTS = (
    Text("ocelot", "", "AL", "PLAY"),
    Text("tapir", RESTRICTED, "BG", "PLAY"),
    Text("okapi", PARTNER, "GR", "PLAY"),
    Text("lemur", PUBLIC, "HU", "PLAY"),
    Text("gecko", PUBLIC, "RO", "ROUTES", handling="H1: not in proceedings"),
    Text("marmot", PUBLIC, "AL", "ROUTES", handling="H2: not passed on"),
    Text("civet", PARTNER, "BG", "ROUTES", handling="H3: other condition"),
    Text("kestrel", PUBLIC, "GR", "ROUTES", status="N"),
    Text("puffin", PUBLIC, "HU", "ACTORS", is_cleared=False),
    Text("walrus", PARTNER, "RO", "ACTORS", is_cleared=False),
    Text("badger", "", "TR", "GAPS", handling=""),
)

# --- reasons of meetings, who agreed, and who chose


@dataclass(frozen=True)
class Reason:
    """Why a meeting judged a crime area, who agreed, and who may read why."""

    word: str
    area: str
    meeting: str = "2"
    clearance: str = ""
    agreed: tuple[str, ...] = STATES
    stands: bool = True  # no later meeting judged the area

    @property
    def text(self) -> str:
        return f"Offices met the {self.word} on more roads."

    @property
    def versions(self) -> frozenset[str]:
        is_told = self.stands and len(self.agreed) >= len(FIVE)
        return FOR[self.clearance if is_told and self.clearance else RESTRICTED]


REASONS = (
    Reason("wombat", "DRUGS", meeting="1", clearance=PUBLIC, stands=False),
    Reason("dingo", "DRUGS", clearance=PUBLIC),
    Reason("heron", "THB", clearance=PUBLIC, agreed=("AL", "GR", "TR")),
    Reason("jackal", "MIG"),
    Reason("magpie", "VEH", clearance=PARTNER, agreed=FIVE),
    Reason("plover", "MIG", meeting="1", clearance=RESTRICTED, stands=False),
)
CHOSEN = """chosen: 2023-12-01
by: heads of the caracal units
clearance: {clearance}
areas:
  - {{area: DRUGS, reason: The bittern pays for the rest.}}
  - {{area: THB, reason: The curlew harms most.}}
"""


def expected(states: tuple[str, ...]) -> tuple[str, ...]:
    """Who agreed as codes in a row and as names in a sentence."""
    names = load_contracts(ROOT / "data_contracts").codelist("states")
    return (
        r"\W+".join(rf"\b{s.casefold()}\b" for s in states),
        r", ".join(names.label(s).casefold() for s in states),
    )


def canaries() -> Iterator[Canary]:
    for clearance, (word, value) in CASES_TOLD.items():
        yield Canary("a case", (word, f"{value}", f"{value:,}"), FOR[clearance])
    for text in TEXTS:
        yield Canary("a text", (text.word,), text.versions)
    for reason in REASONS:
        yield Canary("a reason", (reason.word,), reason.versions)
    for states in {r.agreed for r in REASONS if r.agreed != STATES}:
        yield Canary("who agreed", expected(states), FOR[RESTRICTED])
    yield Canary("who agreed", ("agreed by",), FOR[RESTRICTED])
    for word in ("caracal", "bittern", "curlew"):
        yield Canary("a choice", (word,), FOR[PARTNER])


CANARIES = tuple(canaries())


def write_cases(project: Project) -> None:
    folder = project.returns / str(EXERCISE) / CASES
    folder.mkdir(parents=True, exist_ok=True)
    for number, (clearance, (word, value)) in enumerate(CASES_TOLD.items(), 1):
        given = {"name": word.capitalize(), "value": value, "clearance": clearance}
        text = CASE.format(number=number, **given)
        (folder / f"{word}.yaml").write_text(text, encoding="utf-8")


def write_texts(project: Project) -> None:
    """The forms of the states, of their texts those above alone."""
    contracts = load_contracts(project.contracts)
    contract = contracts.contract(ASSESSMENT)
    for path in write_forms(contracts, project.returns, states=STATES, sessions=(AFTER,)):
        (table,) = (
            t
            for t in tables_for(contract, path.stem, round_=EXERCISE)
            if t.judged and t.judged.is_texts
        )
        form = form_of(table, contract, state=path.stem, round_=EXERCISE)
        book = openpyxl.load_workbook(path)
        sheet = book[form.sheet]
        own: dict[tuple[str, ...], Text] = {
            ("DRUGS", t.topic): t for t in TEXTS if t.state == path.stem
        }
        for row in form.rows:
            text = own.get(row.codes)
            for column in form.columns:
                if column.kind in ("value", "conf", "note"):
                    said = said_of(text, column.kind, column.head) if text else None
                    sheet.cell(row.index, column.index).value = said
        book.save(path)


def said_of(text: Text, kind: str, head: str) -> str | None:
    if kind != "value":
        return (text.text if kind == "note" else text.status) or None
    words = {
        "SOURCE": "B: mostly reliable",
        "INFORMATION": "3: corroborated",
        "HANDLING": text.handling,
        "CLEARANCE": text.clearance,
    }
    return words[head.partition(".")[0]] or None


def write_papers(project: Project, reasons: tuple[Reason, ...], *, chosen: str) -> None:
    """The papers of two meetings and of a choice, recorded as a rehearsal."""
    contracts = load_contracts(project.contracts)
    folder = project.returns / str(EXERCISE) / MEETINGS
    folder.mkdir(parents=True, exist_ok=True)
    papers = {"priorities": CHOSEN.format(clearance=chosen)}
    for number in ("1", "2"):
        levels = "".join(
            f"  - area: {r.area}\n    level: high\n    agreed: [{', '.join(r.agreed)}]\n"
            f"    reason: {r.text}\n" + (f"    clearance: {r.clearance}\n" if r.clearance else "")
            for r in reasons
            if r.meeting == number
        )
        head = f"held: 2023-1{number}-04\nstates: [{', '.join(STATES)}]\nlevels:\n"
        papers[number] = head + levels
    anew = "said otherwise" if project.meetings.is_file() else ""
    for name, text in papers.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name in papers:
        record_paper(project, contracts, round_=EXERCISE, name=name, reason=anew, who=WHO)


def write_figures(project: Project) -> None:
    """Returns of three states with one figure a year: a version for others has some."""
    contracts = load_contracts(project.contracts)
    contract = contracts.contract("octa")
    for place, state in enumerate(("BG", "HU", "RO"), 1):
        fields = cover_fields(contract, state, state_name=state, round_=EXERCISE)
        answers = {"date": f"{EXERCISE + 1}-03-31", f"{SOURCE_FIELD}{MEASURED}": "exercise"}
        write_csv_return(
            project.returns / str(EXERCISE) / "octa" / f"{state}.csv",
            contract,
            state=state,
            round_=EXERCISE,
            cells={
                Key(MEASURED, (state, str(year))): CsvCell(str(700 * place + year - EXERCISE))
                for year in contract.years(EXERCISE)
            },
            cover=[(name, answers.get(name, value)) for name, _, value, _ in fields],
            dialect=Dialect(),
        )


def run(root: Path, *arguments: str) -> None:
    done = run_here(*arguments, "--round", str(EXERCISE), root=root)
    assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"


def build(root: Path, versions: str) -> None:
    run(root, "build", "--reports", "octa", "--versions", versions)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Project:
    def make(root: Path) -> None:
        copy_project(root)
        for path in (root / "returns").iterdir():
            if path.is_dir():
                shutil.rmtree(path)
        for path in root.glob("templates/**/*.md"):  # as if somebody had read them again
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"reviewed: \d{4}", f"reviewed: {EXERCISE}", text)
            path.write_text(text, encoding="utf-8")
        keep_chapters(root, CHAPTERS, "octa")
        project = Project(root)
        write_figures(project)
        write_cases(project)
        write_texts(project)
        run(root, "validate", "--no-feedback")
        for own in (t for t in TEXTS if t.is_cleared):
            sha256 = text_hash(own.text)
            clear_text(project, EXERCISE, sha256=sha256, reason="a test", who=WHO)
        write_papers(project, REASONS, chosen=PARTNER)
        build(root, "restricted public partner")

    return Project(once(shared_folder(tmp_path_factory, worker_id) / "cleared_canaries", make))


def files_of(project: Project, version: str) -> list[Path]:
    """All that a version is and is made from; a manifest names the papers by their files
    for those who may read everything.
    """
    return files_in(
        project.version_folder(EXERCISE, "octa", version),
        project.master_folder(EXERCISE, "octa", version),
        project.store(EXERCISE, "octa", version).parent,
    )


def holders(canary: Canary, found: dict[Path, str]) -> set[str]:
    """The files that hold a trace of it."""
    return {
        path.name for path, said in found.items() if any(re.search(t, said) for t in canary.traces)
    }


@pytest.mark.parametrize("version", FOR)
def test_a_version_holds_what_is_cleared_for_it_and_no_trace_of_anything_else(
    version: str, project: Project
) -> None:
    found = {path: said_in(path) for path in files_of(project, version)}
    assert {p.suffix for p in found} >= {".pdf", ".csv", ".json", ".duckdb"}
    if version == PUBLIC:
        assert {p.suffix for p in found} >= {".html", ".xlsx", ".xml"}
    for canary in CANARIES:
        where = holders(canary, found)
        if version in canary.versions:
            assert any(name.endswith(".pdf") for name in where), canary
            assert any(name.endswith(".duckdb") for name in where), canary
        else:
            assert where == set(), f"{canary} in {where}"


def test_every_kind_has_one_that_some_may_read_and_others_not() -> None:
    for kind in {c.of for c in CANARIES}:
        held = {c.versions for c in CANARIES if c.of == kind}
        assert all(versions for versions in held)
        assert any(versions != FOR[PUBLIC] for versions in held), kind
    for kind in ("a case", "a text", "a reason"):
        assert {c.versions for c in CANARIES if c.of == kind} == {*FOR.values()}


def test_the_page_for_browsers_tells_what_is_public(project: Project) -> None:
    folder = project.version_folder(EXERCISE, "octa", PUBLIC)
    found = {p: said_in(p) for p in sorted(folder.rglob("*.html"))}
    for canary in CANARIES:
        assert bool(holders(canary, found)) == (PUBLIC in canary.versions), canary
    assert any('class="case"' in page for page in found.values())


@pytest.mark.parametrize("version", [PARTNER, PUBLIC])
def test_the_scan_looks_for_what_is_not_cleared(project: Project, version: str) -> None:
    secrets = " ".join(collect(project, EXERCISE, "octa", version).values()).casefold()
    sought = [c for c in CANARIES if c.of != "who agreed"]
    assert len(sought) > 15
    for canary in sought:
        assert bool(re.search(canary.traces[0], secrets)) == (version not in canary.versions), (
            canary
        )


def test_the_numbers_of_a_case_are_audited(project: Project) -> None:
    for version in FOR:
        folder = project.version_folder(EXERCISE, "octa", version)
        audit = json.loads((folder / "manifest.json").read_text())["build"]["number_audit"]
        # the day of its end, what was found, and the day of the source, of each case
        told = sum(version in FOR[clearance] for clearance in CASES_TOLD)
        assert audit["exceptions"]["case"] >= 3 * told
        assert audit["unaccounted"] == 0


def test_a_number_of_a_case_is_walked_back_to_file_and_line(project: Project) -> None:
    contracts = load_contracts(project.contracts)
    found = explain_reference(
        project,
        contracts,
        round_=EXERCISE,
        reference="octa:S.cases.quokka.3",
        version=RESTRICTED,
    )
    said = "\n".join(lines(found))
    assert "returns/2023/cases/quokka.yaml line 8, persons found = 908,172,635 persons" in said


def test_what_is_taken_back_goes_from_the_next_build(project: Project, tmp_path: Path) -> None:
    """A case and reasons are cleared for nobody any more, the Center takes texts back."""
    root = copy_tree(project.root, tmp_path / "copy")
    again = Project(root)
    for path in (again.returns / str(EXERCISE) / CASES).iterdir():
        text = re.sub("clearance: .*", "clearance: restricted", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    for own in (t for t in TEXTS if t.is_cleared):
        sha256 = text_hash(own.text)
        take_back(again, EXERCISE, sha256=sha256, reason="a test", who=WHO)
    bound = tuple(replace(r, clearance=RESTRICTED) for r in REASONS)
    write_papers(again, bound, chosen=RESTRICTED)
    build(root, "public partner")
    for version in (PARTNER, PUBLIC):
        found = {path: said_in(path) for path in files_of(again, version)}
        for canary in CANARIES:
            assert holders(canary, found) == set(), canary
    shutil.rmtree(root)


def test_no_word_of_the_canaries_is_one_of_the_project() -> None:
    words = [c.traces[0] for c in CANARIES if c.of != "who agreed"]
    assert len(set(words)) == len(words)
    for folder in ("templates", "data_contracts", "returns"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".md", ".yaml", ".j2", ".csv"):
                said = path.read_text(encoding="utf-8", errors="replace").lower()
                assert not [word for word in words if word in said], path

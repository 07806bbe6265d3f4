"""Does a proof sheet show all that is printed of a state, nothing of another, and is its
answer kept?
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pypdfium2
import pytest
import yaml
from builds import copy_tree
from here import done_here
from signatories import enter_signers, keys, signing
from small_project import SMALL_ROUND, STATES, open_gate

from pipeline.cells import POPULATION_CUBE, Key
from pipeline.contracts.calendar import CALENDAR
from pipeline.contracts.model import load_contracts
from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.release.gate.look import gate
from pipeline.release.gate.reasons import GateReason, Kind
from pipeline.release.proofs.answer import confirm, object_to
from pipeline.release.proofs.record import read_answers, record_of_proofs
from pipeline.release.proofs.sheets import ProofSheet, SheetMaker, read_asked, sheet_folder
from pipeline.release.proofs.write import write_sheets
from pipeline.report.store import Store
from pipeline.system.signed.people import Person
from pipeline.system.signed.signers import read_signers

pytestmark = pytest.mark.slow
VERSIONS = ("restricted", "partner", "public")
MADE, UNTIL = date(2023, 5, 15), date(2023, 5, 26)
BEFORE, AFTER = date(2023, 5, 20), date(2023, 5, 27)
WORD = "quokka"


class Bench:
    """A small project in which every version is built, and what is asked of its states."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root)
        self.contracts = load_contracts(self.project.contracts)

    def person(self, day: date, role: str = "analyst") -> Person:
        return signing(read_signers(self.project.contracts), keys(), role, day.isoformat())

    def maker(self, day: date = MADE) -> SheetMaker:
        return SheetMaker(
            self.project, self.contracts, round_=SMALL_ROUND, day=day, reports=("thb",)
        )

    def write(self, *states: str, day: date = MADE) -> dict[str, Path]:
        maker = self.maker(day)
        asked = [*(states or maker.states())]
        sheets = (maker.sheet(state) for state in asked)
        return dict(zip(asked, write_sheets(self.project, sheets), strict=True))

    def confirm(self, state: str, day: date = BEFORE) -> None:
        confirm(
            self.project,
            round_=SMALL_ROUND,
            state=state,
            reports=(),
            text="letter 12 of the ministry",
            who=self.person(day),
        )

    def object_to(self, state: str, figures: str, text: str = "it is twice as much") -> list[str]:
        _, told = object_to(
            self.project,
            self.contracts,
            round_=SMALL_ROUND,
            state=state,
            figures=figures,
            text=text,
            who=self.person(BEFORE),
        )
        return told

    def reasons(self, day: date) -> list[GateReason]:
        found = gate(self.project, SMALL_ROUND, day=day, reports=("thb",))
        return [*found.reports[0].reasons]

    def store(self, version: str) -> Path:
        return self.project.store(SMALL_ROUND, "thb", version)

    def change(self, version: str, sql: str) -> None:
        """Change what a version shows, as a correction would."""
        shutil.rmtree(self.store(version).parent / ".kept", ignore_errors=True)
        with duckdb.connect(str(self.store(version))) as connection:
            connection.execute(sql)


@pytest.fixture(scope="module")
def every_version(small_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("proofs") / "small"
    copy_tree(small_built, root)
    asked = ("report", "REPORT=thb", f"ROUND={SMALL_ROUND}", "VERSION=partner")
    done_here(*asked, root=root)
    contracts = root / "data_contracts"
    enter_signers(contracts, keys())
    open_gate(contracts, states=len(STATES), asks=("proof_sheets",))
    entry = {
        "round": SMALL_ROUND,
        "report": "thb",
        "opens": "2023-02-01",
        "due": "2023-03-31",
        "cutoff": "2023-05-12",
        "proofs": UNTIL.isoformat(),
        "release": {"public": "2023-06-19 10:00"},
    }
    calendar = {"zone": "Europe/Bucharest", "rounds": [entry]}
    (contracts / CALENDAR).write_text(yaml.safe_dump(calendar), encoding="utf-8")
    return root


@pytest.fixture
def bench(every_version: Path, tmp_path: Path) -> Bench:
    return Bench(copy_tree(every_version, tmp_path / "small"))


def text_of(folder: Path) -> str:
    """All that can be read of a sheet, in the PDF, in the workbook and in its record."""
    (pdf,) = folder.glob("*.pdf")
    (book,) = folder.glob("*.xlsx")
    document = pypdfium2.PdfDocument(pdf)
    read = [page.get_textpage().get_text_range() for page in document]
    for sheet in openpyxl.load_workbook(book).worksheets:
        for row in sheet.iter_rows(values_only=True):
            read += [str(value) for value in row if value is not None]
    read.append((folder / "sheet.json").read_text(encoding="utf-8"))
    return "\n".join(read)


def keys_printed(bench: Bench, version: str, state: str) -> set[str]:
    """What the list beside the master names of a state."""
    path = bench.project.master_folder(SMALL_ROUND, "thb", version) / "cells.csv"
    with path.open(encoding="utf-8", newline="") as file:
        found = {row["key"] for row in csv.DictReader(file)}
    return {
        k for k in found if Key.parse(k).state == state and Key.parse(k).cube != POPULATION_CUBE
    }


def test_a_sheet_has_every_figure_that_is_printed_of_its_state_in_each_version(
    bench: Bench,
) -> None:
    for state in STATES:
        (report,) = bench.maker().sheet(state).reports
        assert report.versions == ("restricted", "partner", "public")
        for version in VERSIONS:
            printed = keys_printed(bench, version, state)
            assert printed
            listed = {f.key for f in report.figures if f.shown[version].how != "absent"}
            store = Store(bench.store(version), bench.contracts, report="thb", version=version)
            assert {k for k in printed if not store.cell(Key.parse(k)).withheld} <= listed
            for figure in report.figures:
                cell, shown = store.cell(Key.parse(figure.key)), figure.shown[version]
                assert (shown.how == "hidden") == cell.withheld
                assert shown.how != "absent" or version == "restricted" or not cell.has_value


def test_what_a_version_hides_is_called_hidden_beside_the_figure_that_others_see(
    bench: Bench,
) -> None:
    (report,) = bench.maker().sheet("RO").reports
    key = next(f.key for f in report.figures if f.shown["public"].how == "printed")
    bench.change("public", f"update cells set value = null, withheld = true where key = '{key}'")
    (report,) = bench.maker().sheet("RO").reports
    figure = next(f for f in report.figures if f.key == key)
    assert figure.hidden_in == ("public",)
    assert str(figure.shown["public"]) == "hidden"
    assert figure.shown["restricted"].is_figure
    # what no version shows is on no sheet
    for version in ("restricted", "partner"):
        bench.change(version, f"update cells set value = null, withheld = true where key = '{key}'")
    (report,) = bench.maker().sheet("RO").reports
    assert key not in {f.key for f in report.figures}


def test_the_year_before_and_the_change_stand_beside_a_figure(bench: Bench) -> None:
    (report,) = bench.maker().sheet("RO").reports
    now = next(f for f in report.figures if f.key == f"THB_VICTIMS:RO.{SMALL_ROUND}._T._T")
    store = Store(bench.store("restricted"), bench.contracts, report="thb", version="restricted")
    last = store.cell(Key.parse(now.key).at(year=SMALL_ROUND - 1))
    assert now.before == str(int(last.value or 0)) != "0"
    shown = next(str(s.text) for s in now.shown.values() if s.is_there)
    difference = int(shown) - int(now.before)
    assert now.change.replace("\N{MINUS SIGN}", "-") == f"{difference:+}"


def test_no_sheet_shows_a_figure_or_a_word_of_another_state(bench: Bench) -> None:
    """Canaries in everything that others say: figures, notes, answers, findings."""
    for version in VERSIONS:
        bench.change(
            version,
            "update cells set value = 7000000 + rowid, note = 'quokka'"
            " where state <> 'BG' and not withheld;"
            " update cells set states = ['quokka'] where state <> 'BG';"
            " update findings set found = 'quokka' where state <> 'BG';"
            " update revisions set old_raw = 'quokka' where state <> 'BG'",
        )
    path = bench.project.work(SMALL_ROUND) / "validation.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for finding in content["findings"]:
        if finding["state"] != "BG":
            finding["found"] = WORD
    shutil.rmtree(path.parent / ".kept")
    path.write_text(json.dumps(content), encoding="utf-8")
    written = bench.write()
    assert written.keys() == set(STATES)
    own = text_of(written["BG"])
    assert WORD not in own
    assert "700" not in own.replace(",", "")
    assert ":GR." not in own
    assert ":RO." not in own
    other = text_of(written["GR"])
    assert "7,000," in other
    assert ":BG." not in other


def test_a_sheet_is_for_its_owner_only_and_the_same_bytes_each_time(bench: Bench) -> None:
    first = {p.name: p.read_bytes() for p in bench.write("RO")["RO"].iterdir()}
    again = bench.write("RO", day=AFTER)["RO"]
    assert {p.name: p.read_bytes() for p in again.iterdir()} == first
    assert sorted(first) == ["RO-2021-proof.pdf", "RO-2021-proof.xlsx", "sheet.json"]
    assert f"please confirm until {UNTIL.day} May 2023" in text_of(again).replace("\r\n", " ")


def test_the_gate_waits_for_each_state_until_its_day_has_passed(bench: Bench) -> None:
    (reason,) = bench.reasons(BEFORE)
    assert (reason.kind, reason.about, reason.holds_back) == (Kind.PROOFS, STATES, "release")
    assert "3 of 3 states have not confirmed" in reason.found
    # nobody was asked: silence says nothing
    assert bench.reasons(AFTER)[0].about == STATES
    bench.write()
    bench.confirm("RO")
    assert bench.reasons(BEFORE)[0].about == ("BG", "GR")
    assert bench.reasons(AFTER) == []


def test_a_sheet_that_was_made_after_the_day_is_no_question_that_silence_answers(
    bench: Bench,
) -> None:
    bench.write(day=AFTER)
    assert bench.reasons(date(2023, 7, 1))[0].about == STATES


def test_a_confirmation_is_of_what_was_shown_then(bench: Bench) -> None:
    bench.write()
    for state in STATES:
        bench.confirm(state)
    assert bench.reasons(BEFORE) == []
    key = f"THB_VICTIMS:RO.{SMALL_ROUND}._T._T"
    bench.change("public", f"update cells set value = value + 1 where key = '{key}'")
    (reason,) = bench.reasons(AFTER)
    assert (reason.kind, reason.version, reason.about) == (Kind.PROOFS, "public", ("RO",))
    # another one is made, with its own day, and confirmed
    bench.write("RO", day=AFTER)
    asked = read_asked(bench.project, SMALL_ROUND, "RO")
    assert asked is not None
    assert asked.made == AFTER
    bench.confirm("RO", AFTER)
    assert bench.reasons(AFTER) == []


def test_an_objection_stands_until_the_state_confirms_a_sheet(bench: Bench) -> None:
    bench.write()
    for state in STATES:
        bench.confirm(state)
    (report,) = bench.maker().sheet("RO").reports
    figure = next(f for f in report.figures if f.ref and f.is_reported)
    assert bench.object_to("RO", figure.ref) == [figure.key]
    (objection,) = bench.reasons(AFTER)
    assert (objection.kind, objection.state) == (Kind.OBJECTION, "RO")
    assert objection.about[1:] == (figure.key,)
    assert "twice" not in objection.found
    # who objects has not confirmed either
    assert [r.about for r in bench.reasons(BEFORE) if r.kind is Kind.PROOFS] == [("RO",)]
    (told,) = read_answers(bench.project, SMALL_ROUND).open_objections("thb")
    assert (told.keys, told.text) == ((figure.key,), "it is twice as much")
    assert told.text in text_of(bench.write("RO")["RO"])
    bench.confirm("RO")
    assert bench.reasons(AFTER) == []


@pytest.mark.parametrize(
    ("figures", "text", "told"),
    [
        ("THB_VICTIMS:GR.2021._T._T", "no", "names no figures of RO"),
        ("thb:T99.r1.c1", "no", "names no figures of RO"),
        ("", "no", "names no figures of RO"),
        ("THB_VICTIMS:RO.2021._T._T", "  ", "no objection without words"),
        ("THB_VICTIMS:RO.2021._T._T", "x" * 2000, "the text cannot be kept"),
        ("THB_VICTIMS:RO.2021._T._T", "write to ana.pop@example.org", "holds what looks like"),
    ],
)
def test_what_is_no_objection_is_refused(bench: Bench, figures: str, text: str, told: str) -> None:
    bench.write("RO")
    with pytest.raises(UserError, match=told):
        bench.object_to("RO", figures, text)
    assert not record_of_proofs(bench.project, SMALL_ROUND).read()


def test_nothing_is_confirmed_that_was_not_sent(bench: Bench) -> None:
    with pytest.raises(UserError, match="no proof sheet of 'RO' was made"):
        bench.confirm("RO")
    with pytest.raises(UserError, match="no proof sheet of 'RO' was made"):
        bench.object_to("RO", "thb:T1.r1.c1")
    with pytest.raises(UserError, match="nothing is printed of 'XX'"):
        bench.write("XX")
    bench.write("RO")
    with pytest.raises(UserError, match="octa is not on the sheet of RO"):
        confirm(
            bench.project,
            round_=SMALL_ROUND,
            state="RO",
            reports=("octa",),
            text="",
            who=bench.person(BEFORE),
        )


def test_a_line_that_says_nothing_of_a_sheet_is_refused(bench: Bench) -> None:
    record_of_proofs(bench.project, SMALL_ROUND).append({"event": "x"}, bench.person(BEFORE))
    with pytest.raises(SignOffError, match="says nothing of a proof sheet"):
        bench.reasons(BEFORE)


def test_a_sheet_needs_every_version(bench: Bench) -> None:
    shutil.rmtree(bench.project.master_folder(SMALL_ROUND, "thb", "partner"))
    with pytest.raises(UserError, match="the partner version of thb was not built"):
        bench.maker()


def test_places_do_not_count_for_what_was_confirmed(bench: Bench) -> None:
    def prints(sheet: ProofSheet) -> list[str]:
        return [*sheet.reports[0].fingerprints.values()]

    maker = bench.maker()
    before = prints(maker.sheet("RO"))
    for version in maker.versions["thb"]:
        shown = version.of_state("RO").shown
        for key, one in shown.items():
            shown[key] = replace(one, ref="thb:T99.r9.c9")  # type: ignore[index]
    assert prints(maker.sheet("RO")) == before
    assert len(set(before)) > 1
    assert sheet_folder(bench.project, SMALL_ROUND, "RO").name == "RO"


def test_a_sheet_that_cannot_be_made_is_told_and_leaves_nothing_half_written(bench: Bench) -> None:
    before = {p: (p / "sheet.json").read_bytes() for p in bench.write().values()}
    template = bench.project.templates / "proofs" / "sheet.html.j2"
    template.write_text(template.read_text(encoding="utf-8") + "{{ quokka }}", encoding="utf-8")
    with pytest.raises(UserError, match="'quokka' is undefined") as refused:
        bench.write()
    assert "sheet.html.j2" in refused.value.where
    assert {p: (p / "sheet.json").read_bytes() for p in before} == before
    folders = {p for folder in before for p in folder.parent.iterdir()}
    assert folders == set(before)

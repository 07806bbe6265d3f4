"""Do the answers that a state writes into its own file enter the log, all of them in one
act or none?
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builds import ROOT
from here import make_here, run_here
from openpyxl import Workbook, load_workbook

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.feedback.answer_sheet import (
    COLUMNS,
    add_answer_sheet,
    answers_csv,
    asked_in,
)
from pipeline.returns.feedback.send_back import write_feedback
from pipeline.returns.rules.answers import CODES, read_answers
from pipeline.returns.rules.answers_entered import Imported, answer_all
from pipeline.returns.rules.query_log import ask, read_log, with_new_answers, with_queries
from pipeline.returns.rules.query_record import record_of_queries
from pipeline.returns.rules.validation import enter_answers, validate_and_write
from pipeline.returns.texts import Texts, load_texts
from pipeline.system.signed.people import person

WHO = person("Ana Pop", "analyst", day="2023-05-02")
LETTERS = {code: chr(ord("A") + number) for number, (code, _, _) in enumerate(COLUMNS)}
FIRST = 10  # row of the first query on the sheet of answers
CONFLICT = "THB_JUDGMENTS.judgment.part_exceeds_whole"


def finding(year: int = 2018, state: str = "RO", **more: Any) -> Finding:
    values: dict[str, Any] = {
        "round": 2022,
        "report": "thb",
        "state": state,
        "file": f"2022/thb/{state}.xlsx",
        "sheet": "10 Judgments",
        "cell": f"C{year - 2000}",
        "table": "THB_JUDGMENTS",
        "key": f"THB_JUDGMENTS:{state}.{year}._T",
        "rule": "THB_JUDGMENTS.judgment.sum",
        "severity": "query",
        "found": "=total 9, parts 10",
        "allowed": "parts add up",
        "do": "correct one",
    }
    return Finding(**{**values, **more})


@pytest.fixture(scope="module")
def texts() -> Texts:
    return load_texts(Project(ROOT))


@pytest.fixture
def asked(project: Project, contracts: Contracts) -> list[Finding]:
    """Three queries to Romania, one of them on a part above its whole."""
    (project.returns / "2022").mkdir()
    found = with_queries([finding(2018), finding(2019), finding(2020, rule=CONFLICT)], {})
    ask_about(project, contracts, found)
    return found


def ask_about(
    project: Project, contracts: Contracts, found: list[Finding], state: str = "RO"
) -> None:
    ask(
        project,
        contracts,
        round_=2022,
        state=state,
        day="2023-04-01",
        findings=found,
        who=WHO,
    )


def sheet_of(found: list[Finding], texts: Texts) -> Workbook:
    """A workbook as it goes to a state: a sheet of its own, and that of the answers."""
    book = Workbook()
    add_answer_sheet(book, "Answers", findings=found, marking="marked", texts=texts)
    return book


def fill(book: Workbook, row: int, **answers: Any) -> None:
    for code, value in answers.items():
        book["Answers"][f"{LETTERS[code]}{FIRST + row}"] = value


def saved(book: Workbook, folder: Path, name: str = "RO-thb-2022-marked.xlsx") -> Path:
    book.save(folder / name)
    return folder / name


def enter(
    project: Project, contracts: Contracts, path: Path, day: str = "2023-04-20", state: str = ""
) -> Imported:
    file = read_answers(path, contracts, day=day, state=state)
    return answer_all(project, contracts, round_=2022, file=file, who=WHO, state=state)


# What is read.


def test_answers_of_a_workbook_enter_the_log(
    project: Project, contracts: Contracts, asked: list[Finding], texts: Texts, tmp_path: Path
) -> None:
    from datetime import datetime

    book = sheet_of(asked, texts)
    fill(book, 0, effect="confirmed", answer="A new  register\nsince July.")
    fill(
        book,
        2,
        effect="Confirmed",
        resolution="parts",
        answer=505,
        answered=datetime(2023, 4, 18),
    )
    path = saved(book, tmp_path)
    entered = enter(project, contracts, path)
    assert (len(entered.new), entered.replaced, entered.same) == (2, (), ())
    log = read_log(project, contracts, round_=2022)
    first, left, conflict = (log[f.query] for f in asked)
    assert (first.answer, first.effect, first.answered) == (
        "A new register since July.",
        "confirmed",
        "2023-04-20",
    )
    assert (conflict.answer, conflict.resolution, conflict.answered) == (
        "505",
        "parts",
        "2023-04-18",
    )
    assert left.effect == ""
    again = enter(project, contracts, path)
    assert (len(again.new), len(again.replaced), len(again.same)) == (0, 0, 2)
    fill(book, 0, effect="withdrawn")
    changed = enter(project, contracts, saved(book, tmp_path))
    assert [q.effect for q in changed.replaced] == ["withdrawn"]
    events = record_of_queries(project, 2022).read()
    assert [e["event"] for e in events] == ["ask", "answer", "answer"]  # nothing for nothing new
    assert len(events[1]["queries"]) == 2


def test_the_file_of_answers_is_what_a_spreadsheet_shows(
    asked: list[Finding], texts: Texts
) -> None:
    book = sheet_of(asked, texts)
    sheet: Any = book["Answers"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=FIRST - 2)]
    assert [c for c in rows[0] if c in CODES] == list(CODES)
    assert rows[1][0] == "Query"
    assert [row[0] for row in rows[2:]] == [f.query for f in asked]
    assert rows[2][5] == "'=total 9, parts 10"  # no spreadsheet runs it
    offered = {v.formula1: str(v.sqref) for v in sheet.data_validations.dataValidation}
    assert offered['"confirmed,corrected,withdrawn"'] == "H10:H12"
    assert book.sheetnames.index("Answers") == 1
    nothing = Workbook()
    add_answer_sheet(nothing, "Answers", findings=[], marking="marked", texts=texts)
    assert nothing.sheetnames == ["Sheet"]
    assert answers_csv([replace(asked[0], severity="note")], texts) == b""
    assert len(asked_in([*asked, *asked])) == 3


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("RO-2022-answers.csv", lambda text: text.encode("utf-8-sig")),
        ("answers.csv", lambda text: text.replace(";", ",").encode()),
        ("answers.csv", lambda text: text.replace(";", "\t").encode("utf-16")),
    ],
    ids=["as it was sent", "commas", "UTF-16"],
)
def test_answers_of_a_csv_enter_the_log(
    name: str,
    save: Callable[[str], bytes],
    project: Project,
    contracts: Contracts,
    asked: list[Finding],
    texts: Texts,
    tmp_path: Path,
) -> None:
    blank = answers_csv(asked, texts).decode("utf-8-sig")
    head, first, *others = blank.splitlines()
    filled = first.removesuffix(";;;") + "corrected;;Greşit: 9 si 10;19.04.2023"
    lines = [head, filled, *others]
    (tmp_path / name).write_bytes(save("\r\n".join(lines).replace(", ", " ") + "\r\n"))
    (query,) = enter(project, contracts, tmp_path / name, day="").new
    assert (query.effect, query.answered) == ("corrected", "2023-04-19")
    assert query.answer.startswith("Gre")
    assert "9" in query.answer


def test_many_answers_are_one_act(
    project: Project, contracts: Contracts, texts: Texts, tmp_path: Path
) -> None:
    (project.returns / "2022").mkdir()
    found = with_queries([finding(year) for year in range(1950, 1995)], {})
    ask_about(project, contracts, found)
    book = sheet_of(found, texts)
    for row in range(45):
        fill(book, row, effect="confirmed", answer=f"So it is, {row}.")
    path = saved(book, tmp_path)
    assert len(enter(project, contracts, path).new) == 45
    last = record_of_queries(project, 2022).read()[-1]
    assert (last["event"], last["by"], len(last["queries"])) == ("answer", "Ana Pop", 45)
    assert last["file"] == read_answers(path, contracts, day="2023-04-20").sha256


# What is refused: everything at once, and nothing is entered.

WRONG: dict[str, tuple[dict[str, object], str]] = {
    "an unknown query": ({"query": "q00000000"}, "'q00000000' was not asked in 2022"),
    "no query": ({"query": None}, "an answer without the id of its query"),
    "a day that is none": ({"answered": "2023-02-30"}, "'2023-02-30' is no day"),
    "more than a day": ({"answered": "2023-04-20 or later"}, "'2023-04-20 or later' is no day"),
    "a day before it was asked": ({"answered": "2023-03-01"}, "before it was asked"),
    "an effect in other words": ({"effect": "is right"}, "effect: 'is right'"),
    "no effect": ({"effect": None}, "effect: ''"),
    "no words": ({"answer": None}, "an answer without words"),
    "too many words": ({"answer": "x " * 600}, "at most 1,000"),
    "a resolution that is not asked": ({"resolution": "whole"}, "of a query that asks for none"),
    "an address of a person": ({"answer": "ask ana@example.org"}, "looks like: e-mail address"),
    "an address as an effect": ({"effect": "ana@example.org"}, "looks like e-mail address"),
    "a formula": ({"answer": "=1+1"}, "answer is a formula"),
    "a formula that calls": ({"answer": '=WEBSERVICE("http://x.example")'}, "answer is a formula"),
    "a truth value": ({"answer": True}, "holds no text (boolean)"),
    "an error": ({"answer": "#DIV/0!"}, "holds no text (error)"),
    "a text that is turned": ({"answer": "abc\u202edef"}, "characters that nobody sees"),
}


@pytest.mark.parametrize(("change", "told"), WRONG.values(), ids=list(WRONG))
def test_a_bad_answer_keeps_the_whole_file_out(
    change: dict[str, object],
    told: str,
    project: Project,
    contracts: Contracts,
    asked: list[Finding],
    texts: Texts,
    tmp_path: Path,
) -> None:
    book = sheet_of(asked, texts)
    fill(book, 0, effect="confirmed", answer="Yes.")
    fill(book, 1, **{"effect": "confirmed", "answer": "Yes.", **change})
    before = read_log(project, contracts, round_=2022)
    with pytest.raises(UserError) as refused:
        enter(project, contracts, saved(book, tmp_path))
    assert told in refused.value.what
    assert f"row {FIRST + 1}" in refused.value.what
    assert "ana@" not in str(refused.value)
    assert read_log(project, contracts, round_=2022) == before
    assert len(record_of_queries(project, 2022).read()) == 1


def test_everything_that_is_wrong_is_told_at_once(
    project: Project, contracts: Contracts, asked: list[Finding], texts: Texts, tmp_path: Path
) -> None:
    book = sheet_of(asked, texts)
    fill(book, 0, effect="confirmed", answer="Yes.")
    fill(book, 1, query=asked[0].query, effect="corrected", answer="No.")
    fill(book, 2, effect="confirmed", answer="Yes.")
    with pytest.raises(UserError) as refused:
        enter(project, contracts, saved(book, tmp_path), day="soon")
    for told in (
        f"the query {asked[0].query} is answered twice",
        "whole and parts cannot both be confirmed",
        "'soon' is no day",
    ):
        assert told in refused.value.what


def test_answers_of_two_states_are_not_taken(
    project: Project, contracts: Contracts, asked: list[Finding], texts: Texts, tmp_path: Path
) -> None:
    other = with_queries([finding(state="BG")], {})
    ask_about(project, contracts, other, "BG")
    book = sheet_of([asked[0], *other], texts)
    for row in (0, 1):
        fill(book, row, effect="confirmed", answer="Yes.")
    with pytest.raises(UserError, match="queries of BG, RO in a file of one state"):
        enter(project, contracts, saved(book, tmp_path))
    fill(book, 0, effect=None, answer=None)
    with pytest.raises(UserError, match="queries of BG in a file of RO"):
        enter(project, contracts, saved(book, tmp_path), state="RO")
    assert len(enter(project, contracts, saved(book, tmp_path), state="BG").new) == 1


def _hide_row(book: Workbook) -> None:
    book["Answers"].row_dimensions[FIRST].hidden = True


def _hide_sheet(book: Workbook) -> None:
    book["Answers"].sheet_state = "hidden"


def _merge(book: Workbook) -> None:
    book["Answers"].merge_cells(f"{LETTERS['answer']}{FIRST}:{LETTERS['answer']}{FIRST + 1}")


def _double(book: Workbook) -> None:
    book.copy_worksheet(book["Answers"])


def _without_codes(book: Workbook) -> None:
    book["Answers"].delete_rows(FIRST - 2)


def _without_a_column(book: Workbook) -> None:
    book["Answers"].delete_cols(COLUMNS.index(next(c for c in COLUMNS if c[0] == "effect")) + 1)


SHEETS = {
    "a hidden row": (_hide_row, "the row is hidden"),
    "a hidden sheet": (_hide_sheet, "the sheet of the answers is hidden"),
    "merged cells": (_merge, "cells of answers are merged from J10 on"),
    "two sheets": (_double, "2 rows with the codes"),
    "no codes": (_without_codes, "no row with the codes"),
    "a column less": (_without_a_column, "missing effect"),
}


@pytest.mark.parametrize(("change", "told"), SHEETS.values(), ids=list(SHEETS))
def test_a_sheet_that_was_taken_apart_is_told(
    change: Callable[[Workbook], None],
    told: str,
    contracts: Contracts,
    asked: list[Finding],
    texts: Texts,
    tmp_path: Path,
) -> None:
    book = sheet_of(asked, texts)
    fill(book, 0, effect="confirmed", answer="Yes.")
    change(book)
    with pytest.raises(UserError) as refused:
        read_answers(saved(book, tmp_path), contracts)
    assert told in refused.value.what
    assert refused.value.do


def test_the_heads_may_go_and_no_answer_with_them(
    contracts: Contracts, asked: list[Finding], texts: Texts, tmp_path: Path
) -> None:
    book = sheet_of(asked, texts)
    fill(book, 0, effect="confirmed", resolution="whole", answer="Yes.", answered="2023-04-20")
    book["Answers"].delete_rows(FIRST - 1)
    (answered,) = read_answers(saved(book, tmp_path), contracts).answers
    assert (answered.query, answered.place) == (asked[0].query, f"row {FIRST - 1}")


HEADER = b"query;effect;resolution;answer;answered\n"


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/workbook.xml", b" " * 400_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda: b"PK\x03\x04 damaged", "the file is not read"),
        (_bomb, "the file is not read"),
        (lambda: b"", "the file is not read"),
        (lambda: b"%PDF-1.7", "the file is not read"),
        (lambda: b"query;effect\nq00000000;confirmed\n", "missing resolution, answer, answered"),
        (
            lambda: b"query;effect;resolution;answer;answered\nq00000000;;;;\n",
            "no query is answered in it, 1 are left blank",
        ),
        (
            lambda: b"query;effect;resolution;answer;answered\nq00000000;confirmed;;a;b;c\n",
            "more fields than the header",
        ),
        (
            lambda: HEADER + "q00000000;confirmed;;Aşa;2023-04-20\n".encode("cp1250"),
            "letters of an unknown code page",
        ),
        (
            # Words of the lists tell the page of one answer, not that of the other.
            lambda: (
                HEADER
                + "q00000000;confirmed;;Türkiye Türkiye;\nq00000001;confirmed;;ğűşšź;\n".encode(
                    "cp1254", "replace"
                )
            ),
            "letters of an unknown code page",
        ),
    ],
    ids=[
        "damaged",
        "a bomb",
        "empty",
        "a PDF",
        "columns missing",
        "nothing filled",
        "too wide",
        "a code page",
        "half a code page",
    ],
)
def test_what_is_no_file_of_answers_is_told(
    content: Callable[[], bytes], told: str, contracts: Contracts, tmp_path: Path
) -> None:
    path = tmp_path / "RO-2022-answers.csv"
    path.write_bytes(content())
    with pytest.raises(UserError) as refused:
        read_answers(path, contracts)
    assert told in refused.value.what
    with pytest.raises(UserError, match="there is no such file"):
        read_answers(tmp_path, contracts)


# What follows from answers, without another validation.


@pytest.fixture(scope="module")
def validated(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example return of Romania, validated, with its feedback; tests only read it."""
    folder = tmp_path_factory.mktemp("answers")
    (folder / "returns" / "2022" / "thb").mkdir(parents=True)
    for state in ("RO", "HU"):
        for path in (ROOT / "returns" / "2022" / "thb").glob(f"{state}.*"):
            shutil.copy(path, folder / "returns" / "2022" / "thb")
    project = Project(ROOT, folder / "outputs", folder / "returns")
    validation = validate_and_write(project, contracts, round_=2022)
    write_feedback(project, contracts, validation=validation, state="RO")
    return project


@pytest.fixture
def office(validated: Project, tmp_path: Path) -> Project:
    for name in ("outputs", "records", "returns"):
        shutil.copytree(validated.outputs.parent / name, tmp_path / name, dirs_exist_ok=True)
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def results(project: Project) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in (
            project.work(2022) / "validation.json",
            project.findings(2022) / "findings.json",
        )
    }


def run(project: Project, *command: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))
    }
    environment = {
        **inherited,
        "SELEC_RETURNS": str(project.returns),
        "SELEC_OUTPUTS": str(project.outputs),
    }
    if command[0] == "make":
        return make_here(*command[1:], environment=environment)
    return run_here(*command, environment=environment)


def filled(project: Project) -> Path:
    """The marked workbook of Romania with an answer to each query, by every effect."""
    (path,) = project.findings(2022).glob("RO/*-marked.xlsx")
    book = load_workbook(path)
    sheet: Any = book["Answers"]
    effects = ("confirmed", "corrected", "withdrawn")
    rows = range(FIRST, sheet.max_row + 1)
    for row in rows:
        sheet[f"{LETTERS['effect']}{row}"] = effects[row % 3]
        sheet[f"{LETTERS['answer']}{row}"] = "As sent."
    assert len(rows) > 3
    target = project.outputs.parent / "RO filled.xlsx"
    book.save(target)
    return target


def test_answers_leave_what_a_validation_would_leave(office: Project, contracts: Contracts) -> None:
    """Through the commands: asked, answered in the state's own workbook, and validated
    again to compare.
    """
    rehearsal = ("--rehearsal", "--by", "Ana Pop")
    asked = run(
        office,
        "make",
        "ask",
        "STATE=RO",
        "ROUND=2022",
        "DATE=2023-04-01",
        "REHEARSAL=yes",
        "BY=Ana Pop",
    )
    assert asked.returncode == 0, asked.stderr
    path = filled(office)
    before = results(office)
    done = run(
        office,
        "answers",
        "--round",
        "2022",
        "--file",
        str(path),
        "--date",
        "2023-04-20",
        *rehearsal,
    )
    assert done.returncode == 0, done.stderr
    assert "answers entered, 0 replaced" in done.stdout
    after = results(office)
    assert after["validation.json"] != before["validation.json"]
    listed = run(office, "make", "queries", "ROUND=2022", "STATE=RO")
    assert "Returns of round 2022" not in listed.stdout  # not validated again
    assert "confirmed" in listed.stdout
    assert results(office) == after
    validate_and_write(office, contracts, round_=2022)
    assert results(office) == after
    digest = record_of_queries(office, 2022).read()[-1]["file"]
    assert (office.archive / digest[:2] / digest).read_bytes() == path.read_bytes()


def test_a_figure_that_is_confirmed_no_more_is_validated_again(
    office: Project, contracts: Contracts
) -> None:
    found = [Finding.from_json(f) for f in json.loads(results(office)["findings.json"])["findings"]]
    query = next(f for f in found if f.query and f.state == "RO")
    ask_about(office, contracts, found)
    log = read_log(office, contracts, round_=2022)
    for effect, answer, derived in (
        ("corrected", "Soon.", True),
        ("withdrawn", "Never.", True),
        ("confirmed", "It is right.", True),
        ("confirmed", "It is right indeed.", True),
        ("corrected", "It is not.", False),
    ):
        log[query.query] = replace(
            log[query.query], effect=effect, answer=answer, answered="2023-04-20"
        )
        told = with_new_answers(found, log)
        assert (told is not None) == derived
        fresh = with_queries([replace(f, query="", remark="") for f in found if not f.known], log)
        if told is not None:
            kept = {f.query: f for f in told if f.query}
            assert kept[query.query].remark.endswith(answer)
            if effect != "confirmed":
                assert kept[query.query] == next(f for f in fresh if f.query == query.query)
            found = told


def test_without_a_validation_the_next_command_validates(
    project: Project, contracts: Contracts, asked: list[Finding]
) -> None:
    assert not enter_answers(project, contracts, round_=2022)
    path = project.work(2022) / "validation.json"
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    assert not enter_answers(project, contracts, round_=2022)

"""Does the log of queries keep what was asked and answered, and does an answer change
the finding as it must?
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from builds import ROOT
from here import Done, make_here, run_here

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.folder import QUERY_LOG, find_returns
from pipeline.returns.rules.pages import write_pages
from pipeline.returns.rules.query_log import (
    COLUMNS,
    LoggedQuery,
    answer,
    ask,
    id_of,
    list_queries,
    print_queries,
    query_id,
    read_log,
    with_queries,
    write_log,
)
from pipeline.returns.rules.validation import validate_and_write
from pipeline.system.files import csv_bytes, csv_rows
from pipeline.system.signed.people import person

KEY = "THB_JUDGMENTS:RO.2018._T"
WHO = person("Ana Pop", "analyst", day="2023-05-02")


def finding(
    key: str = KEY, severity: str = "query", found: str = "total 9, parts 10", **more: str
) -> Finding:
    state = more.pop("state", key.split(":")[1][:2] if key else "RO")
    return Finding(
        2022,
        "thb",
        state,
        "2022/thb/RO.xlsx",
        "10 Judgments",
        "C7",
        "THB_JUDGMENTS" if key else "",
        key,
        more.pop("rule", "THB_JUDGMENTS.judgment.sum"),
        severity,  # type: ignore[arg-type]
        found,
        "parts add up",
        "correct one",
        "1.0.0",
        **more,
    )


def asked(f: Finding, **more: str) -> LoggedQuery:
    return LoggedQuery(
        id_of(f),
        f.report,
        f.state,
        f.table,
        f.key,
        f.cell,
        f.rule,
        f.found,
        **{"asked": "2023-04-01", **more},
    )


@pytest.fixture
def round_folder(project: Project) -> Path:
    folder = project.returns / "2022"
    folder.mkdir()
    return folder


def asked_about(*findings: Finding) -> list[Finding]:
    return with_queries(findings, {})


def test_a_query_has_one_id_for_its_place_and_rule() -> None:
    assert (
        id_of(finding())
        == id_of(finding(found="total 9, parts 11"))
        == query_id(
            "thb", "RO", table="THB_JUDGMENTS", place=KEY, rule="THB_JUDGMENTS.judgment.sum"
        )
    )
    others = [
        finding("THB_JUDGMENTS:RO.2019._T"),
        finding("THB_JUDGMENTS:BG.2018._T"),
        finding(rule="other"),
        finding("", rule="unknown-sheet"),
    ]
    assert len({id_of(f) for f in (finding(), *others)}) == 5


def test_only_queries_have_an_id_and_what_was_asked_keeps_it() -> None:
    error = finding(severity="error")
    note = finding(severity="note")
    known = finding(known="ro-1")
    nobody = finding("", state="", rule="not-a-return")
    assert [f.query for f in with_queries([finding(), error, note, known, nobody], {})] == [
        id_of(finding()),
        "",
        "",
        "",
        "",
    ]
    log = {
        id_of(error): asked(error, answered="2023-04-02", answer="It is so.", effect="confirmed")
    }
    (still,) = with_queries([error], log)
    assert (still.query, still.severity, still.remark) == (id_of(error), "error", "")


@pytest.mark.parametrize(
    ("effect", "severity", "remark"),
    [
        ("", "query", ""),
        ("confirmed", "note", "confirmed on 2023-04-20: A new register."),
        ("corrected", "query", "the state announced a correction on 2023-04-20: A new register."),
        ("withdrawn", "query", "the state announced a withdrawal on 2023-04-20: A new register."),
    ],
)
def test_an_answer_has_its_effect(effect: str, severity: str, remark: str) -> None:
    given = (
        {"answered": "2023-04-20", "answer": "A new register.", "effect": effect} if effect else {}
    )
    (told,) = with_queries([finding()], {id_of(finding()): asked(finding(), **given)})
    assert (told.severity, told.remark, told.query) == (severity, remark, id_of(finding()))


def test_the_list_says_how_each_query_stands() -> None:
    keys = {
        name: f"THB_JUDGMENTS:RO.{2018 + i}._T"
        for i, name in enumerate(("open", "asked", "confirmed", "gone"))
    }
    f = {name: finding(key) for name, key in keys.items()}
    late = {"answered": "2023-04-20", "answer": "So it is.", "effect": "confirmed"}
    log = {
        q.id: q
        for q in (asked(f["asked"]), asked(f["confirmed"], **late), asked(f["gone"], **late))
    }
    standing = with_queries([f["open"], f["asked"], f["confirmed"]], log)
    lines = list_queries(standing, log)
    assert [(x.query.key, x.state_of_play) for x in lines] == [
        (keys["open"], "open"),
        (keys["asked"], "asked"),
        (keys["confirmed"], "confirmed"),
        (keys["gone"], "resolved"),
    ]
    assert list_queries(standing, log, state="BG") == []


def test_asking_enters_every_open_query_of_the_state_once(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    findings = asked_about(
        finding(), finding("", rule="unknown-sheet"), finding("THB_JUDGMENTS:BG.2018._T")
    )
    assert (
        len(
            ask(
                project,
                contracts,
                round_=2022,
                state="RO",
                day="2023-04-01",
                findings=findings,
                who=WHO,
            )
        )
        == 2
    )
    assert (
        ask(
            project,
            contracts,
            round_=2022,
            state="RO",
            day="2023-05-01",
            findings=findings,
            who=WHO,
        )
        == []
    )
    log = read_log(project, contracts, round_=2022)
    assert {(q.state, q.asked, q.answered) for q in log.values()} == {("RO", "2023-04-01", "")}
    assert {q.cell for q in log.values()} == {"C7", "C7 on sheet 10 Judgments"}
    text = (round_folder / QUERY_LOG).read_bytes()
    assert text.decode().splitlines()[0] == ",".join(COLUMNS)
    write_log(project, 2022, log=dict(reversed(log.items())))
    assert (round_folder / QUERY_LOG).read_bytes() == text


def test_without_open_queries_no_log_is_made(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    assert (
        ask(
            project,
            contracts,
            round_=2022,
            state="RO",
            day="2023-04-01",
            findings=asked_about(finding("THB_JUDGMENTS:BG.2018._T")),
            who=WHO,
        )
        == []
    )
    assert not (round_folder / QUERY_LOG).exists()
    assert read_log(project, contracts, round_=2022) == {}


def test_what_a_state_wrote_is_no_formula_in_the_log_and_comes_back_as_it_was(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    odd = finding(found='=HYPERLINK("x"), "y"')
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=asked_about(odd),
        who=WHO,
    )
    text = "-5 is right;\nso \"they\" say, 'indeed'"
    answer(
        project,
        contracts,
        round_=2022,
        id_=query.id,
        text=text,
        effect="confirmed",
        day="2023-04-20",
        who=WHO,
    )
    raw = next(csv.DictReader(io.StringIO((round_folder / QUERY_LOG).read_text(encoding="utf-8"))))
    assert raw["found"].startswith("'=HYPERLINK")
    assert raw["answer"].startswith("'-5")
    log = read_log(project, contracts, round_=2022)
    assert log[query.id].found == odd.found
    assert log[query.id].answer == "-5 is right; so \"they\" say, 'indeed'"


@pytest.mark.parametrize(
    "text",
    [
        "'=5",
        "''=5",
        "=5",
        "'-5",
        "-5",
        "@x",
        "'",
        '"',
        '""',
        ",",
        ";",
        "a;b;c",
        "a\u2028b",
        "a\x85b",
        "a\x1cb",
        "\ufeffx",
        "\u2009x",
        "\uff1d5",
        "'\uff1d5",
        "x" * 1000,
        "\\",
        "\\n",
        "a\r\nb",
        "Щ Ω ș",
        "\x00",
        "\u202e5",
    ],
)
def test_every_answer_that_is_taken_is_read_again(
    project: Project, contracts: Contracts, round_folder: Path, text: str
) -> None:
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=asked_about(finding()),
        who=WHO,
    )
    answer(
        project,
        contracts,
        round_=2022,
        id_=query.id,
        text=text,
        effect="confirmed",
        day="2023-04-20",
        who=WHO,
    )
    assert read_log(project, contracts, round_=2022)[query.id].effect == "confirmed"
    answer(
        project,
        contracts,
        round_=2022,
        id_=query.id,
        text="again",
        effect="confirmed",
        day="2023-04-20",
        who=WHO,
    )
    assert read_log(project, contracts, round_=2022)[query.id].answer == "again"


def test_an_answer_that_is_no_utf8_is_refused_before_anything_is_written(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=asked_about(finding()),
        who=WHO,
    )
    with pytest.raises(UserError, match="no UTF-8"):
        answer(
            project,
            contracts,
            round_=2022,
            id_=query.id,
            text="\udce2",
            effect="confirmed",
            day="2023-04-20",
            who=WHO,
        )
    assert read_log(project, contracts, round_=2022) == {query.id: query}


def test_personal_data_that_a_state_sent_does_not_enter_the_log(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=asked_about(finding(found="ask ana@example.org")),
        who=WHO,
    )
    assert "ana@" not in (round_folder / QUERY_LOG).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "save",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["byte order mark", "semicolons", "Windows"],
)
def test_a_log_that_a_spreadsheet_saved_is_read(
    project: Project, contracts: Contracts, round_folder: Path, save: object
) -> None:
    plain = finding(found="total 9")
    ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=asked_about(plain),
        who=WHO,
    )
    before = read_log(project, contracts, round_=2022)
    path = round_folder / QUERY_LOG
    path.write_bytes(save(path.read_text(encoding="utf-8")))  # type: ignore[operator]
    assert read_log(project, contracts, round_=2022) == before


@pytest.mark.parametrize(
    ("change", "told", "allowed"),
    [
        ({"report": "drugs"}, "there is no report 'drugs'", "thb, migration, octa"),
        ({"state": "XX"}, "there is no state 'XX'", "a member state"),
        ({"id": "q00000000"}, "'q00000000' is not the id of this line", "q"),
        ({"key": "THB_JUDGMENTS:RO.2020._T"}, "is not the id of this line", "q"),
        ({"asked": "1.4.2023"}, "asked: '1.4.2023' is no day", "2023-04-01"),
        ({"asked": "2023-02-30"}, "asked: '2023-02-30' is no day", "2023-04-01"),
        ({"answered": "soon"}, "answered: 'soon' is no day", "2023-04-01"),
        ({"answered": "2023-03-01"}, "before it was asked on 2023-04-01", "a later day"),
        ({"effect": "ignored"}, "effect: 'ignored'", "confirmed, corrected, withdrawn"),
        ({"effect": ""}, "effect: ''", "confirmed, corrected, withdrawn"),
        ({"answer": ""}, "an answer without words", "in short"),
        ({"answer": "x " * 600}, "the answer has 1,199 characters", "at most 1,000"),
        ({"answer": "says ana@example.org"}, "looks like: e-mail address", "no personal data"),
    ],
)
def test_a_bad_line_is_named_with_what_is_allowed(
    project: Project,
    contracts: Contracts,
    round_folder: Path,
    change: dict[str, str],
    told: str,
    allowed: str,
) -> None:
    good = asked(finding("THB_JUDGMENTS:RO.2019._T"))
    line = asked(finding(), answered="2023-04-20", answer="So it is.", effect="confirmed")
    row = {**line.__dict__, **change}
    content = csv_bytes(COLUMNS, [[good.__dict__[c] for c in COLUMNS], [row[c] for c in COLUMNS]])
    (round_folder / QUERY_LOG).write_bytes(content)
    with pytest.raises(UserError, match=told.replace("(", r"\(")) as refused:
        read_log(project, contracts, round_=2022)
    assert refused.value.where == "2022/queries.csv line 3"
    assert allowed in refused.value.allowed
    assert refused.value.do


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"id,report\nq1,thb\n", "columns are missing: state, table"),
        (b"\xff\xfe\x00", "the log of queries cannot be read"),
        (b'id,report\n"q1', "the log of queries cannot be read"),
    ],
)
def test_what_is_no_log_is_told(
    project: Project, contracts: Contracts, round_folder: Path, content: bytes, told: str
) -> None:
    (round_folder / QUERY_LOG).write_bytes(content)
    with pytest.raises(UserError, match=told):
        read_log(project, contracts, round_=2022)


def test_a_line_twice_and_a_line_too_long_are_told(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    path = round_folder / QUERY_LOG
    write_log(project, 2022, log={"q": asked(finding())})
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + whole.splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(UserError, match="stands twice"):
        read_log(project, contracts, round_=2022)
    path.write_text(whole.rstrip("\n") + ",more\n", encoding="utf-8")
    with pytest.raises(UserError, match="more cells than columns: more"):
        read_log(project, contracts, round_=2022)


def test_what_cannot_be_asked_or_answered_is_told(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    with pytest.raises(UserError, match="there is no state 'XX'"):
        ask(project, contracts, round_=2022, state="XX", day="2023-04-01", findings=[], who=WHO)
    with pytest.raises(UserError, match="DATE: '' is no day"):
        ask(project, contracts, round_=2022, state="RO", day="", findings=[], who=WHO)
    with pytest.raises(UserError, match="the query 'q12345678' was not asked in round 2022"):
        answer(
            project,
            contracts,
            round_=2022,
            id_="q12345678",
            text="Yes.",
            effect="confirmed",
            day="2023-04-20",
            who=WHO,
        )
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=asked_about(finding()),
        who=WHO,
    )
    for text, effect, day, told in (
        ("Yes.", "confirmed", "today", "DATE: 'today' is no day"),
        ("Yes.", "maybe", "2023-04-20", "effect: 'maybe'"),
        ("", "confirmed", "2023-04-20", "without words"),
        ("Call +40 21 303 60 09", "confirmed", "2023-04-20", "looks like: telephone number"),
    ):
        with pytest.raises(UserError, match=told.replace("+", r"\+")):
            answer(
                project,
                contracts,
                round_=2022,
                id_=query.id,
                text=text,
                effect=effect,
                day=day,
                who=WHO,
            )
    assert read_log(project, contracts, round_=2022) == {query.id: query}
    answer(
        project,
        contracts,
        round_=2022,
        id_=query.id.upper(),
        text="Yes.",
        effect="confirmed",
        day="2023-04-20",
        who=WHO,
    )
    assert read_log(project, contracts, round_=2022)[query.id].effect == "confirmed"


def test_a_texts_guard_comes_off_only_where_it_was_put_on() -> None:
    rows = [["'quoted'", "=1+1", "@x", "-3", "it's", ""]]
    heads = [f"c{i}" for i in range(6)]
    assert [list(r.values()) for r in csv_rows(csv_bytes(heads, rows))] == rows


def test_the_log_is_no_return_and_changes_what_is_found(
    project: Project, contracts: Contracts, round_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = build_workbook(load_contracts(ROOT / "data_contracts"), "thb", state="RO", round_=2022)
    for row, number in ((7, 9), (8, 5), (9, 4), (10, 1), (11, 0)):
        book["10 Judgments"].cell(row, 3).value = number
    (round_folder / "thb").mkdir()
    (round_folder / "thb" / "RO.xlsx").write_bytes(workbook_bytes(book, 2022))

    first = validate_and_write(project, contracts, round_=2022)
    (query,) = [f for f in first.findings if f.severity == "query"]
    assert query.query == id_of(query)
    (line,) = ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=first.findings,
        who=WHO,
    )
    assert line.id == query.query
    assert [f.path.name for f in find_returns(project, contracts, round_=2022)] == ["RO.xlsx"]

    answer(
        project,
        contracts,
        round_=2022,
        id_=line.id,
        text="Two <courts> count alike.",
        effect="confirmed",
        day="2023-04-20",
        who=WHO,
    )
    second = validate_and_write(project, contracts, round_=2022)
    assert [f for f in second.findings if f.severity == "query"] == []
    (note,) = [f for f in second.findings if f.query]
    assert (note.severity, note.key) == ("note", query.key)
    content = json.loads((project.findings(2022) / "findings.json").read_text(encoding="utf-8"))
    assert [f["query"] for f in content["findings"] if f["query"]] == [line.id]
    write_pages(project, contracts, validation=second)
    page = (project.findings(2022) / "RO.html").read_text(encoding="utf-8")
    assert line.id in page
    assert "confirmed on 2023-04-20: Two &lt;courts&gt; count alike." in page
    print_queries(list_queries(second.findings, read_log(project, contracts, round_=2022)), 2022)
    assert "Queries of round 2022: 1 confirmed" in capsys.readouterr().out


def test_an_answer_reaches_the_log_through_make_as_it_was_typed(
    project: Project, contracts: Contracts, round_folder: Path
) -> None:
    (query,) = ask(
        project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=asked_about(finding()),
        who=WHO,
    )
    text = 'It\'s $HOME, `pwd` "and" $(shell id) as sent'
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))
    }
    done = subprocess.run(
        [
            "make",
            "answer",
            f"QUERY={query.id}",
            "ROUND=2022",
            "EFFECT=corrected",
            "DATE=2023-04-20",
            f"ANSWER={text}",
            "REHEARSAL=yes",
            "BY=Ana Pop",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**inherited, "SELEC_RETURNS": str(project.returns)},
    )
    assert done.returncode == 0, done.stderr
    assert read_log(project, contracts, round_=2022)[query.id].answer == text


def test_asking_and_listing_need_a_validation_and_leave_it_current(tmp_path: Path) -> None:
    returns = tmp_path / "returns"
    outputs = tmp_path / "outputs"
    (returns / "2022" / "thb").mkdir(parents=True)
    shutil.copy(ROOT / "returns" / "2022" / "thb" / "RO.xlsx", returns / "2022" / "thb")
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))
    }
    environment = {**inherited, "SELEC_RETURNS": str(returns), "SELEC_OUTPUTS": str(outputs)}

    def run(*given: str) -> Done:
        return make_here(*given, environment=environment)

    alone = run_here("queries", "--round", "2022", environment=environment)
    assert (alone.returncode, "was not validated yet" in alone.stderr) == (2, True)
    told = run("ask", "STATE=RO", "ROUND=2022", "DATE=2023-04-01", "REHEARSAL=yes", "BY=Ana Pop")
    assert told.returncode == 0, told.stderr
    assert "queries entered as asked of RO on 2023-04-01" in told.stdout
    listed = run("queries", "ROUND=2022")
    assert "Returns of round 2022" not in listed.stdout  # not validated again for having asked
    assert " asked" in listed.stdout.splitlines()[0]

"""Experts answer in words: does every word come in as its place, and nothing else?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from assessments import ASSESSMENT, EXERCISE, write_forms
from builds import ROOT
from openpyxl.workbook import Workbook

from pipeline.contracts.model import Contracts, read_contracts
from pipeline.contracts.scales import ASSESSMENT as SETTINGS
from pipeline.contracts.scales import SCHEMA, Scale, load_assessment
from pipeline.errors import ContractError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.rules.check import validate_round

SCORES, TEXTS = "1 Judgements", "3 Texts"
Answered = Callable[..., list[Finding]]


@pytest.fixture
def answered(project: Project, contracts: Contracts) -> Answered:
    """The findings in Romania's form, its cells changed: `S_D7` of judgements, `T_I7` of
    texts.
    """

    def make(**cells: Any) -> list[Finding]:
        (path,) = write_forms(contracts, project.returns, states=["RO"])
        book = openpyxl.load_workbook(path)
        for row in book[TEXTS].iter_rows(min_row=7):
            for cell in row[3:]:
                cell.value = None
        for address, value in cells.items():
            sheet, place = address.split("_")
            book[{"S": SCORES, "T": TEXTS}[sheet]][place] = value
        book.save(path)
        checked = validate_round(project, contracts, round_=EXERCISE)
        return [f for f in checked.findings if (f.state, f.report) == ("RO", ASSESSMENT)]

    return make


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("very low", 1),
        ("  Very   LOW ", 1),
        ("very high", 5),
        ("VERY\u00a0HIGH", 5),
        ("highest", None),
        ("", None),
        ("3", None),
    ],
)
def test_a_word_is_worth_its_place_however_it_is_typed(text: str, place: int | None) -> None:
    scale = Scale("five", ("very low", "low", "medium", "high", "very high"))
    assert scale.place(text) == place


def test_a_word_with_a_code_is_known_by_the_code_too() -> None:
    scale = Scale("source", ("A: no doubt", "X: cannot be assessed"))
    assert [scale.place(t) for t in ("a", "X:  cannot be assessed", "B", "no doubt")] == [
        1,
        2,
        None,
        None,
    ]
    assert scale.word(2) == "X: cannot be assessed"


def test_the_form_offers_the_words_of_each_question_and_no_status(
    contracts: Contracts, tmp_path: Path
) -> None:
    (path,) = write_forms(contracts, tmp_path, states=["AL"])
    book = openpyxl.load_workbook(path)
    settings = load_assessment(ROOT / "data_contracts")
    assert settings is not None
    offered = _offered(book, SCORES)
    for code, scale in settings.tables["ASM_SCORES"].scales:
        assert offered[f"{code}.{EXERCISE}"] == scale.words
    heads = [c.value for c in book[SCORES][6]]
    assert not [h for h in heads if str(h).endswith("status")]
    assert "Text of the contribution" in [c.value for c in book[TEXTS][5]]
    cover = [str(row[0].value) for row in book["Cover"].iter_rows(min_row=5)]
    assert not [field for field in cover if field.startswith(("source:", "definition:"))]


def _offered(book: Workbook, sheet: str) -> dict[str, tuple[str, ...]]:
    """By head of a column the words that a reader of the form may choose."""
    found = {}
    for rule in book[sheet].data_validations.dataValidation:
        first, last = str(rule.formula1).lstrip("=").replace("$", "").split("!")[1].split(":")
        words = tuple(str(row[0].value) for row in book["Lists"][first:last])
        for block in rule.sqref.ranges:
            head = book[sheet].cell(6, block.min_col).value
            found[str(head)] = words
    return found


def test_the_exercise_comes_in_without_a_question(answered: Answered) -> None:
    assert answered() == []


@pytest.mark.parametrize(
    ("cells", "rule", "severity"),
    [
        ({"S_D7": "quite high"}, "not-a-word", "error"),
        ({"S_D7": 4}, "not-a-word", "error"),
        ({"S_D7": "4"}, "not-a-word", "error"),
        ({"S_D7": "high, very high"}, "not-a-word", "error"),
        ({"S_D7": True}, "boolean-in-number", "error"),
        ({"S_K7": "probable enough"}, "not-a-word", "error"),
        ({"S_J7": "high"}, "not-a-word", "error"),  # a word of another scale
        ({"T_I7": "Cars with hidden rooms"}, "text-without-words", "query"),
        ({"T_I7": " ", "T_D7": "A"}, "words-without-text", "query"),
        ({"T_D7": "A", "T_I7": "x" * 4001}, "note-too-long", "query"),
        ({"T_D7": "A", "T_I7": "Call Ana on 0722 123 456"}, "personal-data", "query"),
        ({"T_D7": "A", "T_I7": "=HYPERLINK(1)"}, "formula-reaches-out", "error"),
        ({"T_D7": "A", "T_I7": "‮cars"}, "steering-characters", "query"),
    ],
)
def test_what_is_no_answer_is_told_with_its_cell(
    answered: Answered, cells: dict[str, Any], rule: str, severity: str
) -> None:
    findings = answered(**cells)
    told = {(f.rule, str(f.severity)): f for f in findings}
    assert (rule, severity) in told, findings
    found = told[rule, severity]
    assert found.cell == next(reversed(cells)).split("_")[1]
    if rule == "not-a-word":
        assert "; " in found.allowed
        assert "list of the cell" in found.do


@pytest.mark.parametrize("text", [None, " ", "not assessed", "Not Assessed", ":", "n/a"])
def test_a_judgement_that_was_not_made_is_no_finding(answered: Answered, text: str | None) -> None:
    assert [f.rule for f in answered(S_D7=text) if f.rule != "blank-text"] == []


def test_a_long_text_is_no_longer_than_its_table_allows(answered: Answered) -> None:
    words = {"T_D7": "B", "T_E7": "2", "T_F7": "H0", "T_G7": "public"}
    assert answered(**words, T_I7="Trucks with double floors. " * 140) == []


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda s: s["scales"].update(five=["low", "LOW ", "high"]), "read alike"),
        (lambda s: s["tables"]["ASM_SCORES"]["scales"].update(TREND="course"), "no scale 'course'"),
        (lambda s: s["matrix"].update(likelihood="CHANCE"), "no table asks 'CHANCE'"),
        (lambda s: s["matrix"].update(impacts=["TREND", "IMP_MONEY"]), "several scales"),
        (lambda s: s["matrix"]["rows"].pop("low"), "not the words of likelihood"),
        (lambda s: s["matrix"]["rows"]["low"].pop(), "4 levels"),
        (lambda s: s["matrix"]["rows"].update(low=["low"] * 4 + ["extreme"]), "level 'extreme'"),
        (
            lambda s: s["matrix"]["rows"].update(medium=["high", "low", "low", "low", "high"]),
            "a higher impact suggests a lower level",
        ),
        (
            lambda s: s["matrix"]["rows"].update({"very high": ["low"] * 5}),
            "a higher likelihood suggests a lower level",
        ),
        (lambda s: s["released"].update(min_states=2), "min_states"),
        (lambda s: s["released"]["statistics"].append("HIGHEST"), "statistics"),
        (
            lambda s: s["tables"]["ASM_TEXTS"]["texts"].update(free=["H9: all"]),
            "no handling code",
        ),
        (
            lambda s: s["tables"]["ASM_TEXTS"]["texts"].update(clearance="WHO"),
            "no aspect is called 'WHO'",
        ),
    ],
)
def test_settings_that_say_what_cannot_be_are_refused_with_their_line(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object], told: str
) -> None:
    settings = yaml.safe_load((ROOT / "data_contracts" / SETTINGS).read_text(encoding="utf-8"))
    edit(settings)
    (tmp_path / SETTINGS).write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    schema = (ROOT / "data_contracts" / SCHEMA).read_text(encoding="utf-8")
    (tmp_path / SCHEMA).write_text(schema, encoding="utf-8")
    with pytest.raises(ContractError, match="line ") as refused:
        load_assessment(tmp_path)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{maxLength: 4000}", "{maxLength: 8001}", "longer than what is searched"),
        ("- name: ASM_ENABLERS", "- name: ENABLERS", "called like one of counts"),
        ("- name: ASM_ENABLERS", "- name: ASM_OTHERS", "has no scales"),
        ("{value: CONFIDENCE}]", "{value: CONFIDENCE}, {value: ALL}]", "asked without a scale"),
    ],
)
def test_a_table_of_judgements_has_its_scales_and_its_name(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    folder = ROOT / "data_contracts"
    text = (folder / f"{ASSESSMENT}.odcs.yaml").read_text(encoding="utf-8")
    path = tmp_path / f"{ASSESSMENT}.odcs.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    if told == "called like one of counts":  # its scales are found by its name
        settings = (folder / SETTINGS).read_text(encoding="utf-8")
        (tmp_path / SETTINGS).write_text(
            settings.replace("ASM_ENABLERS:", "ENABLERS:"), encoding="utf-8"
        )
        (tmp_path / SCHEMA).write_bytes((folder / SCHEMA).read_bytes())
        (tmp_path / "codelists").symlink_to(folder / "codelists")
        codelists = tmp_path / "codelists"
    else:
        codelists = folder / "codelists"
    with pytest.raises(ContractError, match=told):
        read_contracts([path], codelists)

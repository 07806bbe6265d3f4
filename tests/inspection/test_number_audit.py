"""Does the number audit account for what may be printed, and for nothing else?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from builds import ROOT

from pipeline.contracts.model import Contracts
from pipeline.errors import ContractError, NumberAuditError
from pipeline.inspection.numerals.audit import NumberAudit, audit_numbers, check_numbers
from pipeline.inspection.numerals.exceptions import Exceptions, Excused, load_exceptions
from pipeline.inspection.numerals.known import Known, read_known
from pipeline.inspection.numerals.passage import Passage, claim_years
from pipeline.inspection.numerals.tables import TableCheck, misplaced
from pipeline.inspection.numerals.walk import broken_word
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.report.document.order import Order, pdf_name
from pipeline.report.document.worker import make_document, print_pages
from pipeline.report.ledger import PrintedCell, PrintedLine, TableExhibit, parse_ledger
from pipeline.report.printing import Printing

MakeStore = Callable[..., Printing]

PDF = pdf_name("thb", "restricted", round_=2022, edition=1)
CELLS = """
key                             | value | states
THB_VICTIMS:SELEC.2018._T._T    | 1,319 | AL BG RO
THB_VICTIMS:SELEC.2021._T._T    | 1,319 | AL BG RO
THB_VICTIMS:SELEC.2022._T._T    | 1,856 | AL BG RO
THB_VICTIMS:SELEC.2022._T.Y_LT18| 464   | AL BG RO
THB_VICTIMS:RO.2021._T._T       | 505   |
THB_VICTIMS:RO.2022._T._T       | 500   |
THB_VICTIMS:BG.2021._T._T       | 466   |
THB_VICTIMS:BG.2022._T._T       | 1,244 |
THB_VICTIMS:AL.2021._T._T       | 348   |
THB_VICTIMS:AL.2022._T._T       | 112   |
THB_VICTIMS:HU.2022._T._T       | <5    |
POPULATION:RO.2022              | 20,000,000 |
POPULATION:BG.2022              | 6,000,000 |
POPULATION:AL.2022              | 2,800,000 |
"""


def left(passage: Passage) -> list[str]:
    return [numeral for numeral, claim, _ in passage.numerals() if claim is None]


# --- passages and claims


def test_a_numeral_is_accounted_for_only_by_one_claim_over_the_whole_of_it() -> None:
    passage = Passage(1, "p", "In all 1,856 and 31,856 and 1,856.5 of 2022")
    passage.claim_phrase("1,856", "cell")
    assert left(passage) == ["31,856", "1,856.5", "2022"]


def test_numerals_are_found_in_any_script_and_over_broken_lines() -> None:
    passage = Passage(
        1,
        "p",
        "\N{FULLWIDTH DIGIT FOUR}2 and \N{ARABIC-INDIC DIGIT SEVEN} and 5\N{SUPERSCRIPT TWO}",
    )
    assert left(passage) == ["42", "\N{ARABIC-INDIC DIGIT SEVEN}", "52"]


def test_claims_do_not_overlap_so_a_number_is_one_thing() -> None:
    passage = Passage(1, "p", "2022")
    passage.claim_all("cell", "KEY")
    claim_years([passage], ["2022"])
    assert [c.kind for c in passage.claims] == ["cell"]


def test_a_year_is_not_a_part_of_a_longer_number() -> None:
    passage = Passage(1, "p", "2022, 12022, 2022.5, 1,2022 and 2019")
    claim_years([passage], ["2022"])
    assert left(passage) == ["12022", "2022.5", "1,2022", "2019"]


# --- exceptions


def test_a_five_in_the_wrong_place_is_not_excused() -> None:
    listed = Exceptions(
        (Excused("5", "legal reference", ("migration/method/text",), "an article"),)
    )
    for place, expected in (
        ("migration/method/text", []),
        ("migration/summary/text", ["5"]),
        ("thb/method/text", ["5"]),
        ("migration/stay/T2/cell", ["5"]),
        ("migration/method", ["5"]),
    ):
        passage = Passage(1, place, "Article 5")
        listed.claim(passage)
        assert left(passage) == expected, place


def test_an_excused_phrase_does_not_excuse_its_number_alone() -> None:
    listed = Exceptions((Excused("per 100,000 inhabitants", "unit", ("*/*/*/note",), "the unit"),))
    passage = Passage(1, "thb/victims/T14/note", "100,000 victims per 100,000 inhabitants")
    listed.claim(passage)
    assert left(passage) == ["100,000"]


def test_a_reference_is_excused_whole_or_not_at_all() -> None:
    listed = load_exceptions(ROOT / "templates")
    assert listed.of_reference("2011/36/EU", "thb/introduction/text")
    assert not listed.of_reference("2011", "thb/introduction/text")
    assert not listed.of_reference("2011/36/EU", "thb/victims/text")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"texts": ["five"]}, "holds no numeral"),
        ({"where": ["*/*/*/*"]}, "name the chapter or exhibit"),
        ({"texts": ["5"], "where": ["thb/*/*/cell"]}, ""),
        ({"texts": ["5"], "where": ["*/*/cell"]}, "name the chapter or exhibit"),
        ({"kind": "whatever"}, "is not one of"),
        ({"why": ""}, "why"),
    ],
)
def test_the_list_of_exceptions_says_where_and_why(
    change: dict[str, object], told: str, tmp_path: Path
) -> None:
    entry = {
        "texts": ["SDG 16"],
        "kind": "name",
        "where": ["thb/victims/text"],
        "why": "a good reason",
        **change,
    }
    (tmp_path / "shared").mkdir()
    shutil.copy(ROOT / "templates/shared/number_exceptions.schema.json", tmp_path / "shared")
    (tmp_path / "shared/number_exceptions.yaml").write_text(
        yaml.safe_dump({"exceptions": [entry]}), encoding="utf-8"
    )
    if not told:
        assert load_exceptions(tmp_path).listed
        return
    with pytest.raises(ContractError, match=told):
        load_exceptions(tmp_path)


# --- tables


@pytest.fixture
def known(store: MakeStore, contracts: Contracts, tmp_path: Path) -> Known:
    store(CELLS)
    return read_known(
        ROOT / "templates",
        contracts,
        store=tmp_path / "store.duckdb",
        report="thb",
        version="restricted",
    )


def table(known: Known, *references: str, label: str = "Romania", head: str = "2022") -> TableCheck:
    exhibit = TableExhibit(
        number="Table 2",
        id="thb-t2",
        spec="T2",
        kind="table",
        title="Victims, 2018\N{EN DASH}2022",
        state="",
        cubes=("THB_VICTIMS",),
        unit="victims",
        heads=("State", *(head for _ in references)),
        groups=("", *("" for _ in references)),
        lines=(PrintedLine(label, tuple(PrintedCell("", r) for r in references)),),
        footnotes=(),
        notes=(),
        source="",
    )
    return TableCheck(known, exhibit)


@pytest.mark.parametrize(
    ("reference", "text", "counted"),
    [
        ("THB_VICTIMS:RO.2022._T._T", "500", "cell"),
        ("THB_VICTIMS:RO.2022._T._T", "500 q,v", "cell"),
        ("THB_VICTIMS:RO.2022._T._T", "501", ""),
        ("THB_VICTIMS:RO.2022._T._T", "5,00", ""),
        (
            "change(THB_VICTIMS:RO.2022._T._T, THB_VICTIMS:RO.2021._T._T)",
            "\N{MINUS SIGN}1.0",
            "formula",
        ),
        ("change(THB_VICTIMS:RO.2022._T._T, THB_VICTIMS:RO.2021._T._T)", "+1.0", ""),
        ("change(THB_VICTIMS:RO.2022._T._T, THB_VICTIMS:RO.2021._T._T)", "\N{MINUS SIGN}2.0", ""),
        ("rate(THB_VICTIMS:RO.2022._T._T, POPULATION:RO.2022)", "2.50", "formula"),
    ],
)
def test_a_cell_is_worked_out_again(known: Known, reference: str, text: str, counted: str) -> None:
    passage = Passage(1, "victims/T2/cell", text)
    wrong = table(known, reference).cell(passage, 0, column=0)
    assert [c.kind for c in passage.claims] == ([counted] if counted else [])
    assert bool(wrong) != bool(counted)


def test_a_right_number_in_the_wrong_line_or_column_is_wrong(known: Known) -> None:
    key = "THB_VICTIMS:RO.2022._T._T"
    for label, head, told in (
        ("Romania", "2022", ""),
        ("Bulgaria", "2022", "Romania"),
        ("Romania", "2021", "2021"),
    ):
        passage = Passage(1, "victims/T2/cell", "500")
        assert told in table(known, key, label=label, head=head).cell(passage, 0, column=0)
        assert bool(passage.claims) == (not told)
    assert (
        misplaced(
            known,
            key,
            beside=["Registered victims", "2022"],
            above=["Romania: victims"],
            page_state="",
        )
        == ""
    )
    assert (
        misplaced(
            known, key, beside=["Registered victims", "2022"], above=["Victims"], page_state="RO"
        )
        == ""
    )
    assert "the title says 2021" in misplaced(
        known, key, beside=["Romania", "Victims"], above=["Victims, 2021"], page_state=""
    )


def test_labels_may_hold_digits_of_their_own_code_lists_alone(known: Known) -> None:
    passage = Passage(
        1, "victims/T4/row", "Children (under 18), adults (18 and over), 19 and 2022, 2017"
    )
    known.claim_label(passage, ["THB_VICTIMS"])
    assert left(passage) == ["19", "2017"]
    passage = Passage(1, "justice/T12/row", "Children (under 18)")
    known.claim_label(passage, ["THB_OFFENCES"])
    assert left(passage) == ["18"]


# --- a whole document, with wrong numbers planted in its templates

CHAPTER = """{{ chapter("victims", "Victims registered") }}
{{ text("planted", "overview") }}
{{ exhibit("T2") }}
{{ exhibit("T4") }}
{{ exhibit("F1") }}
"""
TEXT = """# overview

In {year} there were [[THB_VICTIMS:SELEC.{year}._T._T]] victims.
The number [[moved THB_VICTIMS:SELEC.{year}._T._T since {previous}]].
"""
EXHIBITS = {
    "T2": {
        "kind": "table",
        "title": "Victims by state, {window}",
        "cube": "THB_VICTIMS",
        "rows": {"axis": "state", "region": "SELEC"},
        "columns": "year",
        "add": ["change"],
    },
    "T4": {
        "kind": "table",
        "title": "Victims by age, {year}",
        "cube": "THB_VICTIMS",
        "rows": "age",
        "columns": "year",
        "notes": ["A note."],
    },
    "F1": {
        "kind": "line",
        "title": "Victims, {window}",
        "cube": "THB_VICTIMS",
        "rows": {"axis": "state", "codes": ["SELEC"]},
        "columns": "year",
    },
}


def project_of(folder: Path) -> Path:
    """A project with one chapter of one report, whose templates can be spoilt."""
    folder.mkdir()
    for name in ("data_contracts", "sql"):
        (folder / name).symlink_to(ROOT / name)
    templates = Path(shutil.copytree(ROOT / "templates", folder / "templates"))
    definition = templates / "thb" / "report.yaml"
    content = yaml.safe_load(definition.read_text(encoding="utf-8"))
    content["versions"]["restricted"] = ["planted"]
    definition.write_text(yaml.safe_dump(content), encoding="utf-8")
    (templates / "thb/chapters/planted.html.j2").write_text(CHAPTER, encoding="utf-8")
    (templates / "thb/narrative/planted.md").write_text(TEXT, encoding="utf-8")
    (templates / "thb/exhibits.yaml").write_text(yaml.safe_dump(EXHIBITS), encoding="utf-8")
    return folder


def rendered(root: Path, store: Path, contracts: Contracts) -> NumberAudit:
    out = root / "out"
    out.mkdir()
    order = Order(root, store, out, 2022, "thb", "restricted")
    make_document(order)
    print_pages(order)
    ledger = parse_ledger((out / "shown.json").read_bytes(), out / "shown.json")
    known = read_known(
        root / "templates", contracts, store=store, report="thb", version="restricted"
    )
    return audit_numbers(
        FinishedPdf((out / PDF).read_bytes()),
        known,
        ledger=ledger,
    )


@pytest.mark.slow
def test_every_numeral_of_a_clean_document_is_accounted_for(
    store: MakeStore, contracts: Contracts, tmp_path: Path
) -> None:
    store(CELLS)
    root = project_of(tmp_path / "clean")
    found = rendered(root, tmp_path / "store.duckdb", contracts)
    assert [str(u) for u in found.unaccounted] == []
    assert found.numerals == found.cells + found.formulas + sum(found.exceptions.values())
    assert found.cells > 20
    assert found.formulas > 5
    assert {
        "year",
        "page",
        "heading",
        "exhibit",
        "axis",
        "code list",
        "reference number",
        "date",
    } <= set(found.exceptions)
    assert found.figures()["unaccounted"] == 0


@pytest.mark.slow
def test_wrong_numbers_planted_in_templates_are_caught_where_they_stand(
    store: MakeStore, contracts: Contracts, tmp_path: Path
) -> None:
    store(CELLS)
    root = project_of(tmp_path / "spoilt")
    templates = root / "templates"
    chapter = templates / "thb/chapters/planted.html.j2"
    chapter.write_text(
        f"{CHAPTER}<p>In all, 1,857 victims.</p>\n<p>And 1,856 again.</p>\n", encoding="utf-8"
    )
    spoilt = json.loads(json.dumps(EXHIBITS))
    spoilt["T4"]["notes"] = ["Of them 77 were counted twice."]
    spoilt["T2"]["title"] = "Victims by state, 2017"
    spoilt["T4"]["title"] = "Victims by age, 2020"
    spoilt["T4"]["columns"] = {"axis": "year", "codes": ["2021", "{year}"]}
    spoilt["F1"]["rows"]["labels"] = {"SELEC": "Region of 12"}
    (templates / "thb/exhibits.yaml").write_text(yaml.safe_dump(spoilt), encoding="utf-8")
    css = templates / "shared/report.css"
    css.write_text(
        f'{css.read_text(encoding="utf-8")}\nfigcaption::after {{ content: " 88" }}\n',
        encoding="utf-8",
    )
    versions = templates / "shared/versions.yaml"
    content = yaml.safe_load(versions.read_text(encoding="utf-8"))
    content["restricted"]["releasability"].append("Released to 99 readers.")
    versions.write_text(yaml.safe_dump(content), encoding="utf-8")
    macros = templates / "shared/macros.html.j2"
    text = macros.read_text(encoding="utf-8")
    macros.write_text(
        text.replace("{{- cell.text }}", "{{- cell.text|replace('1,319', '1,391') }}"),
        encoding="utf-8",
    )

    found = rendered(root, tmp_path / "store.duckdb", contracts)
    caught = {(u.place.removeprefix("thb/"), u.numeral) for u in found.unaccounted}
    assert {
        ("victims/text", "1,857"),
        ("victims/text", "1,856"),
        ("victims/T4/note", "77"),
        ("victims/T2/title", "2017"),
        ("victims/T4/title", "2020"),
        ("victims/F1/title", "88"),
        ("imprint", "99"),
        ("victims/T4/cell", "1,391"),
    } <= caught
    assert any(place == "victims/F1/chart" and numeral == "12" for place, numeral in caught)
    told = next(str(u) for u in found.unaccounted if u.numeral == "1,856")
    assert "page " in told
    assert "And 1,856 again" in told
    assert "THB_VICTIMS:SELEC.2022._T._T is 1,856" in told

    shown = root / "out/shown.json"
    ledger = parse_ledger(shown.read_bytes(), shown)
    with pytest.raises(
        NumberAuditError, match="are no cell, no formula and no listed exception"
    ) as problem:
        check_numbers(
            FinishedPdf((root / "out" / PDF).read_bytes()),
            tmp_path / "store.duckdb",
            ledger=ledger,
            templates=templates,
            contracts=contracts,
            report="thb",
            version="restricted",
        )
    assert problem.value.exit_code == 12


# --- words of heads


@pytest.mark.parametrize(
    ("printed", "broken"),
    [
        ("Tables answered", ""),
        ("Tables answere d", "answere"),
        ("Amphet- amine", ""),  # parted by the engine, with a hyphen
        ("Amphet amine", "Amphet"),
        ("Amphet-", "Amphet"),  # the rest is cut off
        ("Sub- machine gun", ""),  # the hyphen is its own
        ("Sub-machine gun", ""),
        ("Change 2021–2022 (%)", ""),
        ("Change 2021– 2022 (%)", "2021–"),
        ("Answered Tables", "Answered"),  # a word that no head has
        ("", ""),
    ],
)
def test_a_word_of_a_head_is_parted_at_a_hyphen_only(printed: str, broken: str) -> None:
    heads = ("State", "Tables answered", "Amphetamine", "Sub-machine gun", "Change 2021–2022 (%)")
    exhibit = TableExhibit(
        "Table 1", "thb-t1", "T1", "table", "Victims", "", (), "victims", heads, (), (), (), (), ""
    )
    found = broken_word(printed, exhibit)
    assert (f"'{broken}'" in found) if broken else found == ""

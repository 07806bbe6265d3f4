"""Does a note on an edition say what may be said of it, and nothing of what is withheld?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.errors import DamagedFileError
from pipeline.inspection.readback.values import Register, Released
from pipeline.report.document.annexes import build_annex
from pipeline.report.document.compose import read_definition, reference_of_edition, subject_of
from pipeline.report.document.order import pdf_name
from pipeline.report.edition import (
    HIDDEN,
    SHOWN,
    Correction,
    Edition,
    Replaced,
    note_path,
    parse_edition,
    read_edition,
)
from pipeline.report.exhibits.layout import ExhibitSpec, variables
from pipeline.report.printing import Printing
from pipeline.report.views import TableView

KEY = "THB_VICTIMS:RO.2022._T._T"
FIRST = Replaced("thb-2022-public-1", 1, date(2024, 6, 3))
WHY = "a state sent other figures, or none"


def correction(
    key: str = KEY, value: str = "505", status: str = "A", conf: str = "F"
) -> Correction:
    return Correction(key, value, "persons", status, conf, WHY)


def second(*corrections: Correction) -> Edition:
    return Edition(2, FIRST, corrections)


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    for edition in (Edition(), second(), second(correction(), correction("THB_OFFENCES:RO.2022"))):
        assert parse_edition(edition.as_json(), tmp_path) == edition


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"number": 2, "replaces": 7, "corrections": []}',
        b'{"number": 2, "replaces": null, "corrections": [{"key": "A:B"}]}',
        b'{"number": "two", "replaces": null, "corrections": []}',
        b'{"number": 2, "replaces": {"name": "x", "number": 1, "day": "June"}, "corrections": []}',
    ],
)
def test_a_note_that_says_something_else_is_damaged(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError):
        parse_edition(content, tmp_path / "thb.edition.json")


def test_a_store_without_a_note_is_of_the_first_edition(tmp_path: Path) -> None:
    assert read_edition(tmp_path / "thb.duckdb") == Edition()


@pytest.mark.parametrize(
    ("edition", "told"),
    [
        (Edition(), ""),
        (second(), "Replaces edition 1 of 3 June 2024; no figure corrected"),
        (second(correction()), "Replaces edition 1 of 3 June 2024; 1 figure corrected"),
        (
            second(*[correction()] * 1200),
            "Replaces edition 1 of 3 June 2024; 1,200 figures corrected",
        ),
    ],
)
def test_an_edition_says_what_it_replaces(edition: Edition, told: str) -> None:
    assert edition.told == told


def test_names_of_files_tell_versions_and_editions_apart() -> None:
    names = {
        pdf_name("thb", version, round_=2023, edition=edition)
        for version in ("public", "restricted", "partner")
        for edition in (1, 2, 12)
    }
    assert len(names) == 9
    assert "selec-thb-2023-public-2.pdf" in names
    assert pdf_name("thb", "public", round_=2023, edition=0) == "selec-thb-2023-public.pdf"


@pytest.mark.parametrize(
    ("was", "now", "printed"),
    [
        (correction(), "500", "505"),
        (correction(value="1505"), "500", "1,505"),
        (correction(value="", status="Q", conf="S"), "500", "c"),
        (correction(value="", status="O"), "500", ":"),
        (correction(value="", status="Q"), "500", "<5"),
        (correction(value="", status=HIDDEN, conf=""), "c", SHOWN),
        # a note that was tampered with: the value of what is withheld now is not printed
        (correction(value="3"), "c", SHOWN),
    ],
)
def test_the_inspection_works_out_what_the_edition_before_printed(
    was: Correction, now: str, printed: str
) -> None:
    value = None if now == "c" else 500
    cell = Released(value, "persons", "Q" if now == "c" else "A", now == "c", "", ())  # type: ignore[arg-type]
    register = Register({KEY: cell}, edition=second(was))
    assert register.printed(f"before({KEY})") == (printed,)
    assert register.printed("before(THB_VICTIMS:BG.2022._T._T)") == ()


def test_the_corrigendum_prints_old_new_and_reason_and_no_value_of_what_is_withheld(
    store: Callable[..., Printing], tmp_path: Path
) -> None:
    made = store(
        """
        key                          | value | states
        THB_VICTIMS:SELEC.2022._T._T | 1,856 | AL RO
        THB_VICTIMS:RO.2022._T._T    | 500   |
        THB_VICTIMS:RO.2022.F._T     | c     |
        THB_VICTIMS:RO.2022.M._T     | 40    |
        THB_VICTIMS:RO.2022.O._T     | c     |
        """,
        version="public",
    )
    note = second(
        correction(),
        correction("THB_VICTIMS:RO.2022.F._T", value="", status=HIDDEN, conf=""),
        correction("THB_VICTIMS:RO.2022.M._T", value="", status="Q", conf="S"),
        correction("THB_VICTIMS:RO.2022.O._T", value="3"),  # a note that was tampered with
        correction("THB_VICTIMS:SELEC.2022._T._T", value="1861"),
    )
    note_path(made.path).write_bytes(note.as_json())
    again = Printing(made.path, made.contracts, report="thb", version="public")
    spec = ExhibitSpec("corrections", "corrections", "Figures that this edition corrects")
    view = build_annex(spec, again, number="Table 9", values=variables(again))
    assert isinstance(view, TableView)
    rows = [(row.label, row.cells[1].text, row.cells[2].text) for row in view.rows]
    assert rows == [
        ("Romania, 2022", "shown", "c"),
        ("Romania, 2022", "c", "40"),
        ("Romania, 2022", "shown", "c"),
        ("Romania, 2022", "505", "500"),
        ("Region, 2022", "1,861", "1,856"),
    ]
    assert {row.cells[3].text for row in view.rows} == {"A state sent other figures, or none."}
    assert [c.label for c in view.columns][2:4] == ["Edition 1", "Edition 2"]
    definition = read_definition(ROOT / "templates", "thb", version="public")
    assert reference_of_edition(definition, again) == "SELEC/THB/2022/P/2"
    assert subject_of(definition, again).endswith("edition 2, replaces edition 1 of 3 June 2024")

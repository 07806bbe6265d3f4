"""Are lines of text in a drawing taken for one label only where they are one? By the
leak scan and the number audit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from builds import ROOT
from drawings import draw_block, with_base

from pipeline.contracts.model import Contracts
from pipeline.inspection.numerals.charts import DrawingCheck
from pipeline.inspection.numerals.exceptions import load_exceptions
from pipeline.inspection.numerals.known import Known
from pipeline.inspection.readback.axes import Label, labels_of
from pipeline.inspection.readback.charts import ChartCheck
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.values import Register, Released
from pipeline.inspection.readback.words import compact
from pipeline.report.ledger import FigureExhibit, PrintedChart
from pipeline.report.views import ChartData, Kind, Point, Series

YEARS = ("2018", "2019", "2020", "2021", "2022")
SMALL = (10, 9, 8, 10, 9)
LARGE = (103, 105, 107, 109, 111)
LONG = "Montenegro and all that its services registered in ports, at borders and inland"


def chart(kind: Kind, *rows: tuple[str, str, tuple[int, ...]]) -> ChartData:
    """A chart of victims by state and year; of a chart by category, the years are the
    categories.
    """
    series = tuple(
        Series(
            label,
            tuple(
                Point(year, v, str(v), f"THB_VICTIMS:{state}.{year}._T._T")
                for year, v in zip(YEARS, values, strict=False)
            ),
        )
        for state, label, values in rows
    )
    return with_base(ChartData(kind, series, "Registered victims", "Victims"))


def register_of(data: ChartData) -> Register:
    points = [p for s in data.series for p in s.points if not p.key.startswith("sum(")]
    return Register(
        {p.key: Released(Decimal(str(p.value)), "persons", "", False, "", ()) for p in points}
    )


def refused_by_scan(data: ChartData, block: Block) -> list[str]:
    """What the leak scan says of the labels of a drawing, where `data` is what was released;
    that a tile says what its point does not is tried with its marks.
    """
    check = ChartCheck("a.pdf", register_of(data), shown=[PrintedChart("F1", data)])
    check.check([block])
    return [leak.what for leak in check.report.leaks if not leak.what.startswith("the tile of")]


@pytest.fixture
def refused_by_audit(contracts: Contracts) -> Callable[[ChartData, Block], list[str]]:
    """Numerals in labels of a drawing that the number audit cannot account for, where
    `data` is what was released.
    """

    def refused(data: ChartData, block: Block) -> list[str]:
        known = Known(
            "thb",
            "restricted",
            2022,
            "",
            date(2023, 1, 1),
            contracts,
            register_of(data),
            load_exceptions(ROOT / "templates"),
            ROOT / "templates",
            {},
        )
        exhibit = FigureExhibit(
            "Figure 1", "thb-f1", "F1", "line", "Victims", "", ("THB_VICTIMS",), (), (), ""
        )
        noted = PrintedChart("thb-f1", data)
        check = DrawingCheck(known, exhibit, noted=noted, place="victims/F1")
        passages = [p for p in check.passages(block) if p.place.endswith("/chart")]
        assert passages != []
        return [numeral for p in passages for numeral, claim, _ in p.numerals() if claim is None]

    return refused


def rewritten(block: Block, change: Callable[[Label], Label | None]) -> Block:
    """The drawing with other labels, each set as one piece."""
    labels = [change(label) for label in labels_of(block)]
    first = block.texts[0]
    texts = [
        replace(first, text=t.text, x=t.x, y=t.y, size=t.size, width=t.right - t.x, place=place)
        for place, t in enumerate(labels, 1)
        if t is not None
    ]
    return replace(block, texts=texts)


KINDS: tuple[Kind, ...] = (
    "heat",
    "bar",
    "grouped_bar",
    "stacked_bar",
    "small_multiples",
    "line",
    "dumbbell",
    "share_bar",
    "pyramid",
)


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_that_spell_another_value_are_two_labels(
    kind: Kind, refused_by_audit: Callable[[ChartData, Block], list[str]]
) -> None:
    data = chart(kind, ("ME", "Montenegro", SMALL), ("RO", "Romania", LARGE))
    block = draw_block(data)
    assert refused_by_scan(data, block) == []
    assert refused_by_audit(data, block) == []


@pytest.mark.parametrize("kind", ["heat", "bar", "grouped_bar", "stacked_bar"])
def test_two_wrong_labels_that_spell_a_missing_value_are_refused(
    kind: Kind, refused_by_audit: Callable[[ChartData, Block], list[str]]
) -> None:
    released = chart(kind, ("ME", "Montenegro", (12, 7, 8, 12, 7)), ("RO", "Romania", LARGE))
    wrong = {"12": "10", "7": "9"}

    def spoil(label: Label) -> Label | None:
        return (
            None if label.text == "109" else replace(label, text=wrong.get(label.text, label.text))
        )

    assert refused_by_scan(released, rewritten(draw_block(released), lambda label: label)) == []
    block = rewritten(draw_block(released), spoil)
    assert refused_by_scan(released, block) == ["'10'", "'9'"]  # the same is said once
    assert refused_by_audit(released, block) == ["10", "9", "10", "9"]


@pytest.mark.parametrize("kind", ["line", "heat"])
def test_a_label_that_was_broken_into_lines_is_one_label(
    kind: Kind, refused_by_audit: Callable[[ChartData, Block], list[str]]
) -> None:
    # Of a line, the value stands behind the name of the line and in its last broken
    # line.
    data = chart(kind, ("ME", LONG, SMALL), ("RO", "Romania", LARGE))
    block = draw_block(data)
    assert sum(label.text in compact(LONG) for label in labels_of(block)) > 1
    assert refused_by_scan(data, block) == []
    assert refused_by_audit(data, block) == []


@pytest.mark.parametrize(
    "moved", [{"x": 30.0}, {"y": -12.0}, {"y": 12.0}], ids=["aside", "down", "up"]
)
def test_lines_that_stand_elsewhere_are_no_label(
    moved: dict[str, float], refused_by_audit: Callable[[ChartData, Block], list[str]]
) -> None:
    data = chart(
        "line", ("ME", LONG + " and elsewhere", (10, 9, 8, 10, 9)), ("RO", "Romania", LARGE)
    )
    block = draw_block(data)
    last = next(t for t in labels_of(block) if re.search("[a-z]9$", t.text))

    def move(label: Label) -> Label:
        if label != last:
            return label
        x = moved.get("x", 0.0)
        y = moved.get("y", 0.0)
        return replace(label, x=label.x + x, right=label.right + x, y=label.y + y)

    assert refused_by_scan(data, rewritten(block, lambda label: label)) == []

    assert refused_by_scan(data, rewritten(block, move)) != []
    assert refused_by_audit(data, rewritten(block, move)) != []


def test_a_number_is_never_broken_even_where_its_parts_stand_below_each_other(
    refused_by_audit: Callable[[ChartData, Block], list[str]],
) -> None:
    data = chart("heat", ("ME", "Montenegro", (12, 7)), ("RO", "Romania", (109, 111)))
    block = draw_block(data)
    shown = {label.text: label for label in labels_of(block)}
    upper = replace(shown["12"], text="10")
    lower = replace(upper, text="9", y=upper.y - upper.size)
    others = {"12": upper, "7": lower, "109": None}
    block = rewritten(block, lambda label: others.get(label.text, label))
    assert refused_by_scan(data, block) == ["'10'", "'9'"]
    assert refused_by_audit(data, block) == ["10", "9"]

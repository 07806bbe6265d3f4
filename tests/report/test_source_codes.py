"""Does the code behind a title name the source that the states named, and does the
annex say in full which one it is?
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import load_sources
from pipeline.numbers.stored_tables import StoredSource
from pipeline.report.document.annexes import build_annex
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.sources import codes_of, source_code
from pipeline.report.views import EmptyView, TableView

MakeStore = Callable[..., Printing]

V, P, F = "THB_VICTIMS", "THB_PERSONS", "THB_VICTIMS_FORM"
GLOTIP = "UNODC, Trafficking in persons (GLOTIP), release 14/04/2025"
OLDER = "UNODC, Trafficking in persons (GLOTIP), release 30/05/2023"
CRIM = "Eurostat, Police-recorded offences (crim_off_cat), release 28/03/25 23:00:00"
CELLS = f"key | value\n{V}:RO.2022._T._T | 30"


def named(*answers: tuple[str, str, str]) -> list[StoredSource]:
    """Rows of the store from state, table and answer."""
    return [StoredSource(state, "thb", cube, answer, "") for state, cube, answer in answers]


def the_annex(store: Printing) -> TableView | EmptyView:
    spec = ExhibitSpec("sources", "sources", "Sources named by the states")
    return build_annex(spec, store, number="Table 9", values={})


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([("RO", V, GLOTIP)], "GLOTIP"),
        ([("RO", V, GLOTIP), ("GR", V, GLOTIP)], "GLOTIP"),
        ([("RO", V, f"{CRIM}; {GLOTIP}")], "CRIM, GLOTIP"),
        ([("RO", V, GLOTIP), ("GR", V, OLDER)], "GLOTIP a, GLOTIP b"),
        # what another table's sources are called does not depend on which table asks
        ([("RO", V, OLDER), ("GR", P, GLOTIP)], "GLOTIP b"),
        ([("RO", V, "Our own book")], "other"),
        ([("RO", V, "Our own book"), ("GR", V, "A second book")], "other a, other b"),
        ([("RO", V, "border police records")], "BORDER"),
        ([("RO", V, ""), ("GR", P, GLOTIP)], "returns"),
        ([], "returns"),
    ],
)
def test_a_code_stands_for_each_source_of_a_table(
    store: MakeStore, answers: list[tuple[str, str, str]], code: str
) -> None:
    printing = store(CELLS, sources=named(*answers))
    assert source_code(printing, [V]) == code


def test_figures_of_others_have_no_code_and_keep_their_line(
    store: MakeStore, contracts: Contracts
) -> None:
    printing = store(CELLS, sources=named(("RO", V, GLOTIP)))
    assert {source_code(printing, [c.name]) for c in contracts.outside} == {""}


def test_no_two_sources_have_one_code_however_many_are_named(store: MakeStore) -> None:
    books = [("RO", V, f"Book {'x' * n}") for n in range(1, 60)]
    codes = codes_of(store(CELLS, sources=named(*books)))
    assert len(set(codes.values())) == len(codes) == 59
    assert codes["Book x"] == "other a"
    assert codes[f"Book {'x' * 27}"] == "other aa"


def test_every_source_of_the_list_has_a_code_without_a_figure(contracts: Contracts) -> None:
    """A figure in a code would be one that nobody reported."""
    listed = load_sources(contracts.codelists)
    assert all(listed.code_of(name) for name in listed.offered())
    assert not any(digit in c.code for c in listed.codes for digit in "0123456789")


def test_the_annex_leads_from_a_code_to_name_tables_and_states(store: MakeStore) -> None:
    printing = store(
        CELLS,
        sources=named(("RO", V, f"{GLOTIP}; {CRIM}"), ("GR", V, GLOTIP), ("GR", F, GLOTIP)),
    )
    annex = the_annex(printing)
    assert isinstance(annex, TableView)
    lines = [(row.kind, row.label, row.cells[0].text) for row in annex.rows]
    table, form = printing.table(V).title, printing.table(F).title
    assert lines == [
        ("group", "CRIM", CRIM),
        ("body", table, "RO"),
        ("group", "GLOTIP", GLOTIP),
        ("body", table, "GR, RO"),
        ("body", form, "GR"),
    ]


def test_without_a_named_source_the_annex_has_no_table(store: MakeStore) -> None:
    assert isinstance(the_annex(store(CELLS, sources=named(("RO", V, "")))), EmptyView)

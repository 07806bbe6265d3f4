"""What is printed of scores of others? Median, range and counts of states by edition,
without any order of states, and read back by code of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.errors import NarrativeError, UserError
from pipeline.inspection.explain.scored import score_steps
from pipeline.inspection.readback.bindings import Bindings
from pipeline.inspection.readback.scores import reading
from pipeline.inspection.readback.values import Register, Released
from pipeline.report.document.annexes import build_annex
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.figures import build_figure
from pipeline.report.exhibits.layout import ExhibitSpec, fill, read_exhibits, variables
from pipeline.report.ledger import charts_of, keys_of
from pipeline.report.narrative.bindings import NothingToShow
from pipeline.report.narrative.commands import operands_of, print_binding
from pipeline.report.printing import Printing
from pipeline.report.scores import median, moved, scored, scores_of, spread
from pipeline.report.views import CellView, EmptyView, FigureView, TableView

MakeStore = Callable[..., Printing]
CUBE = "CTX_OC_INDEX"
STATES = ("AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR")
SPEC = """
S1:
  kind: outside_scores
  title: Outside scores, editions {editions}
  cube: CTX_OC_INDEX
  pillars: [market]
  crime_areas: [ARMS, CYBER]
  notes: ["From one to ten."]
S2:
  kind: heat
  title: "Outside scores by state, edition {last:CTX_OC_INDEX}"
  cube: CTX_OC_INDEX
  at: {year: "{last:CTX_OC_INDEX}"}
  rows: {axis: item, codes: [ARMS, CYBER]}
  columns: state
"""
# by edition and item, in the order of the states
SCORES = {
    (2021, "ARMS"): "3 3.5 4 4.5 5 5.5 6 6.5 7 7.5 8",
    (2023, "ARMS"): "3.5 3.5 4 4.5 5 6 6 6.5 7 7.5 8",
    (2025, "ARMS"): "3 3.5 4 4.5 5 6 6.5 7 7.5 8 8.5",
    (2023, "CYBER"): "5 5 5 5 5 5 5 5 5 5 5",
    (2025, "CYBER"): "5 5 5 5 5 4 5 5 5 5 5",
}


def cells(scores: dict[tuple[int, str], str] = SCORES) -> str:
    lines = ["key | value"]
    for (edition, item), given_ in scores.items():
        for state, score in zip(STATES, given_.split(), strict=True):
            if score != ":":
                lines.append(f"{CUBE}:{state}.{edition}.{item} | {score}")
    return "\n".join(lines)


@pytest.fixture
def specs(tmp_path: Path) -> dict[str, ExhibitSpec]:
    path = tmp_path / "octa" / "exhibits.yaml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    return read_exhibits(path)


def table(spec: ExhibitSpec, store: Printing) -> TableView:
    view = build_annex(spec, store, number="Table 1", values=variables(store))
    assert isinstance(view, TableView)
    return view


def texts(cells_: tuple[CellView, ...]) -> list[str]:
    return [c.text for c in cells_]


def register_of(store: Printing) -> Register:
    return Register(
        {
            str(c.key): Released(c.value, c.unit, c.obs_status, c.withheld, "", ())
            for c in store.every_cell()
        }
    )


class TestTable:
    def test_it_has_median_range_and_moves_by_edition(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        view = table(specs["S1"], store(cells(), report="octa"))
        assert view.title == "Outside scores, editions 2021 to 2025"
        arms, cyber, counted = (row for row in view.rows if row.cells)
        heads = [row.label for row in view.rows if not row.cells]
        assert heads == ["Firearms trafficking", "Cybercrime"]
        assert texts(arms.cells) == [
            *("5.5", "3.0–8.0", "6.0", "3.5–8.0", "6.0", "3.0–8.5"),
            *("2", "0", "5", "1"),
        ]
        assert texts(cyber.cells) == ["–", "–", "5.0", "5.0", "5.0", "4.0–5.0", "–", "–", "0", "1"]
        assert texts(counted.cells)[1:6:2] == ["11 of 11", "11 of 11", "11 of 11"]
        assert [c.group for c in view.columns[1::2]] == [
            *("Edition 2021", "Edition 2023", "Edition 2025"),
            *("States, 2021–2023", "States, 2023–2025"),
        ]

    def test_no_state_is_named_and_none_is_ranked(
        self, specs: dict[str, ExhibitSpec], store: MakeStore, contracts: Contracts
    ) -> None:
        view = table(specs["S1"], store(cells(), report="octa"))
        said = [view.title, *view.notes, *(r.label for r in view.rows)]
        said += [c.label for c in view.columns] + [c.text for r in view.rows for c in r.cells]
        names = [m.label for m in contracts.members(2022)]
        assert not [n for n in names for text in said if n in text]

    def test_a_dash_is_explained_only_where_one_stands(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        with_dash = table(specs["S1"], store(cells(), report="octa"))
        assert with_dash.notes == ("From one to ten. –: not in the edition.",)
        later = {k: v for k, v in SCORES.items() if k[0] > 2021}
        assert table(specs["S1"], store(cells(later), report="octa")).notes == ("From one to ten.",)

    def test_states_without_a_score_are_counted(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        some = SCORES | {(2025, "ARMS"): ": : 4 4.5 5 6 6.5 7 7.5 8 8.5"}
        view = table(specs["S1"], store(cells(some), report="octa"))
        assert texts(view.rows[1].cells)[4:6] == ["6.5", "4.0–8.5"]
        assert texts(view.rows[4].cells)[5] == "9 of 11"

    def test_items_of_one_crime_area_need_no_name_of_it(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        one = replace(specs["S1"], crime_areas=("ARMS",))
        view = table(one, store(cells(), report="octa"))
        assert [row.label for row in view.rows] == ["Arms trafficking", "States scored"]

    def test_what_belongs_to_no_crime_area_stands_apart(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        every = replace(specs["S1"], crime_areas=(), pillars=("market", "actor"))
        labels = [row.label for row in table(every, store(cells(), report="octa")).rows]
        place = labels.index("Extortion and protection racketeering")
        assert labels[place - 1] == "Of no crime area of the Center"
        assert labels[place + 1 : place + 3] == ["Organised criminal groups", "Mafia-style groups"]

    def test_without_an_edition_it_takes_no_place(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        empty = store("key | value\nOCT_OCG:RO.2022 | 5", report="octa")
        view = build_annex(specs["S1"], empty, number="Table 1", values=variables(empty))
        assert isinstance(view, EmptyView)

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("[ARMS, CYBER]\n  notes", "[VEH]\n  notes", "no item of the pillar market"),
            ("cube: CTX_OC_INDEX\n  pillars", "cube: OCT_OCG\n  pillars", "holds no scores"),
        ],
    )
    def test_an_area_that_is_not_scored_is_told(
        self, tmp_path: Path, store: MakeStore, old: str, new: str, said: str
    ) -> None:
        path = tmp_path / "exhibits.yaml"
        path.write_text(SPEC.replace(old, new), encoding="utf-8")
        made = store(cells(), report="octa")
        with pytest.raises(UserError, match=said):
            build_annex(read_exhibits(path)["S1"], made, number="Table 1", values=variables(made))

    def test_each_figure_is_read_back_as_it_was_printed(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        made = store(cells(), report="octa")
        register = register_of(made)
        printed = [c for row in table(specs["S1"], made).rows for c in row.cells if c.key]
        assert len(printed) == 23
        assert [register.printed(c.key) for c in printed] == [(c.text,) for c in printed]
        assert {key for c in printed for key in keys_of(c.key)} <= set(register.cells) | {
            f"{CUBE}:{s}.2021.CYBER" for s in STATES
        }


class TestHeat:
    def test_its_alternative_text_ranks_no_state(
        self, specs: dict[str, ExhibitSpec], store: MakeStore
    ) -> None:
        made = store(cells(), report="octa")
        view = build_figure(specs["S2"], made, number="Figure 1", values=variables(made))
        assert isinstance(view, FigureView)
        assert view.title == "Outside scores by state, edition 2025"
        (chart,) = charts_of(made.shown)
        assert describe(chart.data) == view.alt
        assert view.alt == (
            "Table with shades, score. Arms trafficking from 3.0 to 8.5;"
            " Cyber-dependent crimes from 4.0 to 5.0."
        )
        assert view.table is not None
        assert [c.label for c in view.table.columns][1:3] == ["Albania", "Bosnia and Herzegovina"]


class TestSentences:
    @pytest.mark.parametrize(
        ("binding", "said"),
        [
            (f"median {CUBE}:*.2025.ARMS", "6.0"),
            (f"spread {CUBE}:*.2025.ARMS", "from 3.0 to 8.5"),
            (f"spread {CUBE}:*.2023.CYBER", "5.0"),
            (
                f"rescored {CUBE}:*.2025.ARMS",
                "higher in 6 and lower in 0 of 11 states than in 2021",
            ),
            (
                f"rescored {CUBE}:*.2025.CYBER",
                "higher in 0 and lower in 1 of 11 states than in 2023",
            ),
        ],
    )
    def test_a_binding_says_what_the_scores_bear_out(
        self, store: MakeStore, contracts: Contracts, binding: str, said: str
    ) -> None:
        made = store(cells(), report="octa")
        assert print_binding(made, binding, where="a text") == said
        assert Bindings(register_of(made), contracts, round_=2022).texts(binding) == (said,)
        formulas = operands_of(made, binding)
        assert formulas
        assert all(f.startswith(("midscore(", "spread(", "higher(", "lower(")) for f in formulas)

    @pytest.mark.parametrize(
        "binding",
        [
            f"median {CUBE}:*.2021.CYBER",
            f"spread {CUBE}:*.2021.CYBER",
            f"rescored {CUBE}:*.2021.ARMS",
            f"rescored {CUBE}:*.2023.CYBER",
        ],
    )
    def test_where_nothing_was_scored_there_is_nothing_to_say(
        self, store: MakeStore, contracts: Contracts, binding: str
    ) -> None:
        made = store(cells(), report="octa")
        with pytest.raises(NothingToShow):
            print_binding(made, binding, where="a text")
        assert not Bindings(register_of(made), contracts, round_=2022).texts(binding)

    @pytest.mark.parametrize(
        "pattern", ["OCT_OCG:*.2022", f"{CUBE}:AL.2025.ARMS", f"{CUBE}:*.2025.SPIES"]
    )
    def test_what_is_no_pattern_of_scores_is_told(self, store: MakeStore, pattern: str) -> None:
        with pytest.raises((UserError, NarrativeError)):
            print_binding(store(cells(), report="octa"), f"median {pattern}", where="a text")

    def test_the_last_edition_may_be_later_than_the_round(self, store: MakeStore) -> None:
        made = store(f"{cells()}\nOCT_OCG:RO.2021 | 5", report="octa")
        assert fill("{last:CTX_OC_INDEX}", variables(made)) == "2025"
        assert fill("{last:OCT_OCG}", variables(made)) == "2021"


HALVES = st.lists(
    st.one_of(st.none(), st.integers(2, 20).map(lambda n: n / 2)), min_size=11, max_size=11
)


@given(now=HALVES, then=HALVES)
def test_renderer_and_reader_agree_on_any_scores(
    now: list[float | None], then: list[float | None]
) -> None:
    from decimal import Decimal

    from pipeline.cells import Cell

    values = {
        **dict(zip((f"{CUBE}:{s}.2025.ARMS" for s in STATES), now, strict=True)),
        **dict(zip((f"{CUBE}:{s}.2023.ARMS" for s in STATES), then, strict=True)),
    }

    class Cells:
        """As much of a store as readings ask for."""

        def print_cell(self, key: Key) -> Cell:
            value = values[str(key)]
            return Cell(key, None if value is None else Decimal(str(value)), "score")

    store: Printing = Cells()  # type: ignore[assignment]
    later, earlier = ([Key.parse(k) for k in list(values)[at : at + 11]] for at in (0, 11))
    readings = [
        median(store, later),
        spread(store, later),
        scored(store, [later, earlier]),
        *moved(store, later, before=earlier),
    ]
    for own in readings:
        name, _, inside = own.reference.removesuffix(")").partition("(")

        def value_of(key: str) -> Decimal | None:
            return None if values[key] is None else Decimal(str(values[key]))

        assert reading(name, inside.split(", "), value_of=value_of) == (own.text,)
        groups = [[value_of(k) for k in g.split(" + ")] for g in inside.split(", ")]
        steps, found = score_steps(name, groups)
        if own.text not in ("–",) and name != "spread":
            assert found is not None
            assert str(found.normalize() + 0) == own.text.removesuffix(".0").split(" of ")[0]
        assert steps


def test_a_score_of_each_member_is_looked_for(store: MakeStore) -> None:
    keys = scores_of(store(cells(), report="octa"), CUBE, item="ARMS", edition=2023)
    assert [k.state for k in keys] == list(STATES)
    assert {k.year for k in keys} == {2023}

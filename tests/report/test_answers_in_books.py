"""What does the book of a meeting print of answers? How many states chose each word, the
same as whoever reads the store apart from the renderer, and where they are furthest apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.answers import answers_told
from pipeline.inspection.readback.values import read_register
from pipeline.numbers.stored_tables import StoredFact
from pipeline.report.exhibits.answers import build_answers, build_apart
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.printing import Printing
from pipeline.report.views import EmptyView, TableView

MakeStore = Callable[..., Printing]
ROUND = (
    StoredFact("round", "2023"),
    StoredFact("cutoff", "2024-03-31"),
    StoredFact("refused", ""),
)
STATES = "AL BA BG GR HU"
VALUES = {"year": "2023"}
FIRST, SECOND = {**VALUES, "session": "1"}, {**VALUES, "session": "2"}


def answered(place: str, chosen: Mapping[int, int], *, size: int = 5, cube: str = "SCORES") -> str:
    """Lines of a store: `place` is area, session and question, `chosen` how many states
    chose each place of the scale.
    """
    counted = {f"AT_{n}": chosen.get(n, 0) for n in range(1, size + 1)}
    told = {
        "STATES": sum(chosen.values()),
        "LOWEST": min(chosen),
        "HIGHEST": max(chosen),
        **counted,
    }
    states = " ".join(STATES.split()[: sum(chosen.values())])
    return "\n".join(
        f"ASM_{cube}_SEE:SELEC.2023.{place}.{name} | {value} | {states}"
        for name, value in told.items()
    )


@pytest.fixture
def made(store: MakeStore) -> MakeStore:
    def make(*parts: str) -> Printing:
        text = "\n".join(("key | value | states", *parts))
        return store(text, report="octa", version="restricted", meta=ROUND)

    return make


def table(view: TableView | EmptyView) -> TableView:
    assert isinstance(view, TableView)
    return view


def of_drugs(store: Printing, values: Mapping[str, str]) -> TableView:
    spec = ExhibitSpec("A", "answers", "Drugs, {year}", area="DRUGS")
    return table(build_answers(spec, store, number="Table 1", values=values))


def words(view: TableView) -> dict[str, list[str]]:
    return {row.label: [cell.text for cell in row.cells] for row in view.rows}


LIKELY = answered("DRUGS.1.LIKELIHOOD", {2: 1, 5: 4})
LATER = answered("DRUGS.2.LIKELIHOOD", {4: 4})
ONLINE = answered("DRUGS.1.ONLINE", {3: 5}, size=3, cube="ENABLERS")


def test_each_word_has_its_states_and_who_did_not_judge_is_counted(made: MakeStore) -> None:
    told = words(of_drugs(made(LIKELY, ONLINE), FIRST))
    assert told["Likelihood now"] == ["low 1; very high 4; not assessed 6", "5 of 11"]
    assert told["The internet and encrypted services"] == ["main role 5; not assessed 6", "5 of 11"]
    assert told["Impact, social"] == ["not assessed", "not assessed"]


def test_the_first_meeting_has_no_second_answers_before_it(made: MakeStore) -> None:
    first = of_drugs(made(LIKELY, LATER), FIRST)
    assert [c.label for c in first.columns] == ["Question", "Before the meeting", "States"]
    second = words(of_drugs(made(LIKELY, LATER), SECOND))
    assert second["Likelihood now"] == [
        "low 1; very high 4; not assessed 6",
        "5 of 11",
        "high 4; not assessed 7",
        "4 of 11",
    ]


def test_agreement_stands_below_the_answers_of_its_session(made: MakeStore) -> None:
    alphas = [
        f"ASM_SCORES_SEE:SELEC.2023.DRUGS.{session}.ALL.ALPHA | {value} | {STATES}"
        for session, value in (("1", "0.31"), ("2", "0.874"))
    ]
    *_, agreed = of_drugs(made(LIKELY, LATER, *alphas), SECOND).rows
    assert [cell.text for cell in agreed.cells] == ["0.31", "", "0.87", ""]


def test_what_the_scores_suggest_stands_below_them(made: MakeStore) -> None:
    level = f"ASM_SCORES_SEE:SELEC.2023.DRUGS.2.ALL.LEVEL | 4 | {STATES}"
    told = words(of_drugs(made(LIKELY, LATER, level), SECOND))
    assert told["Level of threat that the scores suggest"] == ["", "", "very high", ""]


def test_an_area_that_nobody_judged_has_no_table(made: MakeStore) -> None:
    spec = ExhibitSpec("A", "answers", "Vehicles, {year}", area="VEH")
    view = build_answers(spec, made(LIKELY), number="Table 1", values=SECOND)
    assert isinstance(view, EmptyView)


def test_what_is_printed_is_what_the_store_says_apart_from_the_renderer(
    made: MakeStore, contracts: Contracts
) -> None:
    store = made(LIKELY, LATER, ONLINE)
    cells = read_register(store.path).cells
    checked = 0
    for row in of_drugs(store, SECOND).rows:
        for cell in row.cells:
            if cell.key.startswith("answers("):
                assert answers_told(cell.key, cells, contracts) == (cell.text,)
                checked += 1
    assert checked == 3


@pytest.mark.parametrize("wrong", ["another count", "another place", "another question"])
def test_answers_that_do_not_make_up_their_states_are_told_as_nothing(
    made: MakeStore, contracts: Contracts, wrong: str
) -> None:
    store = made(LIKELY, LATER)
    cells = dict(read_register(store.path).cells)
    (row,) = (r for r in of_drugs(store, FIRST).rows if r.label == "Likelihood now")
    reference = row.cells[0].key
    second = "ASM_SCORES_SEE:SELEC.2023.DRUGS.1.LIKELIHOOD.AT_2"
    assert answers_told(reference, cells, contracts)
    if wrong == "another count":
        cells[second] = replace(cells[second], value=Decimal(2))
    elif wrong == "another place":
        reference = reference.replace("AT_1", "AT_0").replace("AT_2", "AT_1")
    else:
        reference = reference.replace(second, second.replace("DRUGS.1", "DRUGS.2"))
    assert answers_told(reference, cells, contracts) == ()


def apart(store: Printing, values: Mapping[str, str] = FIRST) -> TableView:
    spec = ExhibitSpec("AP", "apart", "Apart, {year}")
    return table(build_apart(spec, store, number="Table 1", values=values))


def test_areas_whose_answers_lie_widest_apart_stand_first(made: MakeStore) -> None:
    close = answered("THB.1.LIKELIHOOD", {3: 2, 4: 3})
    view = apart(made(close, LIKELY))
    first, second, *others = view.rows
    assert [first.label, *(c.text for c in first.cells)][:4] == [
        "Drug trafficking",
        "5 of 11",
        "Likelihood now",
        "low to very high",
    ]
    assert second.label == "Trafficking in human beings"
    assert len(others) == 10
    assert {c.text for row in others for c in row.cells} == {"not assessed"}


def test_of_questions_as_wide_that_one_is_named_on_which_fewest_agree(made: MakeStore) -> None:
    most = answered("DRUGS.1.LIKELIHOOD", {1: 4, 5: 1})
    fewest = answered("DRUGS.1.IMP_MONEY", {1: 2, 3: 1, 5: 2})
    assert apart(made(most, fewest)).rows[0].cells[1].text == "Impact, financial"


def test_the_second_meeting_sees_the_ends_before_and_after(made: MakeStore) -> None:
    view = apart(made(LIKELY, LATER), SECOND)
    groups = [c.group for c in view.columns if c.label == "From\N{EN DASH}to"]
    assert groups == ["Before the meeting", "After the meeting"]
    cells = {Key.parse(k).codes[3] for k in _keys(view.rows[0].cells[2].key)}
    assert cells == {"1"}
    assert [view.rows[0].cells[i].text for i in (2, 4)] == ["low to very high", "high"]


def _keys(reference: str) -> list[str]:
    return reference.partition("(")[2].removesuffix(")").split(", ")

"""Do invented figures agree with each other, as those of a careful state would?"""

from __future__ import annotations

from collections import defaultdict

import pytest
from builds import REPORTS

from pipeline.cells import TOTAL, Key
from pipeline.contracts.layout import CENTER, respondents
from pipeline.contracts.model import Contracts, Table, link_of
from pipeline.steps.rehearsal.invented import Figures, invented

ROUNDS = (2022, 2024, 2031)
CASES = [(report, round_, seed) for report in REPORTS for round_ in ROUNDS for seed in (1, 7)]


def of_table(figures: Figures, table: Table) -> Figures:
    return {key: value for key, value in figures.items() if key.cube == table.name}


@pytest.mark.parametrize(("report", "round_", "seed"), CASES)
def test_parts_add_up_to_their_wholes(
    contracts: Contracts, report: str, round_: int, seed: int
) -> None:
    contract = contracts.contract(report)
    states = [s for s in respondents(contracts, report, round_=round_) if s != CENTER][:3]
    for state in states:
        figures = invented(contract, state, round_=round_, seed=seed)
        assert {key.year for key in figures} == set(contract.years(round_))
        for table in contract.tables_of(round_):
            own = of_table(figures, table)
            assert table.respondent == "center" or own, table.name
            for dimension in table.dimensions:
                if not dimension.has_total:
                    continue
                sums: dict[Key, int] = defaultdict(int)
                at = table.key_dimensions.index(dimension.name)
                for key, value in own.items():
                    code = key.codes[at]
                    if code != TOTAL and not dimension.parent_of(dimension.codelist[code]):
                        whole = Key(table.name, (*key.codes[:at], TOTAL, *key.codes[at + 1 :]))
                        sums[whole] += value
                assert sums == {k: own[k] for k in sums}, f"{state} {table.name} {dimension.name}"


@pytest.mark.parametrize(("report", "round_", "seed"), CASES)
def test_tables_that_count_the_same_have_the_same_figures(
    contracts: Contracts, report: str, round_: int, seed: int
) -> None:
    contract = contracts.contract(report)
    compared = 0
    for state in ("RO", "ME"):
        figures = invented(contract, state, round_=round_, seed=seed)
        for table in contract.tables_of(round_):
            link = link_of(table)
            if link is None:
                continue
            first = contracts.table(link.same_total_as)
            common = {d.name for d in table.dimensions} & {d.name for d in first.dimensions}
            for key, value in of_table(figures, table).items():
                codes = dict(zip(table.key_dimensions, key.codes, strict=True))
                if all(codes[d.name] == TOTAL for d in table.dimensions if d.name not in common):
                    there = {d.name: TOTAL for d in first.dimensions} | dict(link.at)
                    there |= {name: codes[name] for name in ("state", "year", *common)}
                    assert figures.get(first.key(there), 0) == value, f"{key}"
                    compared += 1
    assert compared or not any(link_of(t) for t in contract.tables_of(round_))


def test_a_seed_gives_the_same_figures_and_another_seed_others(contracts: Contracts) -> None:
    contract = contracts.contract("thb")
    one = invented(contract, "RO", round_=2024, seed=1)
    assert one == invented(contract, "RO", round_=2024, seed=1)
    assert one != invented(contract, "RO", round_=2024, seed=2)


def test_no_figure_is_below_nil_or_above_what_the_contract_allows(contracts: Contracts) -> None:
    for report in REPORTS:
        figures = invented(contracts.contract(report), "TR", round_=2024, seed=3)
        for key, value in figures.items():
            table = contracts.table(key.cube)
            assert table.minimum <= value <= table.maximum, f"{key}"

"""Can every printed figure be true beside the others? A scan over the stores and what
the reports printed.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from builds import EVERY_VERSION, EVERY_VERSION_OF_STATES, OF_STATES, REPORTS, ROUND, VERSIONS

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.numbers.sql.marts import open_marts
from pipeline.project import Project
from pipeline.report.ledger import LedgerEntry, exhibits_of, lines_of, parse_ledger, statements_of
from pipeline.returns.rules.parts import linked_to
from pipeline.returns.rules.validated import read_validation

pytestmark = pytest.mark.slow
each_store = pytest.mark.parametrize(("report", "version"), EVERY_VERSION)
each_store_of_states = pytest.mark.parametrize(("report", "version"), EVERY_VERSION_OF_STATES)


def cells(built: Project, report: str, version: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(built.store(ROUND, report, version)), read_only=True) as connection:
        result = connection.execute(
            "select * from cells where value is not null and cube <> 'POPULATION' order by key"
        )
        names = [d[0] for d in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def wholes_of(contracts: Contracts, key: Key) -> set[Key]:
    """Every figure that this one is a part of, by code lists and links between tables;
    apart from the models.
    """
    table = contracts.table(key.cube)
    codes = dict(zip(table.key_dimensions, key.codes, strict=True))
    found = set()
    for whole in contracts.tables:
        for part, at in linked_to(contracts, whole):
            if part.name != key.cube:
                continue
            choices = []
            for d in whole.dimensions:
                own = codes.get(d.name, at.get(d.name, "_T"))
                above = [own]
                while own in d.codelist and (parent := d.parent_of(d.codelist[own])):
                    above.append(parent)
                    own = parent
                choices.append([(c,) for c in above])
            combined: list[tuple[str, ...]] = [()]
            for options in choices:
                combined = [(*a, *b) for a in combined for b in options]
            found |= {Key(whole.name, (*key.codes[:2], *c)) for c in combined}
    return found - {key}


@each_store_of_states
def test_no_regional_part_is_above_its_regional_whole(
    built: Project, contracts: Contracts, report: str, version: str
) -> None:
    known = {Key.parse(c["key"]): c for c in cells(built, report, version)}
    compared, wrong = 0, []
    for key, cell in known.items():
        if not key.state.startswith("SELEC") or any(code.startswith("G_") for code in key.codes):
            continue
        for whole in wholes_of(contracts, key):
            if whole in known:
                compared += 1
                slack = (
                    max(contracts.table(k.cube).rounding for k in (key, whole)) * cell["coverage"]
                )
                if cell["value"] > known[whole]["value"] + slack:
                    wrong.append((str(key), cell["value"], str(whole), known[whole]["value"]))
    assert wrong == []
    assert compared > (20 if report == "octa" else 100)


@each_store
def test_what_a_state_reported_and_cannot_be_true_is_in_question(
    built: Project, contracts: Contracts, report: str, version: str
) -> None:
    """Every part above its whole that a version shows bears its mark, the largest and
    the small.
    """
    known = {Key.parse(c["key"]): c for c in cells(built, report, version)}
    unmarked = []
    for key, cell in known.items():
        if key.state.startswith("SELEC") or any(code.startswith("G_") for code in key.codes):
            continue
        for whole in wholes_of(contracts, key):
            beside = known.get(whole)
            slack = max(contracts.table(k.cube).rounding for k in (key, whole))
            marked = beside and cell["wholes"] and beside["wholes"] and not cell["counts"]
            if beside and cell["value"] > beside["value"] + slack and not marked:
                unmarked.append((str(key), str(whole)))
    assert unmarked == []


def printed(built: Project, report: str, version: str) -> list[LedgerEntry]:
    path = built.ledger(ROUND, report, version)
    return parse_ledger(path.read_bytes(), path)


@pytest.mark.parametrize(("report", "version"), [(r, v) for r in OF_STATES for v in VERSIONS])
def test_no_printed_share_is_above_a_hundred(built: Project, report: str, version: str) -> None:
    folder = built.version_folder(ROUND, report, version)
    entries = printed(built, report, version)
    printed_cells = [c for e in entries for line in lines_of(e) for c in line.cells]
    texts = [c.text for c in printed_cells if c.key.startswith("share(")]
    shares = [Decimal(text.replace(",", "")) for text in texts if re.match(r"\d", text)]
    said = " ".join(s.text for s in statements_of(entries))
    shares += [Decimal(n) for n in re.findall(r"(\d+\.\d) per cent of", said)]
    assert folder.is_dir()
    assert [s for s in shares if s > 100] == []
    assert shares or report == "octa"


def test_one_figure_has_one_value_in_all_reports_and_versions(built: Project) -> None:
    values: dict[str, set[str]] = defaultdict(set)
    for report in REPORTS:
        for version in VERSIONS:
            text = (built.version_folder(ROUND, report, version) / "cells.csv").read_text(
                encoding="utf-8"
            )
            for row in csv.DictReader(io.StringIO(text)):
                if row["value"]:
                    values[row["key"]].add(row["value"])
    assert {k: v for k, v in values.items() if len(v) > 1} == {}
    assert len(values) > 3000


def test_one_label_and_year_has_one_value_over_the_three_reports(
    built: Project, contracts: Contracts
) -> None:
    """Tiles and headline tables of all reports: the same measure of the same year is
    the same key, so the same number.

    Sums over other compositions stand nowhere without being named as such.
    """
    said: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for report in REPORTS:
        for version in VERSIONS:
            for exhibit in exhibits_of(printed(built, report, version)):
                if exhibit.kind not in ("headline", "indicators", "dashboard"):
                    continue
                for cell in (c for line in lines_of(exhibit) for c in line.cells):
                    if re.fullmatch(r"\w+:SELEC[\w.]*", cell.key) and re.match(r"\d", cell.text):
                        key = Key.parse(cell.key)
                        where = f"{report} {exhibit.spec}: {key} stands as a headline"
                        assert key.state == "SELEC", where
                        said[key.cube, str(key.year), ".".join(key.codes[2:])].add(cell.text)
    assert {k: v for k, v in said.items() if len(v) > 1} == {}
    assert len(said) > 40


def test_no_tile_is_a_sum_or_a_change_over_fewer_than_two_in_five_states(built: Project) -> None:
    seen = 0
    for report in REPORTS:
        for version in VERSIONS:
            for exhibit in exhibits_of(printed(built, report, version)):
                if exhibit.kind != "headline":
                    continue
                for text in (cell.text for line in lines_of(exhibit) for cell in line.cells):
                    if match := re.fullmatch(r"(\d+) of (\d+)", text):
                        assert int(match[1]) * 5 >= int(match[2]) * 2, f"{report} {version}: {text}"
                        seen += 1
    assert seen > 20


def test_the_rule_for_states_and_the_model_of_the_numbers_find_the_same(built: Project) -> None:
    findings = read_validation(built, ROUND).findings
    asked = {f.key for f in findings if f.rule.endswith(".part_exceeds_whole")}
    told = {f.key for f in findings if f.rule.endswith(".value.outdated")}
    with open_marts(built, ROUND) as marts:
        wholes = {
            k for (k,) in marts.execute("select distinct whole from marts.conflicts").fetchall()
        }
        dropped = {k for (k,) in marts.execute("select key from marts.outdated").fetchall()}
    assert asked == wholes
    assert told == dropped
    assert len(asked) > 50
    assert dropped


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("THB_VICTIMS:SELEC.2022._T._T", 1856),
        ("THB_VICTIMS:SELEC.2022.F._T", 1406),
        ("THB_VICTIMS:BG.2022.F._T", 110),
        ("THB_VICTIMS:SELEC.2019.F._T", 1457),
        ("THB_VICTIMS:BG.2019.F._T", 353),
        ("THB_VICTIMS:SELEC.2022._T.Y_LT18", 567),
        ("THB_VICTIMS:SELEC.2022._T.Y_GE18", 1233),
        ("THB_VICTIMS_FORM:SELEC.2021.LAB._T._T", 424),
        ("THB_VICTIMS_CTZ:SELEC.2022.NAT", 723),
        ("OCT_DRUG_KG:SELEC.2022.COC", 4577),
        ("MIG_SMUGGLING:SELEC.2022", 10331),
    ],
)
def test_the_figures_that_were_wrong_are_right(built: Project, key: str, value: int) -> None:
    with open_marts(built, ROUND) as marts:
        found = marts.execute("select value from marts.cells where key = ?", [key]).fetchall()
    assert [round(v) for (v,) in found] == [value]


@pytest.mark.parametrize(
    ("now", "then", "percent", "states"),
    [
        (
            "THB_VICTIMS:SELEC_BOTH.2022._T.Y_GE18",
            "THB_VICTIMS:SELEC_BOTH.2021._T.Y_GE18",
            "-6.6",
            8,
        ),
        (
            "THB_VICTIMS_FORM:SELEC_BOTH.2022.LAB._T._T",
            "THB_VICTIMS_FORM:SELEC_BOTH.2021.LAB._T._T",
            "-3.1",
            6,
        ),
        ("THB_OFFENCES:SELEC_BOTH.2022", "THB_OFFENCES:SELEC_BOTH.2021", "-4.5", 8),
        ("THB_PERSONS:SELEC_BOTH.2022.SUSP._T", "THB_PERSONS:SELEC_BOTH.2021.SUSP._T", "-36.0", 7),
        ("THB_PERSONS:SELEC_BOTH.2022.PROS._T", "THB_PERSONS:SELEC_BOTH.2021.PROS._T", "87.9", 6),
        ("THB_PERSONS:SELEC_BOTH.2022.CONV._T", "THB_PERSONS:SELEC_BOTH.2021.CONV._T", "8.9", 4),
    ],
)
def test_changes_are_over_the_same_states(
    built: Project, now: str, then: str, percent: str, states: int
) -> None:
    with open_marts(built, ROUND) as marts:
        rows = marts.execute(
            "select key, value, coverage from marts.cells where key in (?, ?)", [now, then]
        ).fetchall()
    found = {key: (value, coverage) for key, value, coverage in rows}
    (new, counted), (old, _) = found[now], found[then]
    assert (f"{(new - old) / old * 100:.1f}", counted) == (percent, states)

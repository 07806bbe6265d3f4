"""What could an outsider work out? Attacks from published files only; each succeeds
where only small counts are hidden.

The attackers (`attack.py`) read released cells and code lists. Whether they are right
is judged by the certificate, which holds the withheld counts, and by the list of what
is withheld, which says why.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from attack import bar_lengths, between, numerators, work_out, work_out_across
from builds import REPORTS, ROOT, ROUND, once, shared_folder
from here import run_here

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.disclosure.choose.reasons import SENSITIVE
from pipeline.disclosure.proof import certificate_path, prove_version, require_proof
from pipeline.disclosure.protect import protect_round
from pipeline.errors import DisclosureError
from pipeline.numbers.mart_rows import read_marts
from pipeline.project import Project
from pipeline.report.charts.draw import draw_chart
from pipeline.report.formulas import change, rate, share
from pipeline.report.printing import Printing
from pipeline.report.views import ChartData, Point, Series

pytestmark = pytest.mark.slow
VERSIONS = ("public", "partner")
DAY = date(2023, 5, 31)


@dataclass(frozen=True)
class Release:
    """What an outsider has: released numbers and withheld cells. What only the judge
    has: counts of sensitive cells.
    """

    shown: dict[Key, Decimal]
    withheld: set[Key]
    states: dict[Key, tuple[str, ...]]  # in a released regional figure
    secret: dict[Key, Decimal]

    def told(self, found: dict[Key, Decimal]) -> dict[Key, Decimal]:
        """Sensitive counts that an attack gives as they are."""
        return {k: v for k, v in found.items() if self.secret.get(k) == v}


def read_release(project: Project, round_: int, version: str) -> Release:
    with (project.proof(round_) / f"{version}.withheld.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        by_rule = {row["key"] for row in csv.DictReader(file) if row["reason"] in SENSITIVE}
    certificate = json.loads(
        certificate_path(project, round_, version=version).read_text(encoding="utf-8")
    )
    shown: dict[Key, Decimal] = {}
    withheld: set[Key] = set()
    states: dict[Key, tuple[str, ...]] = {}
    for report in REPORTS:
        with project.released(round_, report, version=version).open(
            encoding="utf-8", newline=""
        ) as file:
            for row in csv.DictReader(file):
                if row["states"]:
                    states[Key.parse(row["key"])] = tuple(row["states"].split())
                if row["value"]:
                    shown[Key.parse(row["key"])] = Decimal(row["value"])
                elif row["conf_status"] == "S":
                    withheld.add(Key.parse(row["key"]))
    secret = {
        Key.parse(n): Decimal(certificate["base"][n])
        for n in sorted(by_rule)
        if n in certificate["base"]
    }
    return Release(shown, withheld, states, secret)


@pytest.fixture(scope="module")
def release(built: Project) -> Release:
    return read_release(built, ROUND, "public")


@pytest.fixture(scope="module")
def naive(built: Project, release: Release) -> Release:
    """The same round with only the sensitive counts hidden, as the field does it."""
    cells = read_marts(built, ROUND).reported_cells().values()
    shown = {c.key: c.value for c in cells if c.value is not None and c.key not in release.secret}
    states = {
        c.key: tuple(Key.parse(p).state for p in c.parts)
        for c in cells
        if c.key.state.startswith("SELEC")
    }
    return Release(release.shown | shown, set(release.secret), states, release.secret)


def test_subtraction_along_margins(naive: Release, release: Release, contracts: Contracts) -> None:
    assert len(naive.told(work_out(naive.shown, naive.withheld, contracts, naive.states))) > 100
    assert release.told(work_out(release.shown, release.withheld, contracts, release.states)) == {}


def test_subtraction_across_tables(naive: Release, release: Release, contracts: Contracts) -> None:
    """It succeeds where only small counts are hidden, and where two tables hide
    different complements of one count.
    """
    assert naive.told(work_out_across(naive.shown, naive.withheld, contracts, naive.states))
    total, female, male = (Key("THB_VICTIMS", ("AL", "2022", c, "_T")) for c in ("_T", "F", "M"))
    twins = {
        k: Key("THB_VICTIMS_FORM", ("AL", "2022", "_T", *k.codes[2:]))
        for k in (total, female, male)
    }
    shown = {total: Decimal(23), twins[female]: Decimal(20)}
    withheld = {female, male, twins[total], twins[male]}
    assert work_out(shown, withheld, contracts) == {}
    assert work_out_across(shown, withheld, contracts)[male] == 3
    assert (
        release.told(work_out_across(release.shown, release.withheld, contracts, release.states))
        == {}
    )


def test_whole_number_programming_on_single_cells(
    naive: Release, release: Release, contracts: Contracts
) -> None:
    def exact(target: Release) -> dict[Key, Decimal]:
        some = islice(sorted(k for k in target.secret if k.cube == "THB_VICTIMS"), 0, None, 3)
        ranges = {k: between(k, target.shown, target.withheld, contracts) for k in some}
        return target.told({k: Decimal(r[0]) for k, r in ranges.items() if r and r[0] == r[1]})

    assert exact(naive)
    assert exact(release) == {}


def test_a_country_that_a_state_listed_is_at_least_one_and_still_open(
    built: Project, release: Release, contracts: Contracts
) -> None:
    """Every `<5` of an open list that a reader sees is 1 to 4, not more; the rows left
    out would tell.
    """
    open_tables = {t.name for t in contracts.tables if t.layout.open_rows}
    cells = {
        c.key: c
        for c in read_marts(built, ROUND).reported_cells().values()
        if c.key.cube in open_tables
    }
    sent = {k for k, c in cells.items() if c.is_suppressed}
    limits = {k: (0 if k.codes[2] == "_T" else 1, 4) for k in sent}
    rows = {k for k in sent if k.codes[2] != "_T"}

    def told(seen: set[Key]) -> set[str]:
        """Rows of which a reader knows more than that they are 1 to 4, by state and
        year.
        """
        ranges = {
            k: between(k, release.shown, release.withheld | seen, contracts, limits) for k in seen
        }
        found = {_line(k) for k, r in ranges.items() if r not in (None, (1, 4))}
        # what is not in the sum of all known citizenships is in these rows
        for line in {_line(k) for k in seen}:
            total, known = (
                release.shown.get(Key.parse(f"{line}.{code}")) for code in ("_T", "G_KNOWN")
            )
            count = sum(_line(k) == line for k in seen)
            if (
                total is not None
                and known is not None
                and not count + 3 <= total - known <= count * 4 - 3
            ):
                found.add(line)
        return found

    assert told(rows & release.withheld) == set()
    assert len(rows & release.withheld) > 200
    lines = {f"THB_REPATRIATED:{line}" for line in ("AL.2020", "RS.2022", "RO.2018", "RO.2019")}
    assert lines <= told(rows)
    assert not any(_line(k) in lines for k in rows & release.withheld)


def _line(key: Key) -> str:
    return f"{key.cube}:{key.state}.{key.year}"


def test_a_printed_share_gives_a_small_count_so_none_is_printed_over_one(
    built: Project, release: Release, contracts: Contracts
) -> None:
    assert numerators(Decimal("3.6"), 112) == [4]  # four of 112, if the share were printed
    assert len(numerators(Decimal("3.6"), 5_000)) > 1  # a large base hides it
    store = Printing(built.store(ROUND, "thb", "public"), contracts, report="thb", version="public")
    tried = 0
    for key in sorted(k for k in release.secret if k.cube == "THB_VICTIMS"):
        whole = store.table(key.cube).total_key(key.state, key.year)
        formulas = [share(store, key, whole=whole), rate(store, key)]
        formulas += [change(store, key, since=key.year - 1)] if key.year > ROUND - 4 else []
        assert [f.value for f in formulas] == [None] * len(formulas), key
        tried += 1
    assert tried > 50


def test_a_bar_gives_a_small_count_so_none_is_drawn_for_one(built: Project) -> None:
    """Twenty shown persons give the scale; the bar of a hidden count gives it away, a
    withheld point has none.
    """

    def bars(*counts: tuple[float | None, str]) -> list[float]:
        points = tuple(
            Point(str(i), v, f"{v:g}" if v else "c", status) for i, (v, status) in enumerate(counts)
        )
        return bar_lengths(
            draw_chart(ChartData("bar", (Series("a", points),), "victims", "Victims"))
        )

    known, hidden = bars((20, ""), (3, ""))
    assert round(20 * hidden / known) == 3
    assert len(bars((20, ""), (None, "withheld"))) == 1
    scan = json.loads(
        (built.version_folder(ROUND, "thb", "public") / "manifest.json").read_text(encoding="utf-8")
    )
    assert scan["build"]["leak_scan"]["mark"] > 0  # every mark of the finished PDF was read back


@pytest.fixture(scope="session")
def editions(built: Project, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Project:
    """Round 2021 protected and registered in both versions, then round 2022 protected
    beside it.
    """

    def make(folder: Path) -> None:
        shutil.copytree(built.outputs, folder, copy_function=shutil.copy2)
        pipeline(
            folder,
            "build",
            "--round",
            "2021",
            "--until",
            "stores protect",
            "--versions",
            "restricted public partner",
        )
        for version in VERSIONS:
            who = ("--rehearsal", "--by", "Ana Pop")
            pipeline(
                folder, "register", "--round", "2021", "--report", "thb", "--version", version, *who
            )
        pipeline(folder, "protect", "--round", str(ROUND))

    return Project(ROOT, once(shared_folder(tmp_path_factory, worker_id) / "editions", make))


def pipeline(outputs: Path, *arguments: str) -> str:
    done = run_here(
        *arguments, environment={"PATH": "/usr/bin:/bin", "SELEC_OUTPUTS": str(outputs)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.sampled(2)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("round_", [2021, ROUND])
def test_both_rounds_and_versions_have_certificates_that_verify(
    editions: Project, round_: int, version: str
) -> None:
    assert require_proof(editions, round_, version=version).startswith("verified: ")


def test_two_editions_together(editions: Project, naive: Release, contracts: Contracts) -> None:
    """What one edition hides another may show: both are laid side by side wherever a
    figure did not change.
    """
    first, second = (read_release(editions, r, "public") for r in (2021, ROUND))
    then = {str(c.key): c for c in read_marts(editions, 2021).reported_cells().values()}
    now = {str(c.key): c for c in read_marts(editions, ROUND).reported_cells().values()}
    same = {Key.parse(k) for k, c in now.items() if k in then and then[k].value == c.value}
    both = second.shown | {k: v for k, v in first.shown.items() if k in same}
    given_away = given_away_before(editions)
    found = second.told(
        work_out_across(both, second.withheld - set(both), contracts, second.states)
    )
    assert {k for k in found if str(k) not in given_away} == set()
    naive_then = {
        Key.parse(k): c.value for k, c in then.items() if c.value is not None and c.value > 4
    }
    together = naive.shown | {k: v for k, v in naive_then.items() if k in same}
    assert naive.told(
        work_out_across(together, naive.withheld - set(together), contracts, naive.states)
    )


def test_two_patterns_that_are_each_safe_give_a_count_away_together(contracts: Contracts) -> None:
    total, female, male = (Key("THB_VICTIMS", ("AL", "2022", c, "_T")) for c in ("_T", "F", "M"))
    one, other = {total: Decimal(23)}, {female: Decimal(20)}
    for shown in (one, other):
        assert work_out(shown, {total, female, male} - set(shown), contracts) == {}
    assert work_out(one | other, {male}, contracts) == {male: 3}


def given_away_before(editions: Project) -> set[str]:
    with (editions.proof(ROUND) / "public.withheld.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"] for row in csv.DictReader(file) if row["given_away_before"]}


def test_a_revised_figure_does_not_open_the_edition_before(
    editions: Project, contracts: Contracts
) -> None:
    """Its own sums with its own figures: nothing more follows than on the day it was
    released.
    """
    first = read_release(editions, 2021, "public")
    assert first.told(work_out_across(first.shown, first.withheld, contracts, first.states)) == {}


@pytest.fixture
def copy(built: Project, tmp_path: Path) -> Project:
    """The protected round in a folder of its own, to be tampered with."""
    project = Project(ROOT, tmp_path / "outputs")
    for part in ("stores", "proof", "work"):
        shutil.copytree(built.round_folder(ROUND) / part, project.round_folder(ROUND) / part)
    return project


def complements(project: Project) -> Iterator[tuple[str, list[str]]]:
    with (project.proof(ROUND) / "public.withheld.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["reason"] == "protects others":
                yield row["key"], row["protects"].split()


@pytest.mark.thorough
def test_showing_one_complement_by_hand_makes_the_build_red_with_the_key_it_protected(
    copy: Project, contracts: Contracts
) -> None:
    policy = load_policy(copy.contracts, contracts)
    marts = read_marts(copy, ROUND)
    path = copy.released(ROUND, "thb", version="public")
    lines = path.read_text(encoding="utf-8").splitlines()
    told = []
    for key, protects in islice(
        (c for c in complements(copy) if c[0].startswith("THB_VICTIMS:")), 0, 60, 6
    ):
        value = marts.reported_cells()[key].value
        shown = f"{key},{value:f},victims,A,F,,,"
        path.write_text(
            "\n".join(shown if x.startswith(f"{key},") else x for x in lines) + "\n",
            encoding="utf-8",
        )
        with pytest.raises(DisclosureError, match="is not the file that was audited"):
            require_proof(copy, ROUND, version="public")
        proven = prove_version(
            copy,
            contracts,
            policy=policy,
            version=policy.version("public"),
            round_=ROUND,
            marts=marts,
            day=DAY,
        )
        told.append(set(protects) & set(proven.failures))
    # of ten: the chooser may withhold some cells more than are needed
    assert sum(map(bool, told)) >= 7


def test_without_a_certificate_nothing_is_rendered(copy: Project) -> None:
    certificate_path(copy, ROUND, version="public").unlink()
    with pytest.raises(DisclosureError, match="there is no proof"):
        require_proof(copy, ROUND, version="public")


@pytest.mark.thorough
def test_a_solver_that_gives_up_stops_the_release_with_names(
    copy: Project, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.disclosure.proof.TIME_LIMIT", 0.0)
    monkeypatch.setattr("pipeline.disclosure.protect.ATTEMPTS", 1)
    with pytest.raises(DisclosureError, match="THB_VICTIMS"):
        protect_round(copy, contracts, round_=ROUND)
    assert not certificate_path(copy, ROUND, version="public").exists()

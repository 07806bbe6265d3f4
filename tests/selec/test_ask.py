"""What does `import selec` tell, what does it never read, and what can it not do?"""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from builds import ROOT
from small_project import SMALL_ROUND, STATES

import selec
from pipeline.errors import DamagedFileError
from pipeline.numbers.stored_tables import StoredCell, read_rows
from pipeline.project import Project
from pipeline.release.operations.runs import read_runs
from pipeline.selec.views import VIEWS

PAGE = ROOT / "docs" / "how-to" / "ask.md"
CUBE = "THB_VICTIMS"
BOTH = ("restricted", "public")


@pytest.fixture
def here(small_built: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The small project, asked from a folder in it; nothing in it may change."""
    monkeypatch.delenv("SELEC_OUTPUTS", raising=False)
    monkeypatch.chdir(small_built / "docs" / "examples")
    return Project(small_built)


@pytest.fixture
def copied(small: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of it, to take files away from."""
    monkeypatch.delenv("SELEC_OUTPUTS", raising=False)
    monkeypatch.chdir(small)
    return Project(small)


def stored(project: Project, version: str) -> dict[str, StoredCell]:
    """The cells of a cube as the store of a version has them."""
    with duckdb.connect(project.store(SMALL_ROUND, "thb", version), read_only=True) as store:
        rows = read_rows(store, StoredCell, table="cells")
    return {c.key: c for c in rows if c.cube == CUBE}


@pytest.mark.parametrize("version", BOTH)
def test_cells_are_those_of_the_store_of_the_version(here: Project, version: str) -> None:
    known = stored(here, version)
    frame = selec.cells(CUBE, version=version)
    assert len(frame) == len(known) > 100
    for row in frame.to_dict("records"):
        cell = known[row["key"]]
        for name in ("unit", "obs_status", "conf_status", "withheld", "question", "state"):
            assert row[name] == getattr(cell, name)
        assert list(row["states"]) == list(cell.states or ())
        assert (row["year"], row["sex"], row["age"]) == (cell.year, *cell.codes)
        if cell.value is None:
            assert math.isnan(row["value"])
        else:
            assert row["value"] == float(cell.value)
    assert frame.attrs["round"] == SMALL_ROUND
    assert frame.attrs["version"] == version
    assert (
        frame.attrs["store"]
        == here.store(SMALL_ROUND, "thb", version).with_suffix(".sha256").read_text().strip()
    )


def test_the_public_version_is_asked_where_none_is_named(here: Project) -> None:
    assert selec.cells(CUBE).equals(selec.cells(CUBE, version="public"))
    assert selec.cells(CUBE).withheld.any()
    assert not selec.cells(CUBE, version="restricted").withheld.any()


def test_a_withheld_cell_has_nothing_but_its_key(here: Project) -> None:
    withheld = selec.cells(CUBE)[lambda f: f.withheld]
    assert len(withheld) > 5
    assert withheld[["value", "coverage", "members", "vintage"]].isna().to_numpy().all()
    assert {"file", "raw", "submission", "origin"}.isdisjoint(withheld.columns)


def test_a_figure_of_a_state_names_its_submission_and_its_cell(here: Project) -> None:
    frame = selec.cells(CUBE, version="restricted", state=list(STATES), year=SMALL_ROUND)
    given = frame[frame.origin == "reported"]
    assert len(given) > 10
    assert given[["submission", "file", "address", "raw"]].notna().to_numpy().all()
    ledger = selec.sql("from submissions where used", version="restricted")
    assert len(given.merge(ledger, on=["submission", "file", "state"])) == len(given)
    said = selec.sql(
        "select key, submission, raw from statements where cube = ?", [CUBE], version="restricted"
    )
    assert len(given.merge(said, on=["key", "submission", "raw"])) == len(given)


def test_the_way_of_a_sum_leads_to_files(here: Project) -> None:
    way = selec.lineage(f"{CUBE}:SELEC.{SMALL_ROUND}._T._T", version="restricted")
    parts = way[way.level == 1]
    assert set(parts.key) == {f"{CUBE}:{s}.{SMALL_ROUND}._T._T" for s in STATES}
    assert way.value[0] == parts.value.sum() > 0
    assert way[way.origin == "reported"].file.str.startswith(f"{SMALL_ROUND}/thb/").all()


def test_codes_keep_rows_and_labels_name_them(here: Project) -> None:
    frame = selec.cells(CUBE, state=["RO", "SELEC"], year=SMALL_ROUND, sex="F", labels=True)
    assert set(frame.state) == {"RO", "SELEC"}
    assert set(frame.sex_label) == {"Female"}
    assert set(frame.year) == {SMALL_ROUND}
    people = selec.cells("POPULATION", state="RO", year=SMALL_ROUND)
    assert (len(people), people.unit[0]) == (1, "inhabitants")


def test_views_of_cubes_hold_the_same_as_the_view_of_all_cells(here: Project) -> None:
    asked = selec.tables().query("report == 'thb' or respondent == 'others'")
    dimensions = asked.set_index("cube").dimensions
    assert len(dimensions) > 5
    assert "CTX_CROSSINGS" in dimensions
    total = len(selec.cells("POPULATION"))
    for cube, names in dimensions.items():
        codes = f"[{', '.join(names)}]::varchar[]"
        differ = """select * from (select key, value, {} as codes from {} except
            select key, value, codes from cells where cube = ?)"""
        assert selec.sql(differ.format(codes, cube), [cube]).empty
        total += len(selec.cells(str(cube)))
    assert total == len(selec.sql("from cells"))


def test_sums_in_sql_are_exact(here: Project) -> None:
    with selec.connect(version="restricted") as views:
        row = views.execute("select sum(value) from thb_victims").fetchone()
    assert row
    assert isinstance(row[0], Decimal)


def test_runs_and_their_steps_are_those_of_the_records(here: Project) -> None:
    recorded = read_runs(here)
    assert recorded
    runs = selec.sql("from runs order by run desc", version="restricted")
    assert list(runs.run) == [r.id for r in recorded]
    assert list(runs.end) == [r.end for r in recorded]
    assert [str(b) for b in runs.began] == [r.began.rstrip("Z").replace("T", " ") for r in recorded]
    steps = selec.sql("from steps", version="restricted")
    assert len(steps) == sum(len(r.steps) for r in recorded) > 0
    assert ((steps.ended - steps.began).dt.total_seconds() - steps.seconds).abs().max() < 0.001


# --- what is never read


def test_a_protected_version_is_answered_from_its_own_stores_alone(copied: Project) -> None:
    queries = ["from cells order by key", "from thb_victims order by key", "from coverage"]

    def answers() -> list[list[tuple[object, ...]]]:
        with selec.connect() as views:
            return [views.execute(query).fetchall() for query in queries]

    before = answers()
    assert all(before)
    shutil.rmtree(copied.work(SMALL_ROUND))
    shutil.rmtree(copied.round_folder(SMALL_ROUND) / "stores" / "restricted")
    shutil.rmtree(copied.findings(SMALL_ROUND))
    shutil.rmtree(copied.proof(SMALL_ROUND))
    copied.warehouse.unlink()
    shutil.rmtree(copied.archive)
    assert answers() == before
    with pytest.raises(selec.UserError, match="no restricted version"):
        selec.cells(CUBE, round=SMALL_ROUND, version="restricted")


def test_a_protected_version_has_no_view_on_what_states_said(here: Project) -> None:
    own = set(selec.views().view)
    assert own.isdisjoint(v.name for v in VIEWS if v.restricted)
    with selec.connect() as views:
        kept = {
            name for (name,) in views.execute("select table_name from duckdb_tables()").fetchall()
        }
    assert kept == {"cells", "tables", "codes", "coverage", "conflicts", "sources", "facts"} | {
        "revisions"
    }
    assert selec.sql("from kept.revisions").empty
    with pytest.raises(selec.UserError, match="does not tell findings"):
        selec.sql("select * from findings")
    with pytest.raises(selec.UserError, match="does not tell where figures come from"):
        selec.lineage(f"{CUBE}:RO.{SMALL_ROUND}._T._T")


# --- what cannot be done


FORBIDDEN = (
    "create table mine (a integer)",
    "create or replace view cells as select 1",
    "insert into kept.cells select * from kept.cells",
    "update kept.cells set value = 1",
    "delete from kept.cells",
    "drop view cells",
    "alter view cells rename to others",
    "comment on view cells is 'mine'",
    "copy cells to '{folder}/out.csv'",
    "export database '{folder}/out'",
    "attach '{folder}/out.duckdb'",
    "attach '{store}' as other (read_only)",
    "select * from read_csv('{file}')",
    "select * from read_text('{file}')",
    "select * from read_blob('{file}')",
    "select * from '{file}'",
    "select * from glob('{folder}/*')",
    "select * from sniff_csv('{file}')",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set threads = 1",
    "set temp_directory = '{folder}'",
    "create persistent secret mine (type s3)",
    "select * from frame",
)


@pytest.mark.parametrize("version", BOTH)
def test_nothing_is_written_and_no_file_opened(here: Project, tmp_path: Path, version: str) -> None:
    frame = selec.rounds()
    assert not frame.empty
    file = tmp_path / "file.csv"
    file.write_text("a\n1\n", encoding="utf-8")
    store = here.store(SMALL_ROUND, "thb", "restricted")
    done = []
    with selec.connect(version=version) as views:
        before = views.execute("from cells order by key").fetchall()
        for statement in FORBIDDEN:
            query = statement.format(folder=tmp_path, file=file, store=store)
            try:
                views.execute(query).fetchall()
                done.append(query)
            except duckdb.Error:
                pass
            with pytest.raises(selec.UserError, match="cannot be answered"):
                selec.sql(query, version=version)
        assert done == []
        assert views.execute("from cells order by key").fetchall() == before != []
    assert [p.name for p in tmp_path.iterdir()] == ["file.csv"]


def outputs_of(project: Project) -> Iterator[tuple[str, bytes]]:
    for path in sorted(p for p in project.outputs.rglob("*") if p.is_file()):
        yield path.relative_to(project.outputs).as_posix(), path.read_bytes()


def test_asking_leaves_the_outputs_as_they_are_and_nothing_beside_them(
    copied: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before, beside = dict(outputs_of(copied)), set(tmp_path.iterdir())
    for version in BOTH:
        assert len(selec.cells(CUBE, version=version))
    assert dict(outputs_of(copied)) == before
    assert set(tmp_path.iterdir()) == beside


def test_an_open_connection_keeps_no_build_from_the_ledger(copied: Project) -> None:
    with selec.connect(version="restricted") as views:
        before = views.execute("select count(*) from submissions").fetchone()
        copied.warehouse.chmod(0o600)
        with duckdb.connect(copied.warehouse) as ledger:
            ledger.execute("delete from submissions")
        assert views.execute("select count(*) from submissions").fetchone() == before != (0,)


def test_what_a_later_build_made_is_told_by_the_next_question(copied: Project) -> None:
    store = copied.store(SMALL_ROUND, "thb", "public")
    assert len(selec.cells(CUBE)) > 0
    shutil.rmtree(store.parent / ".kept")
    with duckdb.connect(store) as changed:
        changed.execute("delete from cells where cube = ?", [CUBE])
    assert selec.cells(CUBE).empty


# --- what a user can repair


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"cube": "THB_NONE"}, "there is no table 'THB_NONE'"),
        ({"cube": CUBE, "sex": "X9"}, "code 'X9' is not in the code list sex"),
        ({"cube": CUBE, "gender": "F"}, "has no dimension 'gender'"),
        ({"cube": "POPULATION", "sex": "F"}, "has no dimension 'sex'"),
        ({"cube": CUBE, "year": "last"}, "'last' is no year"),
        ({"cube": CUBE, "round": 1999}, "no public version of round 1999 yet"),
        ({"cube": CUBE, "version": "partner"}, "VERSIONS=partner"),
        ({"cube": CUBE, "version": "secret"}, "there is no version 'secret'"),
    ],
)
def test_what_there_is_not_is_an_error_that_says_what_to_do(
    here: Project, asked: dict[str, str], said: str
) -> None:
    cube = asked.pop("cube")
    with pytest.raises(selec.UserError, match=re.escape(said)):
        selec.cells(cube, **asked)  # type: ignore[arg-type]


def test_a_report_that_was_not_built_is_named_with_its_command(copied: Project) -> None:
    for report in ("migration", "octa"):
        copied.store(SMALL_ROUND, report, "public").unlink()
    command = "make report REPORT=migration VERSION=public ROUND=2021"
    with pytest.raises(selec.UserError, match=command):
        selec.cells("MIG_STAY")
    assert len(selec.cells(CUBE)) > 0
    assert set(selec.rounds().query("version == 'public'").report) == {"thb", "activity"}


def test_a_query_that_misspells_a_view_is_told_what_there_is(here: Project) -> None:
    with pytest.raises(selec.UserError, match='cannot be answered.*Did you mean "thb_victims"'):
        selec.sql("from thb_victim")


def test_a_project_without_a_build_says_which_command_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELEC_OUTPUTS", str(tmp_path))
    monkeypatch.chdir(ROOT)
    assert selec.rounds().empty
    with pytest.raises(selec.UserError, match="run 'make reports VERSIONS=public' first"):
        selec.cells(CUBE)


def test_a_damaged_store_is_named(copied: Project) -> None:
    store = copied.store(SMALL_ROUND, "thb", "public")
    store.write_bytes(store.read_bytes()[:-4096])
    with pytest.raises(DamagedFileError, match=r"thb\.duckdb"):
        selec.cells(CUBE)


# --- what is documented


def test_the_page_names_every_view_and_who_has_it(here: Project) -> None:
    rows = re.findall(r"^\| `(\w+)`[^|]*\|[^|]+\| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    told = dict(rows[1:])
    assert rows[0][0] == CUBE.lower()
    assert told.keys() == {v.name for v in VIEWS}
    assert {name for name, who in told.items() if who == "restricted"} == {
        v.name for v in VIEWS if v.restricted
    }


@pytest.mark.parametrize("version", BOTH)
def test_every_view_and_column_says_what_it_holds(here: Project, version: str) -> None:
    said = selec.views(version=version)
    assert len(said) > 100
    assert said.notna().to_numpy().all()
    assert (said.says.str.len() > 3).all()


def test_the_short_name_offers_what_the_package_offers() -> None:
    import pipeline.selec

    assert set(selec.__all__) == set(pipeline.selec.__all__)
    assert all(getattr(selec, n) is getattr(pipeline.selec, n) for n in selec.__all__)

"""Does a public store hold only what may be shown, and is a store left alone while its
content stays the same?
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, make_dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, get_type_hints

import duckdb
import pytest
from builds import REPORTS, ROOT

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.numbers.mart_rows import read_marts
from pipeline.numbers.store_files import store_problems, write_empty_store, write_store
from pipeline.numbers.stored_tables import (
    TABLES,
    StoreContent,
    StoredCell,
    StoredSource,
    columns_of,
    ddl_of,
    read_rows,
    write_rows,
)
from pipeline.numbers.stores import cubes_of
from pipeline.numbers.stores import write_stores as write_version
from pipeline.numbers.versions import StoreInputs, store_content, tell_version
from pipeline.project import Project
from pipeline.report.store import Store
from pipeline.returns.cleared import sources_of

CANARY = "canary-7f3e suspect named in note"
INPUTS = StoreInputs(
    findings=(
        Finding(
            round=2022,
            report="thb",
            state="RO",
            file="2022/thb/RO.xlsx",
            sheet="s",
            cell="D7",
            table="THB_VICTIMS",
            key="THB_VICTIMS:RO.2022._T._T",
            rule=CANARY,
            severity="query",
            found=CANARY,
            allowed="x",
            do="",
            contract_version="1.0.0",
            remark=CANARY,
        ),
    ),
    sources=(StoredSource("RO", "thb", "THB_VICTIMS", "UNODC", CANARY),),
    meta={report: {"round": "2022", "cutoff": "2023-03-31", "refused": ""} for report in REPORTS},
)
# key, value, status, confidentiality, states
CELLS = [
    ("THB_VICTIMS:AL.2022._T._T", 13, "A", "F"), ("THB_VICTIMS:AL.2022.F._T", 3, "A", "F"),
    ("THB_VICTIMS:BA.2022._T._T", 45, "A", "F"), ("THB_VICTIMS:RO.2022._T._T", 500, "A", "F"),
    ("THB_VICTIMS:TR.2022._T._T", 343, "A", "F"), ("THB_VICTIMS:GR.2022._T._T", None, "O", "F"),
    ("THB_OFFENCES:AL.2022", 987654, "A", "N"), ("THB_OFFENCES:RO.2022", 21, "A", "F"),
    ("THB_VICTIMS:HU.2022._T._T", None, "Q", "F"),
]  # fmt: skip

SHOWN = {"THB_VICTIMS:RO.2022._T._T", "THB_VICTIMS:SELEC.2022._T._T", "THB_OFFENCES:RO.2022"}


@pytest.fixture
def marts(project: Project) -> Project:
    """A project whose marts hold a few cells, every one with a note that must not
    leave.
    """
    path = project.work(2022) / "cubes.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            """create table marts.cells (key varchar, cube varchar, state varchar, year integer,
            codes varchar[],
            value decimal(18, 3), unit varchar, obs_status varchar, conf_status varchar,
            coverage integer,
            members integer, states varchar[], note varchar, round integer, origin varchar,
            part_keys varchar[],
            question varchar, questioned varchar[], counts boolean)"""
        )
        for key, value, obs, conf in CELLS:
            add_cell(connection, key, value, obs, conf)
        states = ["AL", "BA", "RO", "TR"]
        parts = [f"THB_VICTIMS:{s}.2022._T._T" for s in states]
        add_cell(connection, "THB_VICTIMS:SELEC.2022._T._T", 901, "A", "F", states, parts)
        connection.execute(
            "create table marts.coverage as select 'thb' as report, 'THB_VICTIMS' as cube,"
            " 'Victims' as title, 1 as sort, 'RO' as state, 9 as state_sort, 'reported' as answer"
        )
        connection.execute(
            """create table marts.revisions as select 'THB_VICTIMS' as cube,
            'THB_VICTIMS:AL.2022._T._T' as key, 'AL' as state, 2022 as year,
            11::decimal(18, 3) as old_value, '11' as old_raw, 2021 as old_round,
            13::decimal(18, 3) as new_value, '13' as new_raw, 2::decimal(18, 3) as difference,
            'victims' as unit"""
        )
        connection.execute("create schema core")
        connection.execute(
            "create table core.questioned_cells (key varchar, role varchar, wholes varchar[])"
        )
        connection.execute(
            """create table marts.conflicts (state varchar, year integer, whole varchar,
            whole_cube varchar,
            part_cube varchar, dimensions varchar[], part varchar, parts varchar[],
            resolution varchar,
            reason varchar)"""
        )
        connection.execute(
            "create table marts.by_crime_area as select 'THB' as crime_area, 'THB_VICTIMS' as cube,"
            " 1 as sort"
        )
    return project


def add_cell(
    connection: duckdb.DuckDBPyConnection,
    key: str,
    value: float | None,
    obs: str,
    conf: str,
    states: list[str] | None = None,
    parts: list[str] | None = None,
) -> None:
    cube, codes = key.split(":")
    state, year, *rest = codes.split(".")
    count = len(states) if states else None
    connection.execute(
        "insert into marts.cells values (?, ?, ?, ?, ?, ?, 'victims', ?, ?, ?, ?, ?, ?, 2022, ?, ?,"
        " '', [], true)",
        [
            key,
            cube,
            state,
            int(year),
            rest,
            value,
            obs,
            conf,
            count,
            11 if states else None,
            states or [],
            CANARY,
            "region" if states else "reported",
            parts or [],
        ],
    )


def write_stores(
    project: Project,
    contracts: Contracts,
    inputs: StoreInputs = INPUTS,
    reports: Iterable[str] = REPORTS,
) -> dict[str, bool]:
    """The stores of all versions; the protected ones show nothing but SHOWN."""
    changed: dict[str, bool] = {}
    for version in load_policy(ROOT / "data_contracts", contracts).versions.values():
        changed |= write_version(
            project,
            contracts,
            round_=2022,
            version=version,
            marts=read_marts(project, 2022),
            inputs=inputs,
            reports=reports,
            shown=SHOWN,
        )
    return changed


def rows(project: Project, version: str, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project.store(2022, "thb", version)), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_restricted_store_holds_every_cell_with_its_note(
    marts: Project, contracts: Contracts
) -> None:
    write_stores(marts, contracts)
    assert rows(marts, "restricted", "select count(*), count(distinct note) from cells") == [
        (len(CELLS) + 1, 1)
    ]
    assert rows(marts, "restricted", "select count(*) from revisions") == [(1,)]
    assert rows(marts, "restricted", "select rule from findings") == [(CANARY,)]


def test_a_public_store_holds_no_note_finding_revision_or_definition(
    marts: Project, contracts: Contracts
) -> None:
    write_stores(marts, contracts)
    assert rows(marts, "public", "select distinct note from cells") == [("",)]
    assert rows(marts, "public", "select * from findings") == []
    assert rows(marts, "public", "select * from revisions") == []
    assert rows(marts, "public", "select definition from sources") == [("",)]


def test_a_withheld_cell_says_nothing_but_that_it_is_withheld(
    marts: Project, contracts: Contracts
) -> None:
    write_stores(marts, contracts)
    hidden = rows(
        marts,
        "public",
        "select distinct value, obs_status, conf_status, coverage, states, vintage from cells where"
        " withheld",
    )
    assert hidden == [(None, "Q", "S", None, [], None)]
    keys = {k for (k,) in rows(marts, "public", "select key from cells where withheld")}
    assert {"THB_VICTIMS:AL.2022._T._T", "THB_VICTIMS:AL.2022.F._T", "THB_OFFENCES:AL.2022"} <= keys


def test_what_the_sender_suppressed_looks_like_what_the_center_withheld(
    marts: Project, contracts: Contracts
) -> None:
    write_stores(marts, contracts)
    assert rows(
        marts, "public", "select withheld from cells where key = 'THB_VICTIMS:HU.2022._T._T'"
    ) == [(True,)]


def test_the_released_cells_stand_beside_the_store(marts: Project, contracts: Contracts) -> None:
    write_stores(marts, contracts)
    lines = marts.released(2022, "thb", version="public").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "key,value,unit,obs_status,conf_status,coverage,states,marks"
    assert "THB_VICTIMS:SELEC.2022._T._T,901,victims,A,F,4/11,AL BA RO TR," in lines
    assert "THB_VICTIMS:AL.2022.F._T,,victims,Q,S,,," in lines
    assert "THB_VICTIMS:GR.2022._T._T,,victims,O,F,,," in lines


def test_a_partner_store_keeps_answers_on_definitions_but_no_words_of_senders(
    marts: Project, contracts: Contracts
) -> None:
    write_stores(marts, contracts)
    assert rows(marts, "partner", "select definition from sources") == [("",)]
    answered = replace(
        INPUTS,
        sources=(StoredSource("RO", "thb", "THB_VICTIMS", f"GLOTIP; {CANARY}", "Partly"),),
    )
    write_stores(marts, contracts, answered)
    assert rows(marts, "partner", "select source, definition from sources") == [
        ("UNODC, Trafficking in persons (GLOTIP); sources that states named to SELEC", "partly")
    ]
    assert rows(marts, "restricted", "select source from sources") == [(f"GLOTIP; {CANARY}",)]
    assert rows(marts, "partner", "select distinct note from cells") == [("",)]
    assert rows(marts, "partner", "select count(*) from revisions") == [(0,)]


def test_missing_stays_missing(marts: Project, contracts: Contracts) -> None:
    write_stores(marts, contracts)
    row = rows(
        marts,
        "public",
        "select value, obs_status, withheld from cells where key = 'THB_VICTIMS:GR.2022._T._T'",
    )
    assert row == [(None, "O", False)]


def test_the_bytes_of_a_public_store_hold_no_canary(marts: Project, contracts: Contracts) -> None:
    write_stores(marts, contracts)
    restricted = marts.store(2022, "thb", "restricted").read_bytes()
    assert b"canary-7f3e" in restricted  # the search itself works
    for report in REPORTS:
        public = marts.store(2022, report, "public").read_bytes()
        assert b"canary" not in public
        assert b"suspect named" not in public


def test_no_value_of_a_withheld_cell_is_anywhere_in_the_public_store(
    marts: Project, contracts: Contracts
) -> None:
    write_stores(marts, contracts)
    with duckdb.connect(str(marts.store(2022, "thb", "public")), read_only=True) as connection:
        names = [
            n for (n,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        ]
        content = " ".join(str(connection.execute(f"select * from {n}").fetchall()) for n in names)
    assert "987654" not in content
    assert "500" in content


def test_the_same_content_leaves_the_file_alone(marts: Project, contracts: Contracts) -> None:
    first = write_stores(marts, contracts)
    path = marts.store(2022, "thb", "public")
    files = [path, path.with_suffix(".sha256"), path.with_suffix(".csv")]
    times = [p.stat().st_mtime_ns for p in files]
    second = write_stores(marts, contracts)
    assert (set(first.values()), set(second.values())) == ({True}, {False})
    assert [p.stat().st_mtime_ns for p in files] == times


def test_a_restricted_only_change_leaves_the_public_store_alone(
    marts: Project, contracts: Contracts
) -> None:
    write_stores(marts, contracts)
    changed = write_stores(marts, contracts, replace(INPUTS, findings=()), ["thb"])
    assert changed == {"thb/restricted": True, "thb/public": False, "thb/partner": False}


def test_a_lost_store_is_written_again(marts: Project, contracts: Contracts) -> None:
    write_stores(marts, contracts)
    marts.store(2022, "thb", "public").unlink()
    assert write_stores(marts, contracts)["thb/public"]


def test_a_build_that_dies_between_store_and_csv_leaves_nothing_that_passes_for_finished(
    marts: Project, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stores(marts, contracts)
    public = load_policy(ROOT / "data_contracts", contracts).version("public")
    less = SHOWN - {"THB_OFFENCES:RO.2022"}

    def write(shown: set[str]) -> bool:
        changed = write_version(
            marts,
            contracts,
            round_=2022,
            version=public,
            marts=read_marts(marts, 2022),
            inputs=INPUTS,
            reports=["thb"],
            shown=shown,
        )
        return changed["thb/public"]

    def die(*_: Any) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("pipeline.numbers.store_files.keep_file", die)
        with pytest.raises(OSError, match="no space"):
            write(less)
    assert "THB_OFFENCES:RO.2022,," in marts.released(2022, "thb", version="public").read_text(
        encoding="utf-8"
    )
    assert write(SHOWN)
    assert "THB_OFFENCES:RO.2022,21," in marts.released(2022, "thb", version="public").read_text(
        encoding="utf-8"
    )


def test_a_store_reads_back_as_cells(marts: Project, contracts: Contracts) -> None:
    write_stores(marts, contracts)
    store = Store(
        marts.store(2022, "thb", "restricted"), contracts, report="thb", version="restricted"
    )
    (region,) = [c for c in store.cells_of("THB_VICTIMS") if c.key.state == "SELEC"]
    assert (region.value, region.coverage, region.of, region.states) == (
        Decimal(901),
        4,
        11,
        ("AL", "BA", "RO", "TR"),
    )
    assert store.queried == {"THB_VICTIMS:RO.2022._T._T"}
    assert (store.round, list(store.years)) == (2022, [2018, 2019, 2020, 2021, 2022])


def test_a_report_prints_its_own_cubes_those_it_borrows_and_population(
    contracts: Contracts,
) -> None:
    assert set(cubes_of(Project(ROOT), contracts, report="octa")) > {
        t.name for t in contracts.contract("octa").tables
    }
    assert "POPULATION" in cubes_of(Project(ROOT), contracts, report="thb")
    assert not [
        c
        for c in cubes_of(Project(ROOT), contracts, report="thb")
        if c.startswith(("MIG_", "OCT_"))
    ]


def test_a_report_without_definition_is_told(tmp_path: Path, contracts: Contracts) -> None:
    with pytest.raises(UserError, match="the report has no definition"):
        cubes_of(Project(tmp_path), contracts, report="thb")


def test_a_store_that_is_not_there_says_what_to_run(tmp_path: Path, contracts: Contracts) -> None:
    with pytest.raises(UserError, match="run 'make reports' first"):
        Store(tmp_path / "none.duckdb", contracts, report="thb", version="public")


# --- rows and columns

SECRETS = ("note", "value", "vintage", "coverage", "members", "states", "wholes")


def filled(kind: type[Any], number: int) -> Any:
    """A row whose every field has a value of its own."""
    made: dict[Any, Callable[[str], object]] = {
        "varchar": lambda name: f"{name} {number}",
        "integer": lambda name: number * 100 + len(name),
        "boolean": lambda name: bool(number % 2),
        "decimal(18, 3)": lambda name: Decimal(f"{number}.125"),
        "varchar[]": lambda name: (f"{name} {number}", ""),
    }
    types = [column.partition(" ") for column in ddl_of(kind).replace("18, 3", "18,3").split(", ")]
    return kind(**{name: made[sql.replace(",", ", ")](name) for name, _, sql in types})


CONTENT = StoreContent(
    **{name: tuple(filled(kind, n) for n in range(3)) for name, kind in TABLES.items()}
)


def read_back(path: Path) -> StoreContent:
    with duckdb.connect(str(path), read_only=True) as store:
        return StoreContent(**{n: read_rows(store, kind, table=n) for n, kind in TABLES.items()})


def test_what_was_stored_is_read_back(tmp_path: Path) -> None:
    assert write_store(tmp_path / "s.duckdb", CONTENT, round_=2022)
    assert read_back(tmp_path / "s.duckdb") == CONTENT
    assert store_problems(tmp_path / "s.duckdb", 2022) == []


@pytest.mark.parametrize("table", TABLES)
def test_columns_that_a_file_has_in_another_order_are_read_by_name_and_told(
    tmp_path: Path, table: str
) -> None:
    path = tmp_path / "s.duckdb"
    write_store(path, CONTENT, round_=2022)
    backwards = ", ".join(reversed(columns_of(TABLES[table])))
    with duckdb.connect(str(path)) as store:
        store.execute(f"create table turned as select {backwards} from {table}")
        store.execute(f"drop table {table}; alter table turned rename to {table}")
    assert read_back(path) == CONTENT
    assert store_problems(path, 2022) == [f"s.duckdb: {table}: not the columns of a store"]


@pytest.mark.parametrize(
    "more", ["alter table cells add column hint varchar", "create table x (y int)"]
)
def test_a_column_or_table_too_many_is_told(tmp_path: Path, more: str) -> None:
    path = tmp_path / "s.duckdb"
    write_store(path, CONTENT, round_=2022)
    with duckdb.connect(str(path)) as store:
        store.execute(more)
    assert "not the columns of a store" in "".join(store_problems(path, 2022))


def swaps() -> Iterator[tuple[str, str, str]]:
    """Neighbouring columns of one type, which no database would tell apart."""
    for table, kind in TABLES.items():
        hints = get_type_hints(kind)
        for one, other in pairwise(columns_of(kind)):
            if hints[one] == hints[other]:
                yield table, one, other


@pytest.mark.parametrize(("table", "one", "other"), [*swaps()])
def test_values_that_stand_in_each_others_columns_are_told(
    tmp_path: Path, table: str, one: str, other: str
) -> None:
    path = tmp_path / "s.duckdb"
    write_store(path, CONTENT, round_=2022)
    with duckdb.connect(str(path)) as store:
        store.execute(f"update {table} set {one} = {other}, {other} = {one}")
    assert "s.duckdb: its tables are not those of s.sha256" in store_problems(path, 2022)


def test_a_store_without_a_cell_has_not_been_compared(tmp_path: Path) -> None:
    write_empty_store(tmp_path / "s.duckdb", 2022)
    assert store_problems(tmp_path / "s.duckdb", 2022) == [
        "s.duckdb: it holds no cell, so nothing was compared"
    ]


def test_withholding_names_its_fields_whatever_their_order(
    marts: Project, contracts: Contracts
) -> None:
    """Fields turned round, as a careless hand would: what is withheld stays empty."""
    told = tell_version(
        read_marts(marts, 2022),
        INPUTS,
        contracts=contracts,
        version=load_policy(ROOT / "data_contracts", contracts).version("public"),
        shown=SHOWN,
        left_out=(),
    )
    cubes = cubes_of(marts, contracts, report="thb")
    cells = store_content(told, "thb", cubes=cubes, areas=(), sources=sources_of(marts)).cells
    withheld = [c for c in cells if c.withheld]
    assert len(withheld) > 3
    assert {c.note for c in cells} == {""}
    for cell in withheld:
        assert [bool(getattr(cell, name)) for name in SECRETS] == [False] * len(SECRETS)
    turned = make_dataclass(
        "Turned", [(f.name, f.type) for f in reversed(fields(StoredCell))], frozen=True
    )
    with duckdb.connect() as store:
        store.execute(f"create table cells ({ddl_of(StoredCell)})")
        write_rows(store, "cells", rows=withheld)
        again: tuple[Any, ...] = read_rows(store, turned, table="cells")
    for row, cell in zip(again, withheld, strict=True):
        assert {f.name: getattr(row, f.name) for f in fields(turned)} == vars(cell)


def test_nobody_asks_a_store_for_all_columns_of_a_table() -> None:
    """`select *` would bring rows in an order that nobody sees."""
    every = re.compile(rf"select \*\s+from ({'|'.join(TABLES)})\b", re.I)
    assert every.search("select * from cells")
    files = sorted((ROOT / "pipeline").rglob("*.py"))
    assert len(files) > 200
    assert [f.name for f in files if every.search(f.read_text(encoding="utf-8"))] == []

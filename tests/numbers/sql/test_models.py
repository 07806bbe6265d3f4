"""Does each model turn given rows into the expected ones? Cases stand in cases.yaml;
every model must have one.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sql_cases import CASES, NAMED, columns_of_tables, run_case

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import UserError
from pipeline.numbers.sql.lineage import models_behind
from pipeline.numbers.sql.runner import Model, in_order, read_models, references
from pipeline.numbers.sql.staging import place_of_model

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture(scope="module")
def models(contracts: Contracts) -> dict[str, Model]:
    layers = ["staging", "core", "marts", "checks"]
    return read_models(ROOT / "sql", layers, tables=contracts.tables)


@pytest.fixture(scope="module")
def schemas(contracts: Contracts) -> dict[str, list[tuple[str, str]]]:
    return columns_of_tables(contracts)


@pytest.mark.parametrize(("model", "case"), NAMED, ids=[f"{m}: {c['name']}" for m, c in NAMED])
def test_given_rows_give_expected_rows(
    model: str,
    case: dict[str, Any],
    models: dict[str, Model],
    schemas: dict[str, list[tuple[str, str]]],
) -> None:
    result = run_case(models[model], case["given"], schemas, models)
    columns = [d[0] for d in result.description]
    wanted = list(case["expect"][0]) if case["expect"] else columns[:1]
    rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    got = sorted(({c: plain(r[c]) for c in wanted} for r in rows), key=str)
    assert got == sorted(case["expect"], key=str)


def plain(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == int(value) else float(value)


def test_every_model_and_check_has_a_case(models: dict[str, Model]) -> None:
    assert {m for m in models if not m.startswith("staging.")} == set(CASES)


def test_every_contract_table_has_its_staging_model(
    models: dict[str, Model], contracts: Contracts
) -> None:
    assert {f"staging.{t.sql_name}" for t in contracts.tables} == {
        m for m in models if m.startswith("staging.")
    }


def test_staging_models_rename_and_keep_the_order_of_dimensions(
    models: dict[str, Model], contracts: Contracts, schemas: dict[str, list[tuple[str, str]]]
) -> None:
    for table in contracts.tables:
        dimensions = {d.name: f"code {i}" for i, d in enumerate(table.dimensions)}
        row = {
            "submission_id": "s",
            "state": "RO",
            "year": 2022,
            "value": 1,
            "raw": "1",
            "sheet": "x",
            **dimensions,
        }
        model = models[f"staging.{table.sql_name}"]
        result = run_case(model, {f"warehouse.{table.sql_name}": [row]}, schemas)
        got = dict(zip([d[0] for d in result.description], result.fetchone(), strict=True))
        assert (got["cube"], got["codes"], got["state"]) == (
            table.name,
            list(dimensions.values()),
            "RO",
        )


def test_every_model_says_its_grain_first(models: dict[str, Model]) -> None:
    for name, model in models.items():
        start = "-- Bad row:" if name.startswith("checks.") else "-- Grain:"
        assert model.sql.startswith(start), name


def test_order_follows_references(models: dict[str, Model]) -> None:
    order = in_order({n: m for n, m in models.items() if not n.startswith("checks.")})
    for name in order:
        for needed in models[name].needs if name in models else ():
            if needed in order:
                assert order.index(needed) < order.index(name)


def test_references_are_read_from_the_sql() -> None:
    sql = "with a as (select * from core.x), b as (select 1) select * from a join marts.y on true"
    assert references(sql, "here") == {"core.x", "marts.y"}


# --- the template of staging models


def test_the_example_in_the_folder_is_what_is_rendered(models: dict[str, Model]) -> None:
    text = (ROOT / "sql/staging/README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```sql\n(.*?)```", text, re.S)
    assert example == models["staging.thb_victims"].sql


def test_a_model_without_dimensions_has_an_empty_list_of_codes(models: dict[str, Model]) -> None:
    assert "[]::varchar[] as codes" in models["staging.thb_offences"].sql


def test_models_of_a_layer_come_in_the_order_of_their_names(models: dict[str, Model]) -> None:
    staging = [name for name in models if name.startswith("staging.")]
    assert staging == sorted(staging)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    return tmp_path / "sql"


def test_a_file_stands_in_the_place_of_the_rendered_model(
    folder: Path, contracts: Contracts
) -> None:
    own = "select 1 as x from warehouse.thb_victims"
    (folder / "staging/thb_victims.sql").write_text(own, encoding="utf-8")
    found = read_models(folder, tables=contracts.tables)
    assert found["staging.thb_victims"].sql == own
    assert found["staging.thb_victims"].place == "sql/staging/thb_victims.sql"
    assert place_of_model(folder, "staging.thb_victims") == "sql/staging/thb_victims.sql"
    assert found["staging.thb_offences"].place == "sql/staging/_template.sql"
    assert place_of_model(folder, "staging.thb_offences") == "sql/staging/_template.sql"
    assert place_of_model(folder, "core.reported") == "sql/core/reported.sql"


def test_a_title_of_several_lines_stays_a_comment(folder: Path, contracts: Contracts) -> None:
    table = replace(contracts.table("THB_VICTIMS"), title="Victims\n  by sex", unit="per\nsons")
    (model,) = read_models(folder, ["staging"], tables=[table]).values()
    assert model.grain.startswith(
        "Grain: one reported cell of THB_VICTIMS (Victims by sex), in per sons."
    )
    assert model.needs == {"warehouse.thb_victims"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("select $nothing from warehouse.$table", "cannot be filled"),
        ("select 5$ from warehouse.$table", "cannot be filled"),
        ("selekt ( from warehouse.$table", "cannot be parsed"),
        (None, "there is no template"),
    ],
)
def test_a_template_that_cannot_be_used_is_told_with_its_file(
    folder: Path, contracts: Contracts, text: str | None, told: str
) -> None:
    template = folder / "staging" / "_template.sql"
    if text is None:
        template.unlink()
    else:
        template.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=rf"sql/staging/_template\.sql: .*{told}"):
        read_models(folder, tables=contracts.tables)


def test_the_models_behind_a_cell_begin_with_that_of_its_table(contracts: Contracts) -> None:
    for table in contracts.tables:
        first = models_behind(ROOT / "sql", table.name, origins=())[0]
        assert first == f"staging.{table.sql_name}"

"""Does the diff of two contracts say of every change whom it breaks, and does the
replay find the cells that fail?
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from builds import ROOT
from here import make_here

from pipeline.contracts.changes import Change
from pipeline.contracts.diff import diff_contracts
from pipeline.contracts.model import load_contracts, read_contracts
from pipeline.contracts.sides import compared_reports, open_sides
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import ContractError, UserError
from pipeline.project import ENDING, Project
from pipeline.returns.contract_diff import compare_contracts, print_comparison, replay_lines

TABLES = (
    "THB_VICTIMS",
    "THB_VICTIMS_FORM",
    "THB_VICTIMS_CTZ",
    "THB_JUDGMENTS",
    "THB_ASSETS",
    "THB_OFFENCES",
)
NEWEST = 2022
Content = dict[str, Any]
Edit = Callable[[Content, Path], object]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one contract of five tables, and the code lists."""
    folder = tmp_path_factory.mktemp("small")
    content = yaml.safe_load((ROOT / f"data_contracts/thb{ENDING}").read_text(encoding="utf-8"))
    content["schema"] = [t for t in content["schema"] if t["name"] in TABLES]
    column(content, "value", "THB_ASSETS")["logicalType"] = "number"
    write(folder / f"thb{ENDING}", content)
    shutil.copytree(ROOT / "data_contracts" / "codelists", folder / "codelists")
    return folder


def write(path: Path, content: Content) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def edited(small: Path, folder: Path, edit: Edit) -> list[Change]:
    """The changes that an edit of the contract (its content, its folder) makes."""
    shutil.copytree(small, folder, dirs_exist_ok=True)
    path = folder / f"thb{ENDING}"
    # no shared parts
    content = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))))
    edit(content, folder / "codelists")
    write(path, content)
    old, new = (read_contracts([f / path.name], f / "codelists") for f in (small, folder))
    return diff_contracts(old, new, reports=("thb",), newest=NEWEST)


def table(content: Content, name: str = "THB_JUDGMENTS") -> Content:
    return next(t for t in content["schema"] if t["name"] == name)


def column(content: Content, name: str, of: str = "THB_JUDGMENTS") -> Content:
    return next(p for p in table(content, of)["properties"] if p["name"] == name)


def own(part: Content, name: str) -> Content:
    return next(p for p in part["customProperties"] if p["property"] == name)


def rounds(of: Content, **own_properties: int) -> Content:
    """A table that says in which rounds it is asked."""
    said = [{"property": name, "value": value} for name, value in own_properties.items()]
    return {**of, "customProperties": [*of["customProperties"], *said]}


def layout(content: Content, of: str = "THB_JUDGMENTS") -> Content:
    value: Content = own(table(content, of), "layout")["value"]
    return value


def identities(content: Content, of: str = "THB_JUDGMENTS") -> list[Content]:
    value: list[Content] = own(table(content, of), "identities")["value"]
    return value


def code(lists: Path, name: str, which: str, **change: str) -> None:
    """Change one line of a code list; without a change, remove it."""
    path = lists / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    heads = list(rows[0])
    assert any(which in (r.get("code"), r.get("alias"), r.get("text")) for r in rows)
    kept = []
    for row in rows:
        mine = which in (
            row.get("code") if "alias" not in row else None,
            row.get("alias"),
            row.get("text"),
        )
        if not mine:
            kept.append(row)
        elif change:
            kept.append({**row, **change})
    write_list(path, heads, kept)


def add(lists: Path, name: str, **row: str) -> None:
    path = lists / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    write_list(path, list(rows[0]), [*rows, {h: row.get(h, "") for h in rows[0]}])


def write_list(path: Path, heads: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, heads)
        writer.writeheader()
        writer.writerows(rows)


def add_dimension(content: Content, _: Path) -> None:
    made = {
        **column(content, "judgment"),
        "name": "sex",
        "businessName": "Sex",
        "primaryKeyPosition": 4,
        "customProperties": [
            {"property": "role", "value": "dimension"},
            {"property": "codelist", "value": "sex"},
        ],
    }
    table(content)["properties"].insert(3, made)
    layout(content)["rows"].append("sex")


def drop_dimension(content: Content, _: Path) -> None:
    table(content)["properties"].remove(column(content, "judgment"))
    layout(content)["rows"].remove("judgment")
    table(content)["customProperties"].remove(own(table(content), "identities"))


def turn_dimensions(content: Content, _: Path) -> None:
    properties = table(content, "THB_VICTIMS")["properties"]
    sex, age = (next(i for i, p in enumerate(properties) if p["name"] == n) for n in ("sex", "age"))
    properties[sex], properties[age] = properties[age], properties[sex]


def narrow_to_enum(content: Content, _: Path) -> None:
    column(content, "age", "THB_VICTIMS")["enum"] = [
        {"value": "_T"},
        {"value": "Y_LT18"},
        {"value": "Y_GE18"},
    ]


def measure_options(of: str = "THB_JUDGMENTS", **options: object) -> Edit:
    return lambda content, _: column(content, "value", of)["logicalTypeOptions"].update(options)


def new_column(required: bool) -> Edit:
    made = {
        "name": "source",
        "logicalType": "string",
        "physicalType": "varchar",
        "required": required,
        "customProperties": [{"property": "role", "value": "attribute"}],
    }
    return lambda content, _: table(content)["properties"].append(made)


def plausible(**terms: object) -> Edit:
    return lambda content, _: own(table(content), "plausibility")["value"].update(terms)


# edit, where, what, whom it breaks, step of the version
CHANGES: dict[str, tuple[Edit, str, str, str, str]] = {
    "more years": (
        lambda c, _: own(c, "windowYears").update(value=6),
        "years",
        "6 years",
        "supplier",
        "major",
    ),
    "fewer years": (
        lambda c, _: own(c, "windowYears").update(value=3),
        "years",
        "3 years",
        "both",
        "major",
    ),
    "title": (
        lambda c, _: c.update(dataProduct="Another title"),
        "title",
        "reworded",
        "neither",
        "patch",
    ),
    "usage": (
        lambda c, _: c["description"].update(usage="Else"),
        "usage",
        "reworded",
        "neither",
        "patch",
    ),
    "table removed": (
        lambda c, _: c["schema"].remove(table(c)),
        "table",
        "removed",
        "both",
        "major",
    ),
    "table added": (
        lambda c, _: c["schema"].append({**table(c), "name": "THB_MORE"}),
        "table",
        "added",
        "supplier",
        "major",
    ),
    "table added for a later round": (
        lambda c, _: c["schema"].append(
            {**rounds(table(c), firstRound=NEWEST + 1), "name": "THB_MORE"}
        ),
        "table",
        "asked from round 2023 on",
        "neither",
        "minor",
    ),
    "table added for a round with returns": (
        lambda c, _: c["schema"].append(
            {**rounds(table(c), firstRound=NEWEST), "name": "THB_MORE"}
        ),
        "table",
        "added",
        "supplier",
        "major",
    ),
    "table no longer asked in a round with returns": (
        lambda c, _: table(c).update(rounds(table(c), firstRound=NEWEST)),
        "rounds",
        "asked from round 2022 on instead of in every round",
        "both",
        "major",
    ),
    "table no longer asked after the newest round": (
        lambda c, _: table(c).update(rounds(table(c), lastRound=NEWEST)),
        "rounds",
        "asked until round 2022",
        "reader",
        "major",
    ),
    "table reworded": (
        lambda c, _: table(c).update(description="Else"),
        "description",
        "reworded",
        "neither",
        "patch",
    ),
    "respondent": (
        lambda c, _: table(c)["customProperties"].append(
            {"property": "respondent", "value": "center"}
        ),
        "respondent",
        "the Center instead of the states",
        "both",
        "major",
    ),
    "dimension added": (add_dimension, "dimension sex", "added", "both", "major"),
    "dimension removed": (drop_dimension, "dimension judgment", "removed", "both", "major"),
    "dimensions in another order": (
        turn_dimensions,
        "dimensions",
        "order age, sex",
        "reader",
        "major",
    ),
    "dimension renamed for people": (
        lambda c, _: column(c, "judgment").update(businessName="Outcome of the case"),
        "dimension judgment",
        "called 'Outcome of the case'",
        "neither",
        "patch",
    ),
    "code removed": (
        lambda _, lists: code(lists, "form", "BEG"),
        "codes of form",
        "BEG (Forced begging) removed",
        "both",
        "major",
    ),
    "code left out by an enum": (narrow_to_enum, "codes of age", "_U (", "both", "major"),
    "code added": (
        lambda _, lists: add(lists, "judgment", code="NEW", label="New", parent="_T", sort="99"),
        "codes of judgment",
        "NEW (New) added",
        "neither",
        "minor",
    ),
    "code valid for fewer years": (
        lambda _, lists: code(lists, "form", "BEG", valid_from="2020"),
        "codes of form",
        "BEG is valid from 2020 instead of always",
        "both",
        "major",
    ),
    "code valid for more years": (
        lambda _, lists: code(lists, "citizenship", "YU", valid_to=""),
        "codes of citizenship",
        "YU is valid always instead of until 2003",
        "neither",
        "minor",
    ),
    "code called another name": (
        lambda _, lists: code(lists, "form", "BEG", label="Begging"),
        "codes of form",
        "called 'Begging' instead of 'Forced begging'",
        "neither",
        "patch",
    ),
    "name of an open list is gone": (
        lambda _, lists: code(lists, "citizenship", "FJ", label="Viti"),
        "codes of citizenship",
        "'Fiji' is no spelling of FJ",
        "supplier",
        "major",
    ),
    "code in another total": (
        lambda _, lists: code(lists, "form", "BEG", parent="_T"),
        "codes of form",
        "BEG is a part of _T instead of OTH",
        "both",
        "major",
    ),
    "group removed": (
        lambda _, lists: drop_group(lists),
        "codes of citizenship",
        "group G_",
        "reader",
        "major",
    ),
    "codes in another order": (
        lambda _, lists: code(lists, "judgment", "ACQ", sort="1"),
        "codes of judgment",
        "in another order",
        "neither",
        "patch",
    ),
    "another list": (
        lambda c, lists: another_list(c, lists),
        "codes of judgment",
        "taken from the list outcome",
        "neither",
        "patch",
    ),
    "state ended": (
        lambda _, lists: code(lists, "states", "AL", valid_to="2020"),
        "code list states",
        "AL is valid until 2020 instead of always",
        "both",
        "major",
    ),
    "status removed": (
        lambda _, lists: code(lists, "obs_status", "P"),
        "code list obs_status",
        "P (",
        "both",
        "major",
    ),
    "alias removed": (
        lambda _, lists: code(lists / "aliases", "states", "ALB"),
        "aliases states",
        "no longer known: alb",
        "supplier",
        "major",
    ),
    "alias added": (
        lambda _, lists: add(lists / "aliases", "states", alias="Shqipe", code="AL"),
        "aliases states",
        "known now: shqipe",
        "neither",
        "minor",
    ),
    "alias of another code": (
        lambda _, lists: code(lists / "aliases", "states", "ALB", code="BA"),
        "aliases states",
        "alb (AL -> BA)",
        "both",
        "major",
    ),
    "symbol removed": (
        lambda _, lists: code(lists, "cell_symbols", "n/a"),
        "symbols of cells",
        "no longer known: n/a",
        "supplier",
        "major",
    ),
    "unit": (
        lambda c, _: own(table(c), "unit").update(value="cases"),
        "measure",
        "in cases instead of decisions",
        "both",
        "major",
    ),
    "whole numbers": (
        lambda c, _: column(c, "value", "THB_ASSETS").update(logicalType="integer"),
        "measure",
        "whole numbers only",
        "supplier",
        "major",
    ),
    "decimals": (
        lambda c, _: column(c, "value").update(logicalType="number"),
        "measure",
        "up to 3 decimals",
        "reader",
        "major",
    ),
    "lower maximum": (
        measure_options(maximum=10),
        "measure",
        "maximum 10 instead of",
        "supplier",
        "major",
    ),
    "higher maximum": (
        measure_options(maximum=10**12),
        "measure",
        "maximum 1,000,000,000,000 instead",
        "neither",
        "minor",
    ),
    "higher minimum": (
        measure_options(minimum=1),
        "measure",
        "minimum 1 instead of 0",
        "supplier",
        "major",
    ),
    "measure renamed": (
        lambda c, _: column(c, "value").update(businessName="Rulings"),
        "measure",
        "called 'Rulings'",
        "neither",
        "patch",
    ),
    "offence": (
        lambda c, _: own(table(c, "THB_OFFENCES"), "iccs").update(value="0101"),
        "ICCS code",
        "0101 instead of",
        "both",
        "major",
    ),
    "crime area": (
        lambda c, _: own(table(c), "crimeArea").update(value="MIG"),
        "crime area",
        "MIG instead of THB",
        "reader",
        "major",
    ),
    "sheet": (
        lambda c, _: layout(c).update(sheet="10 Rulings"),
        "layout",
        "sheet '10 Rulings'",
        "supplier",
        "major",
    ),
    "turned sheet": (
        lambda c, _: layout(c).update(rows=layout(c)["columns"], columns=layout(c)["rows"]),
        "layout",
        "rows year instead of judgment",
        "supplier",
        "major",
    ),
    "closed list": (
        lambda c, _: layout(c, "THB_VICTIMS_CTZ").pop("openRows"),
        "layout",
        "one line per code",
        "supplier",
        "major",
    ),
    "fewer open lines": (
        lambda c, _: layout(c, "THB_VICTIMS_CTZ").update(openRows=3),
        "layout",
        "3 open lines instead of",
        "supplier",
        "major",
    ),
    "more open lines": (
        lambda c, _: layout(c, "THB_VICTIMS_CTZ").update(openRows=500),
        "layout",
        "500 open lines instead of",
        "neither",
        "minor",
    ),
    "identity that refuses": (
        lambda c, _: identities(c)[0].update(severity="error"),
        "sum over judgment",
        "stricter: error",
        "supplier",
        "major",
    ),
    "new identity that asks": (
        lambda c, _: identities(c).append({"sameTotalAs": "THB_VICTIMS", "severity": "query"}),
        "same total as THB_VICTIMS",
        "new: query",
        "neither",
        "minor",
    ),
    "looser identity": (
        lambda c, _: identities(c)[0].update(parts="at_most"),
        "sum over judgment",
        "looser: query, at most",
        "neither",
        "minor",
    ),
    "identity with rounding": (
        lambda c, _: identities(c)[0].update(rounding=5),
        "sum over judgment",
        "looser: query, equal, rounding 5",
        "neither",
        "minor",
    ),
    "identity removed": (
        lambda c, _: identities(c).clear(),
        "sum over judgment",
        "no longer checked",
        "neither",
        "minor",
    ),
    "plausibility that refuses": (
        plausible(severity="error"),
        "change from the year before",
        "stricter",
        "supplier",
        "major",
    ),
    "plausibility that asks more": (
        plausible(changePercent=5),
        "change from the year before",
        "stricter: 5 %",
        "neither",
        "minor",
    ),
    "looser plausibility": (
        plausible(changePercent=500),
        "change from the year before",
        "looser: 500 %",
        "neither",
        "minor",
    ),
    "required column": (
        new_column(True),
        "column source",
        "added, required",
        "supplier",
        "major",
    ),
    "optional column": (
        new_column(False),
        "column source",
        "added, optional",
        "neither",
        "minor",
    ),
    "column removed": (
        lambda c, _: table(c)["properties"].remove(column(c, "note")),
        "column note",
        "removed",
        "both",
        "major",
    ),
    "note required": (
        lambda c, _: column(c, "note").update(required=True),
        "column note",
        "required",
        "supplier",
        "major",
    ),
    "status no longer required": (
        lambda c, _: column(c, "obs_status").update(required=False),
        "column obs_status",
        "no longer required",
        "neither",
        "minor",
    ),
    "shorter notes": (
        lambda c, _: column(c, "note")["logicalTypeOptions"].update(maxLength=100),
        "column note",
        "at most 100 characters",
        "supplier",
        "major",
    ),
    "circle of readers": (
        lambda c, _: column(c, "value").update(classification="secret"),
        "column value",
        "secret instead of",
        "reader",
        "major",
    ),
}


def drop_group(lists: Path) -> None:
    path = lists / "citizenship.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    gone = next(r for r in rows if r["code"].startswith("G_"))
    heads = list(rows[0])
    up = gone["parent"]
    kept = [
        {**r, "parent": up if r["parent"] == gone["code"] else r["parent"]}
        for r in rows
        if r is not gone
    ]
    write_list(path, heads, kept)


def another_list(content: Content, lists: Path) -> None:
    shutil.copy(lists / "judgment.csv", lists / "outcome.csv")
    own(column(content, "judgment"), "codelist").update(value="outcome")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_says_whom_it_breaks(small: Path, tmp_path: Path, name: str) -> None:
    edit, where, what, breaks, step = CHANGES[name]
    changes = edited(small, tmp_path / "new", edit)
    (change,) = [c for c in changes if c.where.startswith(where) and what in c.what]
    assert (change.breaks, change.step) == (breaks, step)
    assert change.reports == ("thb",)
    assert change.why
    # The version stayed, which is told too, as a break where the change is one.
    (version,) = [c for c in changes if c.where == "version"]
    steps = {"major": "2.0.0", "minor": "1.1.0", "patch": "1.0.1"}
    worst = max(
        (c.step for c in changes if c is not version), key=["patch", "minor", "major"].index
    )
    assert version.what == f"1.0.0 -> 1.0.0, needs {steps[worst]}"
    assert (version.breaks == "neither") == (worst != "major")


def test_the_same_contract_has_no_change(small: Path, tmp_path: Path) -> None:
    assert edited(small, tmp_path / "new", lambda content, lists: None) == []


def test_a_change_of_a_shared_list_stands_once_with_all_its_tables(
    small: Path, tmp_path: Path
) -> None:
    changes = edited(
        small, tmp_path / "new", lambda _, lists: code(lists, "sex", "F", label="Women")
    )
    (change,) = [c for c in changes if c.where == "codes of sex"]
    assert change.tables == ("THB_VICTIMS", "THB_VICTIMS_FORM")


@pytest.mark.parametrize(
    ("version", "what", "breaks"),
    [
        ("2.0.0", "1.0.0 -> 2.0.0", "neither"),
        ("1.1.0", "1.0.0 -> 1.1.0, needs 2.0.0", "supplier"),
        ("0.9.0", "1.0.0 -> 0.9.0", "both"),
        ("next", "1.0.0 -> next", "both"),
    ],
)
def test_a_breaking_change_needs_a_new_major_version(
    small: Path, tmp_path: Path, version: str, what: str, breaks: str
) -> None:
    def edit(content: Content, lists: Path) -> None:
        content["version"] = version
        measure_options(maximum=10)(content, lists)

    (change,) = [c for c in edited(small, tmp_path / "new", edit) if c.where == "version"]
    assert (change.what, change.breaks) == (what, breaks)


def test_worst_changes_come_first(small: Path, tmp_path: Path) -> None:
    def edit(content: Content, lists: Path) -> None:
        content["dataProduct"] = "Another title"
        own(table(content), "crimeArea").update(value="MIG")
        code(lists, "form", "BEG")
        measure_options(maximum=10)(content, lists)

    breaks = [c.breaks for c in edited(small, tmp_path / "new", edit)]
    assert breaks == sorted(breaks, key=["both", "supplier", "reader", "neither"].index)
    assert set(breaks) == {"both", "supplier", "reader", "neither"}


def git(folder: Path, *arguments: str) -> None:
    who = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, env={**kept, **who}
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository with the contracts as version v1, and a round with one return: five
    figures of Romania's.
    """
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "data_contracts", root / "data_contracts")
    git(root, "init", "--quiet")
    git(root, "add", "data_contracts")
    git(root, "commit", "--quiet", "-m", "Contracts")
    git(root, "tag", "v1")
    (root / "data_contracts" / "known_errors.yaml").unlink()
    book = build_workbook(load_contracts(ROOT / "data_contracts"), "thb", state="RO", round_=2022)
    for row, number in ((7, 9), (8, 5), (9, 4), (10, 0), (11, 0)):
        book["10 Judgments"].cell(row, 3).value = number
    (root / "returns" / "2021").mkdir(parents=True)
    target = root / "returns" / "2022" / "thb"
    target.mkdir(parents=True)
    (target / "RO.xlsx").write_bytes(workbook_bytes(book, 2022))
    return Project(root, returns_folder=root / "returns")


EVERY = set(load_contracts(ROOT / "data_contracts").by_report)


def test_old_and_new_name_revisions_folders_and_files(repository: Project, small: Path) -> None:
    with open_sides(repository, "v1", new=str(repository.root)) as (old, new):
        assert set(old.contracts.by_report) == set(new.contracts.by_report) == EVERY
        assert (
            diff_contracts(
                old.contracts, new.contracts, reports=compared_reports(old, new), newest=NEWEST
            )
            == []
        )
    with open_sides(repository, "HEAD", new=str(small / f"thb{ENDING}")) as (old, new):
        assert compared_reports(old, new) == ("thb",)
        (removed,) = [
            c
            for c in diff_contracts(old.contracts, new.contracts, reports=("thb",), newest=NEWEST)
            if c.what == "removed"
        ]
        assert len(removed.tables) == len(old.contracts.contract("thb").tables) - len(TABLES)
        assert set(new.whole.by_report) == EVERY
    with open_sides(repository, "HEAD", new=str(small)) as (old, new):
        told = diff_contracts(
            old.contracts, new.contracts, reports=compared_reports(old, new), newest=NEWEST
        )
        assert [c.reports for c in told if c.what == "the report is no longer asked for"] == [
            (report,) for report in sorted(EVERY - {"thb"})
        ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("v9", "'v9' is neither a file or folder nor a revision"),
        ("--output=x", "'--output=x' is neither a file"),
        ("tests", "there is no contract in 'tests'"),
        ("{}", "there is no contract in"),
    ],
)
def test_a_name_that_stands_for_nothing_is_told(
    repository: Project, tmp_path: Path, name: str, told: str
) -> None:
    with (
        pytest.raises(UserError, match=told),
        open_sides(repository, "HEAD", new=name.format(tmp_path)),
    ):
        pass


def test_a_contract_that_cannot_be_read_is_named_with_its_side(
    repository: Project, tmp_path: Path
) -> None:
    (tmp_path / f"thb{ENDING}").write_text("version: [", encoding="utf-8")
    with (
        pytest.raises(
            ContractError, match=rf"{tmp_path}.*thb.odcs.yaml line 2, column 1: this cannot be read"
        ),
        open_sides(repository, "HEAD", new=str(tmp_path)),
    ):
        pass


def test_without_git_folders_can_be_compared(small: Path, tmp_path: Path) -> None:
    project = Project(tmp_path)
    with (
        pytest.raises(UserError, match="nor a revision of this repository"),
        open_sides(project, "HEAD", new=str(small)),
    ):
        pass


def test_a_replay_names_the_cells_that_would_now_fail(
    repository: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "contracts"
    shutil.copytree(repository.contracts, new)
    path = new / f"thb{ENDING}"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    column(content, "value")["logicalTypeOptions"] = {"minimum": 0, "maximum": 4}
    content["version"] = "2.0.0"
    write(path, content)

    found = compare_contracts(repository, "v1", new=str(new), round_=None)
    assert found.replay is not None
    assert (found.replay.round, found.replay.returns, found.breaks_supplier) == (2022, 1, True)
    assert [(f.state, f.cell, f.severity, f.contract_version) for f in found.replay.new] == [
        ("RO", "C7", "error", "2.0.0"),
        ("RO", "C8", "error", "2.0.0"),
    ]
    assert found.replay.refused == (("RO", "thb", "THB_JUDGMENTS"),)
    print_comparison(found)
    told = capsys.readouterr().out
    assert "Breaks the supplier: 1" in told
    assert "now refused: RO thb THB_JUDGMENTS" in told
    assert "2022/thb/RO.xlsx, sheet '10 Judgments', C7: 9 (allowed: at most 4 decisions)" in told
    content_ = json.loads(json.dumps(found.as_dict()))
    assert [f["cell"] for f in content_["replay"]["new"]] == ["C7", "C8"]
    assert not repository.outputs.exists()  # nothing is left of the replay

    back = compare_contracts(repository, str(new), new="v1", round_=2022)
    assert back.replay is not None
    assert (back.replay.new, back.replay.refused) == ((), ())
    assert back.replay.accepted == (("RO", "thb", "THB_JUDGMENTS"),)
    assert [f.cell for f in back.replay.gone] == ["C7", "C8"]
    assert "  error no longer found: RO thb THB_JUDGMENTS, 2 cells" in replay_lines(back.replay)


def test_nothing_is_replayed_where_nothing_changed(
    repository: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compare_contracts(repository, "v1", new="", round_=None)
    assert (found.changes, found.replay, found.breaks_supplier) == ((), None, False)
    print_comparison(found)
    assert capsys.readouterr().out == "no change from v1 to the working copy\n"


def test_a_replay_without_returns_is_told(repository: Project, small: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there are no returns to replay"):
        compare_contracts(
            Project(repository.root, returns_folder=tmp_path),
            "v1",
            new=str(small / f"thb{ENDING}"),
            round_=None,
        )


@pytest.mark.parametrize(("strict", "code_"), [(False, 0), (True, 3)])
def test_the_command_fails_for_suppliers_only_when_it_is_strict(
    small: Path, tmp_path: Path, strict: bool, code_: int
) -> None:
    old = small / f"thb{ENDING}"
    edited(small, tmp_path / "new", measure_options(maximum=10))
    new = tmp_path / "new" / f"thb{ENDING}"
    returns = tmp_path / "returns" / "2022" / "thb"
    returns.mkdir(parents=True)
    shutil.copy(ROOT / "returns" / "2022" / "thb" / "RO.xlsx", returns)
    arguments = [f"OLD={old}", f"NEW={new}", "JSON=1", *(["STRICT=1"] if strict else [])]
    places = {"SELEC_RETURNS": str(tmp_path / "returns")}
    done = make_here("--silent", "contract-diff", *arguments, environment=places)
    assert (done.returncode == 0) == (code_ == 0), done.stderr
    assert json.loads(done.stdout)["breaks_supplier"] is True
    assert ("the new contract breaks suppliers" in done.stderr) == strict
    assert "Traceback" not in done.stderr

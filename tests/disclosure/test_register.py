"""Does the register keep every edition as it was released, with the figures behind it
apart?
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.cells import Key
from pipeline.disclosure.register import as_known_on, editions, register
from pipeline.errors import SignOffError, UserError
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project
from pipeline.system.signed.people import person

HEAD = "key,value,unit,obs_status,conf_status,coverage,states\n"
WHO = person("Ana Pop", "analyst", day="2023-05-02")
SHOWN = HEAD + "THB_OFFENCES:RO.2021,21,offences,A,F,,\nTHB_VICTIMS:RO.2021.O._T,,victims,Q,S,,\n"
BEHIND = [
    TrueCell(Key.parse("THB_VICTIMS:RO.2021.O._T"), None, "Q", "F", "reported"),
    TrueCell(Key.parse("THB_OFFENCES:RO.2021"), Decimal("21.000"), "A", "F", "reported"),
    TrueCell(
        Key.parse("THB_OFFENCES:SELEC.2021"),
        Decimal("21.000"),
        "A",
        "F",
        "region",
        ("THB_OFFENCES:RO.2021",),
    ),
]


@pytest.fixture
def released(project: Project) -> Project:
    path = project.released(2021, "thb", version="public")
    path.parent.mkdir(parents=True)
    path.write_text(SHOWN, encoding="utf-8")
    return project


def test_an_edition_comes_back_as_it_was_registered(released: Project) -> None:
    assert (
        register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
        == "thb-2021-1"
    )
    (edition,) = editions(released, ["public"])
    assert (edition.name, edition.version) == ("thb-2021-1", "public")
    assert edition.shown() == {"THB_OFFENCES:RO.2021": Decimal(21)}
    assert sorted(edition.cells, key=lambda c: c.key) == sorted(BEHIND, key=lambda c: c.key)


def test_the_same_edition_is_entered_once_and_a_changed_one_again(released: Project) -> None:
    assert (
        register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
        == "thb-2021-1"
    )
    assert (
        register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
        == "thb-2021-1"
    )
    path = released.released(2021, "thb", version="public")
    path.write_text(SHOWN.replace(",21,", ",22,"), encoding="utf-8")
    assert (
        register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
        == "thb-2021-2"
    )
    assert [e.name for e in editions(released, ["public"])] == ["thb-2021-2", "thb-2021-1"]
    assert editions(released, ["public"])[1].shown() == {"THB_OFFENCES:RO.2021": Decimal(21)}


def test_the_public_part_holds_nothing_that_was_withheld(released: Project) -> None:
    register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
    assert (released.releases / "public" / "thb-2021-1.csv").read_text(encoding="utf-8") == SHOWN
    assert [p.name for p in (released.releases / "restricted").iterdir()] == [
        "public-thb-2021-1.csv"
    ]


def test_versions_are_kept_apart(released: Project) -> None:
    register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
    assert editions(released, ["partner"]) == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("restricted/public-thb-2021-1.csv", None, "entered, but missing"),
        ("public/thb-2021-1.csv", None, "entered, but missing"),
        ("restricted/public-thb-2021-1.csv", "key,value\n", "not as it was entered"),
        ("public/thb-2021-1.csv", SHOWN.replace(",21,", ",22,"), "not as it was entered"),
        ("public/thb-2021-2.csv", SHOWN, "there, but never entered"),
        ("restricted/public-thb-2021-2.csv", "key,value\n", "there, but never entered"),
        ("partner/thb-2021-1.csv", SHOWN, "there, but never entered"),
        ("public/notes.csv", HEAD, "there, but never entered"),
    ],
)
@pytest.mark.parametrize("asked", ["public", "partner"])
def test_a_register_that_is_not_as_it_was_entered_stops_the_build(
    released: Project, name: str, content: str | None, told: str, asked: str
) -> None:
    register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
    path = released.releases / name
    path.parent.mkdir(exist_ok=True)
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    if path.parent.name == "partner" and asked != "partner":
        return  # nobody entered a partner version, and nobody reads it here
    with pytest.raises(SignOffError) as refused:
        editions(released, [asked])
    assert f"  - {name}: {told}" in str(refused.value)


def test_an_entry_that_was_interrupted_is_finished_by_the_next(released: Project) -> None:
    register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
    for path in (released.releases / "public", released.releases / "restricted"):
        shutil.rmtree(path)
    with pytest.raises(SignOffError, match="make register"):
        editions(released, ["public"])
    assert (
        register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
        == "thb-2021-1"
    )
    assert len(editions(released, ["public"])) == 1


def test_the_register_of_a_day_holds_what_was_entered_by_then_and_is_for_reading(
    released: Project, tmp_path: Path
) -> None:
    register(released, 2021, report="thb", version="public", cells=BEHIND, who=WHO)
    path = released.released(2021, "thb", version="public")
    path.write_text(SHOWN.replace(",21,", ",22,"), encoding="utf-8")
    register(
        released,
        2021,
        report="thb",
        version="public",
        cells=BEHIND,
        who=replace(WHO, day=date(2023, 6, 1)),
    )
    then = replace(released, releases_folder=tmp_path / "then")
    assert as_known_on(released, date(2023, 5, 20), folder=then.releases) == 1
    assert [e.name for e in editions(then, ["public"])] == ["thb-2021-1"]
    with pytest.raises(SignOffError, match="as it was on a day"):
        register(
            then,
            2021,
            report="thb",
            version="public",
            cells=BEHIND,
            who=replace(WHO, day=date(2023, 6, 1)),
        )
    assert as_known_on(released, date(2023, 5, 1), folder=then.releases) == 0
    assert editions(then, ["public"]) == []


def test_a_register_from_before_entries_were_signed_says_what_to_do(released: Project) -> None:
    released.releases.mkdir(parents=True)
    (released.releases / "entered.csv").write_text("day,version,edition\n", encoding="utf-8")
    with pytest.raises(SignOffError, match="before entries were signed"):
        editions(released, ["public"])


def test_nothing_is_registered_before_it_is_built(project: Project) -> None:
    with pytest.raises(UserError, match="nothing to register"):
        register(project, 2021, report="thb", version="public", cells=[], who=WHO)

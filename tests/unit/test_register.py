"""Does the register keep every edition as it was released, with the figures behind it apart?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.cells import Key
from pipeline.disclosure.sums import TrueCell
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.register import editions, register

HEAD = "key,value,unit,obs_status,conf_status,coverage,states\n"
SHOWN = HEAD + "THB_OFFENCES:RO.2021,21,offences,A,F,,\nTHB_VICTIMS:RO.2021.O._T,,victims,Q,S,,\n"
BEHIND = [
    TrueCell(Key.parse("THB_VICTIMS:RO.2021.O._T"), None, "Q", "F", "reported"),
    TrueCell(Key.parse("THB_OFFENCES:RO.2021"), Decimal("21.000"), "A", "F", "reported"),
    TrueCell(
        Key.parse("THB_OFFENCES:SELEC.2021"), Decimal("21.000"), "A", "F", "region", ("THB_OFFENCES:RO.2021",)
    ),
]


@pytest.fixture
def released(project: Project) -> Project:
    path = project.released(2021, "thb", "public")
    path.parent.mkdir(parents=True)
    path.write_text(SHOWN, encoding="utf-8")
    return project


def test_an_edition_comes_back_as_it_was_registered(released: Project) -> None:
    assert register(released, 2021, "thb", "public", BEHIND) == "thb-2021-1"
    (edition,) = editions(released, ["public"])
    assert (edition.name, edition.version) == ("thb-2021-1", "public")
    assert edition.shown() == {"THB_OFFENCES:RO.2021": Decimal(21)}
    assert sorted(edition.cells, key=lambda c: c.key) == sorted(BEHIND, key=lambda c: c.key)


def test_the_same_edition_is_entered_once_and_a_changed_one_again(released: Project) -> None:
    assert register(released, 2021, "thb", "public", BEHIND) == "thb-2021-1"
    assert register(released, 2021, "thb", "public", BEHIND) == "thb-2021-1"
    path = released.released(2021, "thb", "public")
    path.write_text(SHOWN.replace(",21,", ",22,"), encoding="utf-8")
    assert register(released, 2021, "thb", "public", BEHIND) == "thb-2021-2"
    assert [e.name for e in editions(released, ["public"])] == ["thb-2021-2", "thb-2021-1"]
    assert editions(released, ["public"])[1].shown() == {"THB_OFFENCES:RO.2021": Decimal(21)}


def test_the_public_part_holds_nothing_that_was_withheld(released: Project) -> None:
    register(released, 2021, "thb", "public", BEHIND)
    assert (released.releases / "public" / "thb-2021-1.csv").read_text(encoding="utf-8") == SHOWN
    assert [p.name for p in (released.releases / "restricted").iterdir()] == ["public-thb-2021-1.csv"]


def test_versions_are_kept_apart(released: Project) -> None:
    register(released, 2021, "thb", "public", BEHIND)
    assert editions(released, ["partner"]) == []


def test_an_edition_without_its_figures_stops_the_build(released: Project) -> None:
    register(released, 2021, "thb", "public", BEHIND)
    (released.releases / "restricted" / "public-thb-2021-1.csv").unlink()
    with pytest.raises(UserError, match="figures behind a released edition are missing"):
        editions(released, ["public"])


def test_what_is_no_edition_is_named(released: Project) -> None:
    register(released, 2021, "thb", "public", BEHIND)
    (released.releases / "public" / "notes.csv").write_text(HEAD, encoding="utf-8")
    (released.releases / "restricted" / "public-notes.csv").write_text("key,value\n", encoding="utf-8")
    with pytest.raises(UserError, match="'notes' is not the name of an edition"):
        editions(released, ["public"])


def test_nothing_is_registered_before_it_is_built(project: Project) -> None:
    with pytest.raises(UserError, match="nothing to register"):
        register(project, 2021, "thb", "public", [])

"""Is it told who owes which return, and since when?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.contracts.calendar import Dates
from pipeline.contracts.model import Contracts
from pipeline.errors import DamagedFileError
from pipeline.project import Project
from pipeline.returns.journal import Event, add_events
from pipeline.returns.round.owed import Owed, Standing, owed_on

DATES = Dates(
    2022,
    "thb",
    opens=date(2023, 2, 1),
    due=date(2023, 3, 31),
    cutoff=date(2023, 5, 12),
    release=(("public", datetime(2023, 6, 19, 7, tzinfo=UTC)),),
    extended=(("TR", date(2023, 4, 14)),),
)


def on(project: Project, contracts: Contracts, day: date, dates: Dates = DATES) -> dict[str, Owed]:
    return {o.state: o for o in owed_on(project, contracts, entries=[dates], day=day)}


def send(project: Project, name: str, seen: str = "") -> None:
    path = project.returns / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a return")
    if seen:
        project.archive.mkdir(parents=True, exist_ok=True, mode=0o700)
        add_events(project, [Event("2023-01-01", seen, name, "0" * 64)])


@pytest.mark.parametrize(
    ("day", "standing", "days", "told"),
    [
        (date(2023, 1, 31), Standing.NOT_OPEN, -59, "not asked yet"),
        (date(2023, 3, 24), Standing.WAITED_FOR, -7, "waited for, 7 days left"),
        (date(2023, 3, 31), Standing.WAITED_FOR, 0, "waited for, due today"),
        (date(2023, 4, 1), Standing.LATE, 1, "late, 1 day"),
        (date(2023, 4, 14), Standing.LATE, 14, "late, 14 days"),
    ],
)
def test_a_return_that_is_not_there_is_owed_from_its_day_on(
    day: date, standing: Standing, days: int, told: str, project: Project, contracts: Contracts
) -> None:
    ro = on(project, contracts, day)["RO"]
    assert (ro.standing, ro.days, ro.told) == (standing, days, told)
    assert ro.is_owed == (standing != Standing.NOT_OPEN)


def test_a_state_that_was_given_more_time_is_late_later(
    project: Project, contracts: Contracts
) -> None:
    found = on(project, contracts, date(2023, 4, 10))
    assert (found["TR"].extended, found["TR"].told) == (True, "waited for, 4 days left")
    assert (found["RO"].extended, found["RO"].told) == (False, "late, 10 days")
    assert list(found)[-1] == "TR"  # who is late the longest stands first


def test_what_came_is_not_owed_and_says_when_it_was_first_seen(
    project: Project, contracts: Contracts
) -> None:
    send(project, "2022/thb/RO.xlsx", "2023-04-02")
    send(project, "2022/thb/RO.2.xlsx", "2023-05-01")
    send(project, "2022/thb/HU.csv", "2023-03-20")
    send(project, "2022/thb/BG.xlsx")  # no validation has met it yet
    send(project, "2022/octa/GR.xlsx", "2023-03-20")
    found = on(project, contracts, date(2023, 5, 3))
    assert (found["RO"].received, found["RO"].told) == (date(2023, 4, 2), "received, 2 days late")
    assert (found["HU"].received, found["HU"].told) == (date(2023, 3, 20), "received")
    assert (found["BG"].received, found["BG"].told) == (None, "received")
    assert not any(found[s].is_owed for s in ("RO", "HU", "BG"))
    assert found["GR"].told == "late, 33 days"  # it answered another report


def test_what_is_no_return_and_what_takes_tables_back_is_no_answer(
    project: Project, contracts: Contracts
) -> None:
    send(project, "2022/thb/RO.2.withdrawn.csv")
    send(project, "2022/thb/notes of Romania.docx")
    found = on(project, contracts, date(2023, 4, 1))
    assert found["RO"].standing == Standing.LATE


def test_a_return_that_was_refused_whole_is_owed_still(
    project: Project, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.returns.round import owed
    from pipeline.returns.rules.validated import Validated

    refused = frozenset({("RO", "thb", ""), ("HU", "thb", "THB_VICTIMS"), ("BG", "octa", "")})
    monkeypatch.setattr(
        owed, "read_validation", lambda _, round_: Validated(round_, (), (), refused)
    )
    for state in ("RO", "HU", "BG"):
        send(project, f"2022/thb/{state}.xlsx", "2023-03-01")
    validated = project.work(2022) / "validation.json"
    validated.parent.mkdir(parents=True)
    validated.write_text("{}", encoding="utf-8")
    found = on(project, contracts, date(2023, 4, 3))
    assert (found["RO"].standing, found["RO"].told) == (Standing.REFUSED, "refused, 3 days late")
    assert found["HU"].standing == found["BG"].standing == Standing.RECEIVED
    early = on(project, contracts, date(2023, 3, 30))["RO"]
    assert (early.is_owed, early.told) == (True, "refused, 1 day left")


def test_a_damaged_validation_is_told_and_not_passed_over(
    project: Project, contracts: Contracts
) -> None:
    validated = project.work(2022) / "validation.json"
    validated.parent.mkdir(parents=True)
    validated.write_text("{", encoding="utf-8")
    with pytest.raises(DamagedFileError, match="validation.json"):
        on(project, contracts, date(2023, 4, 3))


def test_the_center_is_asked_where_a_table_asks_it(project: Project, contracts: Contracts) -> None:
    day = date(2023, 4, 3)
    assert "SELEC" not in on(project, contracts, day)
    assert "SELEC" in on(project, contracts, day, replace(DATES, report="octa"))


def test_the_folder_of_a_round_may_be_missing(tmp_path: Path, contracts: Contracts) -> None:
    from builds import ROOT

    nothing = Project(ROOT, tmp_path / "outputs", tmp_path / "no returns")
    assert len(on(nothing, contracts, date(2023, 4, 3))) == 11

"""Are parts asked for, waited for and checked office by office?"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from test_parts_of_returns import OFFENCES, VICTIMS, all_but, offences, part, victims
from test_parts_sent_back import Office, office_at, text_of
from typer.testing import CliRunner

from pipeline.commands.cli import app
from pipeline.contracts.calendar import Calendar, Dates
from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import FILES, Offices, load_offices, office_named
from pipeline.errors import ContractError, UserError
from pipeline.returns.round import opening
from pipeline.returns.round.alone import Whose, check_alone
from pipeline.returns.round.opening import open_round
from pipeline.returns.round.owed import Owed, Standing, owed_on
from pipeline.returns.round.reminder_letter import write_letter
from pipeline.returns.round.reminders import reminders_on
from pipeline.returns.texts import load_texts

DATES = Dates(
    2022,
    "thb",
    opens=date(2023, 2, 1),
    due=date(2023, 3, 31),
    cutoff=date(2023, 5, 12),
    release=(("public", datetime(2023, 6, 19, 7, tzinfo=UTC)),),
    reminders=(-3,),
)
LATE = date(2023, 4, 3)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return office_at(tmp_path / "here")


def owed(office: Office, day: date = LATE) -> Owed:
    found = owed_on(office.project, office.contracts, entries=[DATES], day=day)
    return next(o for o in found if o.state == "RO")


def test_a_part_that_did_not_come_is_owed_and_the_others_stand(office: Office) -> None:
    assert (owed(office).standing, owed(office).missing) == (Standing.LATE, ())
    office.put("RO.police", [victims("5")], "POLICE")
    told = owed(office)
    assert (told.standing, told.missing, told.is_owed) == (
        Standing.INCOMPLETE,
        ("Prosecution",),
        True,
    )
    assert told.told == "incomplete, 3 days late; no part of Prosecution"
    assert owed(office, date(2023, 3, 30)).told == "incomplete, 1 day left; no part of Prosecution"
    office.put("RO.prosecution", [offences("4")], "PROSECUTION")
    assert owed(office).standing == Standing.RECEIVED


def test_a_part_that_was_refused_is_owed(office: Office) -> None:
    office.put("RO.police", [victims("5")], "POLICE")
    folder = office.project.returns / "2022" / "thb"
    (folder / "RO.prosecution.xlsx").write_bytes(b"PK nothing")
    office.validate()
    told = owed(office)
    assert (told.missing, told.refused) == ((), ("Prosecution",))
    assert told.told == "incomplete, 3 days late; refused part of Prosecution"


def test_a_whole_return_and_a_part_that_only_its_cover_names_are_known(office: Office) -> None:
    office.put("RO", [victims("5")], None)
    assert owed(office).standing == Standing.RECEIVED
    office.put("RO", [victims("5")], "POLICE")
    office.validate()
    assert owed(office).missing == ("Prosecution",)


def test_the_reminder_names_the_office_that_is_waited_for(office: Office) -> None:
    office.put("RO.police", [victims("5")], "POLICE")
    calendar = Calendar("Europe/Bucharest", (DATES,))
    (reminder,) = reminders_on(
        office.project, office.contracts, calendar=calendar, round_=2022, day=LATE, state="RO"
    )
    letter = write_letter(office.project, load_texts(office.project), reminder=reminder)
    assert "part not received: Prosecution, 3 days late" in letter.text
    assert "Those that came stand" in letter.text
    assert "part not received: Prosecution" in text_of(letter.pdf)


# Forms.


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What two states get for the round in which one of them, RO, sends parts."""
    here = office_at(tmp_path_factory.mktemp("opened") / "here")

    def two(contracts: Contracts, report: str, *, round_: int) -> list[str]:
        return [s for s in respondents(contracts, report, round_=round_) if s in ("RO", "BG")]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "respondents", two)
        opened = open_round(here.project, here.contracts, round_=2022, entries=[DATES])
    return {p.state: p.content for _, p in opened.packages}


def test_a_round_opens_with_a_form_for_each_office(packages: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(packages["RO"])) as archive:
        names = archive.namelist()
        assert [n for n in names if n.startswith("thb/")] == [
            "thb/RO.police.xlsx",
            "thb/RO.prosecution.xlsx",
        ]
        assert "octa/RO.xlsx" in names
        content = archive.read("thb/RO.prosecution.xlsx")
        letter = text_of(archive.read("RO-2022-letter.pdf"))
    book = load_workbook(io.BytesIO(content))
    assert [s for s in book.sheetnames if s[0].isdigit()] == ["9 Offences"]
    said = {row[0].value: row[2].value for row in book["Cover"].iter_rows(min_row=5)}
    assert said["office"] == "PROSECUTION"
    assert [f for f in said if str(f).startswith("source:")] == [f"source:{OFFENCES}"]
    assert "thb/RO.police.xlsx" in letter
    assert "each of them fills in its own workbook" in letter
    with zipfile.ZipFile(io.BytesIO(packages["BG"])) as archive:
        assert "thb/BG.xlsx" in archive.namelist()
        assert "each of them fills" not in text_of(archive.read("BG-2022-letter.pdf"))


def test_the_form_of_an_office_that_comes_back_is_read_as_its_part(
    office: Office, packages: dict[str, bytes]
) -> None:
    folder = office.project.returns / "2022"
    with zipfile.ZipFile(io.BytesIO(packages["RO"])) as archive:
        for name in archive.namelist():
            if name.startswith("thb/"):
                archive.extract(name, folder)
    validation = office.validate()
    own = [f for f in validation.findings if (f.state, f.report) == ("RO", "thb")]
    assert {(f.rule, f.severity) for f in own} <= {("number-as-text", "note")}
    assert [f.office for f in validation.reading.files] == ["POLICE", "PROSECUTION"]


def test_the_command_writes_the_form_of_an_office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELEC_OUTPUTS", str(tmp_path / "outputs"))
    asked = ["template", "--report", "thb", "--state", "RO", "--round", "2022"]
    done = CliRunner().invoke(app, [*asked, "--office", "Border police"])
    assert done.exit_code == 0, done.output
    path = Path(done.output.strip())
    assert path.name == "RO.border_police.xlsx"
    assert load_workbook(path)["Cover"]["A2"].value == "Romania, round 2022, Border police"
    wrong = CliRunner().invoke(app, [*asked, "--office", "navy"])
    assert isinstance(wrong.exception, UserError)
    assert "border_police" in str(wrong.exception)


# Before it is sent.


def test_a_part_is_checked_before_it_is_sent(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "ours.xlsx"
    path.write_bytes(part(office.contracts, "PROSECUTION", OFFENCES))
    checked = check_alone(office.contracts, path, said=Whose())
    assert checked.findings == ()
    assert checked.whose == Whose("thb", "RO", 2022, "PROSECUTION")
    path.write_bytes(part(office.contracts, "PROSECUTION", VICTIMS))
    checked = check_alone(office.contracts, path, said=Whose())
    assert [(f.rule, f.table) for f in checked.findings] == [("missing-sheet", OFFENCES)]
    with pytest.raises(UserError, match="there is no office 'navy'"):
        check_alone(office.contracts, path, said=Whose(office="navy"))


# The settings.


def wrong(office: Office, text: str) -> str:
    (office.contracts.folder / "offices.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as told:
        load_offices(office.contracts)
    return str(told.value)


def entry(offices: str, state: str = "RO", report: str = "thb", first: int = 2020) -> str:
    return f"  - {{state: {state}, report: {report}, from: {first}, offices: {offices}}}\n"


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (entry("{}", state="FR"), "line 2, parts.1.state: 'FR' is not asked in round 2020"),
        (entry("{}", state="SELEC", report="octa"), "'SELEC' is not asked"),
        (entry("{}", report="drugs"), "there is no report 'drugs'"),
        (entry("{NAVY: [THB_VICTIMS]}"), "there is no office 'NAVY', only POLICE"),
        (entry("{POLICE: [THB_NOTHING]}"), "thb has no table 'THB_NOTHING'"),
        (entry("{POLICE: [THB_VICTIMS]}"), "no office gives THB_VICTIMS_FORM, "),
        (entry("{POLICE: []}"), "parts.1.offices.POLICE"),
        (entry("{}") + entry("{}"), "RO for thb from 2020 on stands twice"),
    ],
)
def test_an_arrangement_that_cannot_be_is_told_with_its_line(
    office: Office, entries: str, told: str
) -> None:
    assert told in wrong(office, f"parts:\n{entries}")


def test_the_newest_arrangement_up_to_the_round_counts(office: Office) -> None:
    everything = f"[{', '.join(all_but(office.contracts))}]"
    text = (
        "parts:\n"
        + entry(f"{{POLICE: {everything}}}", first=2020)
        + entry(f"{{CUSTOMS: {everything}}}", first=2022)
        + entry("{}", first=2024)
    )
    (office.contracts.folder / "offices.yaml").write_text(text, encoding="utf-8")
    found = load_offices(office.contracts)
    assert [list(found.of("thb", "RO", round_=r)) for r in (2019, 2021, 2022, 2023, 2024)] == [
        [],
        ["POLICE"],
        ["CUSTOMS"],
        ["CUSTOMS"],
        [],
    ]


def test_contracts_without_offices_are_read(office: Office) -> None:
    for name in FILES:
        (office.contracts.folder / name).unlink()
    assert load_offices(office.contracts) == Offices()
    (office.contracts.codelists / "office.csv").unlink()
    assert office_named(office.contracts, "police") == ""
    office.put("RO", [victims("5")], None)
    assert not [f for f in office.validate().findings if f.severity != "note"]

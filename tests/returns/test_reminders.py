"""Is each state that owes a return reminded of it, once, and of nothing else? Mail goes to
a real server on loopback.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pypdfium2
import pytest
import yaml
from builds import ROOT
from here import Done, run_here
from mail_server import PASSWORD, USER, Post, make_certificate, serving, settings

from pipeline.contracts.calendar import Calendar, Dates
from pipeline.contracts.mail import Mail, load_mail
from pipeline.contracts.model import Contracts
from pipeline.contracts.template import build_workbook, workbook_bytes
from pipeline.errors import DamagedFileError, MailError, UserError
from pipeline.project import Project
from pipeline.returns.round import relay as relay_module
from pipeline.returns.round.reminders import Reminder, next_reminder, reminders_on
from pipeline.returns.round.reminding import (
    Outcome,
    reminders_folder,
    send_reminders,
    write_reminders,
)
from pipeline.returns.round.sent import read_sent
from pipeline.returns.rules.validation import validate_and_write

ZONE = "Europe/Bucharest"
THB = Dates(
    2022,
    "thb",
    opens=date(2023, 2, 1),
    due=date(2023, 3, 31),
    cutoff=date(2023, 5, 12),
    release=(("public", datetime(2023, 6, 19, 7, tzinfo=UTC)),),
    extended=(("TR", date(2023, 4, 14)),),
    reminders=(7, -7),
)
CALENDAR = Calendar(ZONE, (THB, replace(THB, report="migration", reminders=())))
DAY = date(2023, 4, 8)


def due(
    project: Project, contracts: Contracts, day: date = DAY, state: str = ""
) -> dict[str, Reminder]:
    found = reminders_on(project, contracts, calendar=CALENDAR, round_=2022, day=day, state=state)
    return {reminder.state: reminder for reminder in found}


def send_in(project: Project, name: str) -> None:
    path = project.returns / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a return")


def text_of_pdf(content: bytes) -> str:
    with pypdfium2.PdfDocument(io.BytesIO(content)) as pdf:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)


# Who is reminded.


def test_a_state_is_reminded_when_its_day_has_come(project: Project, contracts: Contracts) -> None:
    assert due(project, contracts, date(2023, 3, 23)) == {}
    first = due(project, contracts, date(2023, 3, 24))
    assert "TR" not in first  # it was given more time, so its day comes later
    assert first["RO"].occasions == ("thb 2023-03-24",)
    assert [r.report for r in first["RO"].returns] == ["thb", "migration"]
    assert due(project, contracts, DAY)["RO"].occasions == ("thb 2023-04-07",)
    assert due(project, contracts, DAY)["TR"].occasions == ("thb 2023-04-07",)
    assert next_reminder(CALENDAR, 2022, day=date(2023, 3, 1)) == date(2023, 3, 24)
    assert next_reminder(CALENDAR, 2022, day=date(2023, 4, 7)) == date(2023, 4, 21)  # of TR
    assert next_reminder(CALENDAR, 2022, day=date(2023, 4, 21)) is None


def test_who_sent_everything_is_not_reminded(project: Project, contracts: Contracts) -> None:
    send_in(project, "2022/thb/RO.xlsx")
    send_in(project, "2022/migration/BG.xlsx")
    found = due(project, contracts)
    assert "RO" not in found  # migration is owed, and has no days to remind
    assert [r.report for r in found["BG"].returns] == ["thb"]


def test_a_state_that_is_named_is_reminded_of_all_that_it_owes(
    project: Project, contracts: Contracts
) -> None:
    send_in(project, "2022/thb/RO.xlsx")
    named = due(project, contracts, DAY, "RO")
    assert named["RO"].occasions == ("migration 2023-04-08",)
    send_in(project, "2022/migration/RO.xlsx")
    with pytest.raises(UserError, match="'RO' owes no return of round 2022") as refused:
        due(project, contracts, DAY, "RO")
    assert "BG" in refused.value.allowed
    with pytest.raises(UserError, match="nobody|owes no return"):
        due(project, contracts, date(2023, 1, 31), "BG")


# What is written.


def test_a_letter_and_a_draft_are_written_the_same_each_time(
    project: Project, contracts: Contracts, tmp_path: Path
) -> None:
    wanted = [due(project, contracts)[state] for state in ("BG", "TR")]
    mail = _mail(settings(tmp_path, 25, "BG"), contracts)
    before: dict[str, bytes] = {}
    for _ in range(2):
        write_reminders(project, wanted, round_=2022, mail=mail, zone=ZONE, whole=True)
        files = {p.name: p.read_bytes() for p in reminders_folder(project, 2022).iterdir()}
        assert before in ({}, files)
        before = files
    assert sorted(before) == [
        f"{state}-2022-reminder.{end}" for state in ("BG", "TR") for end in ("eml", "pdf")
    ]
    assert all(p.stat().st_mode & 0o077 == 0 for p in reminders_folder(project, 2022).iterdir())
    message = message_from_bytes(before["BG-2022-reminder.eml"], policy=default)
    assert isinstance(message, EmailMessage)
    assert (message["To"], message["X-Unsent"]) == ("bg@ministry.example", "1")
    assert message["From"] == "SELEC Reporting <reports@selec.example>"
    assert message["Date"].datetime.isoformat() == "2023-04-08T00:00:00+03:00"
    (letter,) = message.iter_attachments()
    assert letter.get_content() == before["BG-2022-reminder.pdf"]
    assert letter.get_filename() == "BG-2022-reminder.pdf"
    body = message.get_body()
    assert body
    for text in (body.get_content(), text_of_pdf(before["BG-2022-reminder.pdf"])):
        assert "Reminder, returns of round 2022: Bulgaria" in text
        assert "8 days late" in text
        assert "12 May 2023" in text
    nobody = message_from_bytes(before["TR-2022-reminder.eml"], policy=default)
    assert nobody["To"] is None  # no address of it is entered, and none is made up
    assert nobody["Subject"] == "Reminder, returns of round 2022: Türkiye"


def test_a_reminder_of_a_return_that_came_is_taken_away(
    project: Project, contracts: Contracts
) -> None:
    found = due(project, contracts)
    folder = reminders_folder(project, 2022)

    def write(*states: str, whole: bool) -> set[str]:
        write_reminders(
            project, [found[s] for s in states], round_=2022, mail=None, zone=ZONE, whole=whole
        )
        return {p.name for p in folder.iterdir()}

    both = write("BG", "RO", whole=True)
    (folder / "notes.txt").touch()
    assert write("BG", whole=False) == {*both, "notes.txt"}
    left = write("BG", whole=True)
    assert left == {"BG-2022-reminder.pdf", "BG-2022-reminder.eml", "notes.txt"}
    assert write(whole=True) == {"notes.txt"}


# What is sent.


def _mail(path: Path, contracts: Contracts) -> Mail:
    (path.parent / "mail.schema.json").write_bytes(
        (ROOT / "data_contracts" / "mail.schema.json").read_bytes()
    )
    found = load_mail(path.parent, contracts)
    assert found
    return found


@pytest.fixture
def send(project: Project, contracts: Contracts, tmp_path: Path) -> Callable[..., list[Outcome]]:
    """Send the reminders of some states through a server at a port."""

    def sending(
        port: int,
        *states: str,
        known: Sequence[str] = (),
        again: bool = False,
        day: date = DAY,
        **relay: object,
    ) -> list[Outcome]:
        found = due(project, contracts, day)
        mail = _mail(settings(tmp_path, port, *(known or states), **relay), contracts)
        letters = write_reminders(
            project, [found[s] for s in states], round_=2022, mail=mail, zone=ZONE, whole=True
        )
        return [*send_reminders(project, letters, mail=mail, by="Ana Pop", again=again)]

    return sending


Send = Callable[..., list[Outcome]]


def test_a_reminder_leaves_once_and_is_in_the_record(
    project: Project, send: Send, tmp_path: Path
) -> None:
    post = Post()
    certificate = make_certificate(tmp_path / "keys")
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
    secret.chmod(0o600)
    relay = {"authorities": str(certificate[0]), "user": USER, "passwordFile": "password"}
    with serving(post, certificate) as port:
        sent = send(port, "BG", "RO", **relay)
        assert [(o.state, o.event) for o in sent] == [("BG", "sent"), ("RO", "sent")]
        assert [o.event for o in send(port, "BG", "RO", **relay)] == ["sent before"] * 2
        assert [o.event for o in send(port, "BG", **relay, day=date(2023, 4, 21))] == [
            "sent before"
        ]
        assert len(post.taken) == 2
        assert [o.event for o in send(port, "RO", again=True, **relay)] == ["sent"]
    assert post.secure == [True] * 3
    assert [to for _, to, _ in post.taken] == [
        ["bg@ministry.example"],
        ["ro@ministry.example"],
        ["ro@ministry.example"],
    ]
    lines = [s for s in read_sent(project, 2022) if s.event == "sent"]
    assert [(s.state, s.number, s.by, s.occasions) for s in lines] == [
        ("BG", 1, "Ana Pop", ("thb 2023-04-07",)),
        ("RO", 1, "Ana Pop", ("thb 2023-04-07",)),
        ("RO", 2, "Ana Pop", ("thb 2023-04-07",)),
    ]
    for (_, _, content), line in zip(post.taken, lines, strict=True):
        kept = (project.archive / line.message).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == line.sha256
        assert content == kept  # what arrived is what was kept, byte for byte
    assert PASSWORD not in (project.archive / "mail" / "2022.jsonl").read_text(encoding="utf-8")
    identities = [message["Message-ID"] for message in post.messages()]
    assert len(set(identities)) == 3
    assert all("X-Unsent" not in message for message in post.messages())


def test_the_next_day_to_remind_is_another_reminder(send: Send) -> None:
    post = Post()
    with serving(post) as port:
        for day, event in (
            (date(2023, 3, 24), "sent"),
            (date(2023, 4, 6), "sent before"),
            (date(2023, 4, 7), "sent"),
        ):
            (outcome,) = send(port, "BG", day=day, security="none")
            assert outcome.event == event
    assert len(post.taken) == 2


def test_tls_from_the_first_byte(send: Send, tmp_path: Path) -> None:
    post = Post()
    certificate = make_certificate(tmp_path / "keys")
    relay = {"security": "tls", "authorities": str(certificate[0])}
    with serving(post, certificate, tls=True) as port:
        assert [o.event for o in send(port, "BG", **relay)] == ["sent"]
    assert post.secure == [True]


def test_nothing_leaves_in_the_open_or_to_a_stranger(
    project: Project, send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay without encryption, with a certificate that nobody vouches for or that is
    another's, one that is not there, and a wrong password.
    """
    monkeypatch.setenv("WRONG", "another password")
    monkeypatch.setattr(relay_module, "SECONDS", 5)
    own, other = make_certificate(tmp_path / "keys"), make_certificate(tmp_path, "other.example")
    post = Post()

    def refused(port: int, **relay: object) -> str:
        with pytest.raises(MailError, match="nothing was sent through the relay") as told:
            send(port, "BG", **relay)
        return told.value.what

    with serving(post) as port:
        assert "STARTTLS" in refused(port)
        assert "encryption cannot be trusted" in refused(port, security="tls")
    with serving(post, own) as port:
        assert "self-signed" in refused(port)
        wrong = {"authorities": str(own[0]), "user": USER, "passwordVariable": "WRONG"}
        assert "does not let us in: 535" in refused(port, **wrong)
    with serving(post, other) as port:
        assert "127.0.0.1" in refused(port, authorities=str(other[0]))
    assert "cannot be reached" in refused(port, authorities=str(own[0]))
    assert post.taken == []
    assert read_sent(project, 2022) == []


def test_a_password_is_taken_from_a_file_of_its_owner_alone(
    send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o640)
    with pytest.raises(UserError, match="others than its owner may open it"):
        send(1, "BG", user=USER, passwordFile="password")
    secret.chmod(0o600)
    secret.write_text("two\nlines", encoding="utf-8")
    with pytest.raises(UserError, match="does not hold one line"):
        send(1, "BG", user=USER, passwordFile="password")
    with pytest.raises(UserError, match="No such file"):
        send(1, "BG", user=USER, passwordFile="nowhere")
    monkeypatch.delenv("NO_PASSWORD", raising=False)
    with pytest.raises(UserError, match="the variable NO_PASSWORD is not set"):
        send(1, "BG", user=USER, passwordVariable="NO_PASSWORD")
    with (
        serving(Post(), make_certificate(tmp_path / "keys")) as port,
        pytest.raises(UserError, match="certificates to be trusted cannot be read"),
    ):
        send(port, "BG", authorities="password")


def test_a_state_without_an_address_stops_all_before_anything_leaves(
    project: Project, send: Send
) -> None:
    post = Post()
    told = "there is no address of AL, RO: nothing was sent"
    with serving(post) as port, pytest.raises(UserError, match=told):
        send(port, "AL", "BG", "RO", known=("BG",), security="none")
    assert post.taken == []


def test_a_relay_that_refuses_one_state_takes_the_others(project: Project, send: Send) -> None:
    post = Post(refuses=frozenset({"bg@ministry.example"}))
    with serving(post) as port:
        outcomes = send(port, "BG", "RO", security="none")
        assert [(o.state, o.event) for o in outcomes] == [("BG", "refused"), ("RO", "sent")]
        assert "550 no such mailbox" in outcomes[0].told
        post.refuses = frozenset()
        after = {o.state: o.event for o in send(port, "BG", "RO", security="none")}
        assert after == {"BG": "sent", "RO": "sent before"}


def test_a_line_that_breaks_in_the_middle_is_not_sent_again_unasked(
    project: Project, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()

    def broken(*_: object, **__: object) -> None:
        raise OSError("the line broke")

    with serving(post) as port:
        with monkeypatch.context() as patch:
            patch.setattr("smtplib.SMTP.getreply", broken, raising=True)
            with pytest.raises(UserError, match="nothing was sent"):
                send(port, "BG", security="none")
        with monkeypatch.context() as patch:
            patch.setattr("smtplib.SMTP.data", broken)
            with pytest.raises(MailError, match="nobody knows whether what was written to BG"):
                send(port, "BG", security="none")
        assert [s.event for s in read_sent(project, 2022)] == ["sending"]
        (outcome,) = send(port, "BG", security="none")
        assert (outcome.event, "AGAIN=yes" in outcome.told) == ("unknown", True)
        assert [o.event for o in send(port, "BG", again=True, security="none")] == ["sent"]
    assert len(post.taken) == 1


@pytest.mark.parametrize("line", ["{", "{}", "[]", '{"event": "sent"}'])
def test_a_damaged_record_is_told(line: str, project: Project) -> None:
    path = project.archive / "mail" / "2022.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(DamagedFileError, match="no record of what was sent"):
        read_sent(project, 2022)


# What is never sent.


def test_no_figure_name_or_text_of_a_return_is_in_a_reminder(
    project: Project, contracts: Contracts, send: Send
) -> None:
    """Canaries in the figures, texts, sheets and name of a return that is refused, so that
    its state is written to.
    """
    figure, word = 48_151_623, "CANARYWORD"
    book = build_workbook(contracts, "thb", state="RO", round_=2021)  # not of this round
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if not cell.protection.locked:
                    cell.value = figure if (cell.column or 0) % 2 else f"{word} {figure}"
    path = project.returns / "2022" / "thb" / "RO.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(workbook_bytes(book, 2022))
    (path.parent / f"RO {word} {figure}.xlsx").write_bytes(b"no workbook")
    validation = validate_and_write(project, contracts, round_=2022)
    assert ("RO", "thb", "") in validation.refused
    assert any(str(figure) in f.found for f in validation.findings)  # there is what could leak
    post = Post()
    with serving(post) as port:
        assert [o.event for o in send(port, "RO", security="none")] == ["sent"]
    (message,) = post.messages()
    body = message.get_body()
    assert body
    (letter,) = message.iter_attachments()
    told = [*map(str, message.values()), body.get_content(), text_of_pdf(letter.get_content())]
    assert "received and refused, 8 days late" in told[-2]
    assert "received and refused" in " ".join(told[-1].split())
    for text in (*told, post.taken[0][2].decode()):
        assert str(figure) not in text
        assert word.casefold() not in text.casefold()
    # More: every number of the text is the round, a day, or a count of days.
    assert set(re.findall(r"\d+", body.get_content())) <= {"2022", "2023", "8", "31", "12"}


# The command.


def test_the_command_writes_sends_and_says_what_it_cannot(tmp_path: Path) -> None:
    """In a project of its own, with a server on loopback."""
    for name in ("data_contracts", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "returns").mkdir()
    entry = {
        "round": 2022,
        "report": "thb",
        "opens": "2023-02-01",
        "due": "2023-03-31",
        "cutoff": "2023-05-12",
        "release": {"public": "2023-06-19 10:00"},
        "reminders": [-7],
    }
    (tmp_path / "data_contracts" / "calendar.yaml").write_text(
        yaml.safe_dump({"zone": ZONE, "rounds": [entry]}), encoding="utf-8"
    )

    def run(*arguments: str, **more: str) -> Done:
        named = {"PATH": os.environ["PATH"], **more}
        return run_here("remind", "--round", "2022", *arguments, root=tmp_path, environment=named)

    early = run("--date", "2023-04-01")
    assert early.returncode == 0, early.stderr
    assert "nobody is to be reminded on 2023-04-01; the next day to remind is 2023-04-07" in (
        early.stdout
    )
    written = run("--date", "2023-04-08", "--state", "BG")
    assert written.returncode == 0, written.stderr
    assert "BG-2022-reminder.eml" in written.stdout
    unset = run("--date", "2023-04-08", "--send")
    assert unset.returncode == 2
    assert "there are no settings of mail" in unset.stderr
    post = Post()
    with serving(post) as port:
        named = {"SELEC_MAIL": str(settings(tmp_path, port, "BG", security="none"))}
        missing = run("--date", "2023-04-08", "--send", **named)
        assert missing.returncode == 2
        assert "there is no address of AL, BA" in missing.stderr
        sent = run("--date", "2023-04-08", "--send", "--state", "BG", "--by", "Ana Pop", **named)
        assert sent.returncode == 0, sent.stderr
        assert "BG: sent, to bg@ministry.example" in sent.stdout
        twice = run("--date", "2023-04-08", "--send", "--state", "BG", **named)
        assert "BG: sent before, at " in twice.stdout
        assert "by Ana Pop" in twice.stdout
        post.refuses = frozenset({"bg@ministry.example"})
        refused = run("--date", "2023-04-08", "--send", "--again", "--state", "BG", **named)
        assert refused.returncode == MailError.exit_code
        assert "the relay refused what was written to BG" in refused.stderr
    assert len(post.taken) == 1
    assert not any("Traceback" in done.stderr for done in (unset, missing, refused))

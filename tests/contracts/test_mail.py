"""Do the settings of mail hold addresses and a relay, and never a password or a way in the
open?
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.mail import MAIL, SCHEMA, Mail, is_loopback, load_mail
from pipeline.contracts.model import Contracts
from pipeline.errors import ContractError

PAGE = ROOT / "docs" / "how-to" / "reminders.md"
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


def read(folder: Path, contracts: Contracts, text: str = EXAMPLE) -> Mail:
    (folder / SCHEMA).write_bytes((ROOT / "data_contracts" / SCHEMA).read_bytes())
    (folder / MAIL).write_text(text, encoding="utf-8")
    found = load_mail(folder, contracts)
    assert found
    return found


def test_the_project_knows_no_address_and_sends_nothing(contracts: Contracts) -> None:
    assert load_mail(ROOT / "data_contracts", contracts) is None


def test_the_example_of_the_page_is_read(tmp_path: Path, contracts: Contracts) -> None:
    mail = read(tmp_path, contracts)
    assert (mail.address, mail.domain) == ("reports@selec.example", "selec.example")
    ro = mail.reached("RO")
    assert ro
    assert ro.to == ("focal-point@ministry.example",)
    assert mail.reached("BG") is None
    assert mail.relay
    assert (mail.relay.security, mail.relay.port) == ("starttls", 587)
    assert mail.relay.password_file == Path("/etc/selec/mail-password")


def test_a_file_that_is_named_stands_for_that_of_the_project(
    tmp_path: Path, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, contracts)
    monkeypatch.setenv("SELEC_MAIL", str(tmp_path / MAIL))
    found = load_mail(ROOT / "data_contracts", contracts)
    assert found
    assert found.path == tmp_path / MAIL
    monkeypatch.setenv("SELEC_MAIL", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(ContractError, match=r"nowhere\.yaml"):
        load_mail(ROOT / "data_contracts", contracts)


def test_a_password_may_stand_in_a_file_beside_the_settings(
    tmp_path: Path, contracts: Contracts
) -> None:
    mail = read(tmp_path, contracts, EXAMPLE.replace("/etc/selec/mail-password", "secret"))
    assert mail.relay
    assert mail.relay.password_file == tmp_path / "secret"


WRONG = {
    "a password": ("  user: reports", "  password: abc", "password"),
    "a password beside its user": ("  passwordFile: /etc/selec/mail-password", "", "a user has"),
    "no user": ("  user: reports", "", "no user whose password"),
    "no address": ("focal-point@ministry.example", "focal point", "focal point"),
    "a line break in an address": (
        "to: [focal-point@ministry.example]",
        'to: ["a@b.example\\nBcc: c@d.example"]',
        "states.RO.to",
    ),
    "a name that is a header": ("SELEC Reporting", "SELEC <x@y.example>", "from.name"),
    "a state that is none": ("RO:", "XX:", "there is no state 'XX'"),
    "no encryption": ("security: starttls", "security: none", "to this machine alone"),
    "an unknown encryption": ("security: starttls", "security: ssl3", "relay.security"),
    "a port that is none": ("port: 587", "port: 65536", "relay.port"),
    "an unknown entry": ("relay:", "relays:", "relays"),
    "nobody to write to": ("to: [focal-point@ministry.example]", "to: []", "states.RO.to"),
    "an address of two states": (
        "states:",
        "states:\n  BG: {to: [Focal-Point@ministry.example]}",
        "is an address of",
    ),
    "a copy to another state": (
        "states:",
        "states:\n  BG: {to: [b@g.example], cc: [focal-point@ministry.example]}",
        "is an address of RO too",
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), WRONG.values(), ids=list(WRONG))
def test_a_mistake_is_told_with_its_line(
    old: str, new: str, told: str, tmp_path: Path, contracts: Contracts
) -> None:
    assert old in EXAMPLE
    with pytest.raises(ContractError) as refused:
        read(tmp_path, contracts, EXAMPLE.replace(old, new, 1))
    assert told in str(refused.value)
    assert re.search(r"line \d+", str(refused.value))
    assert "docs/how-to/reminders.md" in str(refused.value)


def test_a_copy_may_go_to_one_office_of_the_center_for_all(
    tmp_path: Path, contracts: Contracts
) -> None:
    cc = "states:\n  BG: {to: [b@g.example], cc: [unit@selec.example]}"
    mail = read(tmp_path, contracts, EXAMPLE.replace("states:", cc, 1))
    assert len(mail.states) == 2


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("127.1.2.3", True),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
    ],
)
def test_this_machine_is_told_from_others(host: str, is_here: bool) -> None:
    assert is_loopback(host) == is_here

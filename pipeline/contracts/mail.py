"""Where are states written to, by whom, and through which relay? The settings of mail.

They are `mail.yaml` beside the contracts, or the file that SELEC_MAIL names. Without
one nothing is ever sent. No password stands in it: a relay that asks for one names a
file or a variable of the environment that holds it.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.model import Contracts
from pipeline.system.yaml_files import YamlFile

MAIL, SCHEMA = "mail.yaml", "mail.schema.json"
FILES = (MAIL, SCHEMA)
PAGE = "docs/how-to/reminders.md"
NAMED_BY = "SELEC_MAIL"

Security = Literal["starttls", "tls", "none"]
_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Relay:
    """The server that takes mail. `authorities` is a file of certificates that are
    trusted in place of the machine's own; the password of `user` stands in
    `password_file`, or in a variable of the environment.
    """

    host: str
    port: int
    security: Security
    authorities: Path | None
    user: str
    password_file: Path | None
    password_variable: str


@dataclass(frozen=True)
class Reached:
    """The addresses of a state."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mail:
    """The settings of mail. `states` holds those states whose addresses are entered;
    `operators` are told when a run without a person did not end well.
    """

    path: Path
    name: str
    address: str
    reply_to: str
    states: tuple[tuple[str, Reached], ...]
    relay: Relay | None
    operators: tuple[str, ...] = ()

    def reached(self, state: str) -> Reached | None:
        return dict(self.states).get(state)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def load_mail(folder: Path, contracts: Contracts) -> Mail | None:
    """The settings of mail: those that SELEC_MAIL names, else those in `folder`
    (data_contracts); None where there are none. Raises ContractError with all that is
    wrong with them, each with its line.
    """
    named = os.environ.get(NAMED_BY, "")
    path = Path(named) if named else folder / MAIL
    if not named and not path.exists():
        return None
    file = read_checked(
        path,
        folder / SCHEMA,
        wrong=lambda file: _wrong(file, contracts),
        page=PAGE,
        besides=". A password stands in a file of its own",
    )
    return _read(file)


def _wrong(file: YamlFile, contracts: Contracts) -> Iterator[str]:
    """What a schema cannot see: states that are none, an address of two states, a relay
    to which mail or a password would travel in the open.
    """
    known = contracts.codelist("states")
    states: dict[str, dict[str, list[str]]] = file.content["states"]
    whose: dict[str, str] = {}  # copies may go to an office of the Center for several states
    for state, reached in states.items():
        for address in reached["to"]:
            whose.setdefault(address.casefold(), state)
    for state, reached in states.items():
        at = ("states", state)
        if state not in known:
            yield f"{file.place(at)}: there is no state '{state}'"
        for address in (*reached["to"], *reached.get("cc", [])):
            other = whose.get(address.casefold(), state)
            if other != state:
                yield (
                    f"{file.place(at)}: {address} is an address of {other} too; what is written to"
                    " one state is not for another"
                )
    relay: dict[str, Any] = file.content.get("relay", {})
    held = [name for name in ("passwordFile", "passwordVariable") if name in relay]
    if "user" in relay and len(held) != 1:
        yield (
            f"{file.place(('relay', 'user'))}: a user has a password: either passwordFile or"
            " passwordVariable says where it is"
        )
    if held and "user" not in relay:
        yield f"{file.place(('relay', held[0]))}: there is no user whose password it would be"
    if relay.get("security") == "none" and not is_loopback(relay["host"]):
        yield (
            f"{file.place(('relay', 'security'))}: without encryption mail goes to this machine"
            f" alone, not to {relay['host']}"
        )
    if relay.get("security") == "none" and "user" in relay:
        yield f"{file.place(('relay', 'user'))}: no password is said without encryption"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or number."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _read(file: YamlFile) -> Mail:
    content = file.content

    def beside(name: str) -> Path | None:
        text = relay.get(name)
        return file.path.parent / text if text else None  # an absolute path stays one

    relay: dict[str, Any] = content.get("relay", {})
    security: Security = relay.get("security", "starttls")
    return Mail(
        file.path,
        content["from"].get("name", ""),
        content["from"]["address"],
        content.get("replyTo", ""),
        tuple(
            (state, Reached(tuple(reached["to"]), tuple(reached.get("cc", []))))
            for state, reached in content["states"].items()
        ),
        Relay(
            relay["host"],
            relay.get("port", _PORTS[security]),
            security,
            beside("authorities"),
            relay.get("user", ""),
            beside("passwordFile"),
            relay.get("passwordVariable", ""),
        )
        if relay
        else None,
        tuple(content.get("operators", ())),
    )

"""Who are the people of the tests? Four with throw-away keys, and the list of signers that says so."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from pipeline.people import Person, acting
from pipeline.signers import FILE, NAMESPACE, Signers, read_signers

PEOPLE = {"analyst": "Ana Pop", "reviewer": "Bogdan Ilić", "head-of-unit": "Çelik O'Hara", "director": "Dora K."}
VALID = 'valid-after="20200101",valid-before="20990101"'


@cache
def keys() -> Path:
    """A folder with a key for each role, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="selec-keys-"))
    for role in PEOPLE:
        make_key(folder / role)
    return folder


def make_key(path: Path, *options: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path), *options], check=True)
    return path


def key_of(role: str) -> Path:
    return keys() / role


def public(key: Path) -> str:
    """The public part as it stands in a list of signers: kind and key."""
    return " ".join(key.with_name(key.name + ".pub").read_text(encoding="ascii").split()[:2])


def line(principal: str, key: Path, name: str, roles: str, valid: str = VALID, namespace: str = NAMESPACE) -> str:
    return f'{principal} namespaces="{namespace}",{valid} {public(key)} {name}; {roles}\n'


def list_of_signers() -> str:
    return "# people of the tests\n" + "".join(
        line(f"{role}@selec.example", key_of(role), name, role) for role, name in PEOPLE.items()
    )


def enter_signers(contracts: Path) -> Signers:
    """Write the list of signers among contracts."""
    contracts.mkdir(parents=True, exist_ok=True)
    (contracts / FILE).write_text(list_of_signers(), encoding="utf-8")
    return read_signers(contracts)


@cache
def the_signers() -> Signers:
    return enter_signers(keys() / "contracts")


def signing(role: str, day: str = "2023-05-02") -> Person:
    """The person of a role with the key of that person."""
    return acting(the_signers(), str(key_of(role)), "", role, day)

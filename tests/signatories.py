"""Who are the people of the tests? Four with throw-away keys, and the list of signers
that says so.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from pipeline.system.signed.people import Person, acting
from pipeline.system.signed.signers import FILE, NAMESPACE, Signers, read_signers

PEOPLE = {
    "analyst": "Ana Pop",
    "reviewer": "Bogdan Ilić",
    "head-of-unit": "Çelik O'Hara",
    "director": "Dora K.",
}
VALID = 'valid-after="20200101",valid-before="20990101"'


@cache
def keys() -> Path:
    """A folder with a key for each role, made once a process."""
    return make_keys(Path(tempfile.mkdtemp(prefix="selec-keys-")))


def make_keys(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for role in PEOPLE:
        make_key(folder / role)
    return folder


def make_key(path: Path) -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True
    )
    return path


def public(key: Path) -> str:
    """The public part as it stands in a list of signers: kind and key."""
    return " ".join(key.with_name(key.name + ".pub").read_text(encoding="ascii").split()[:2])


def line(
    principal: str, key: Path, name: str, roles: str, valid: str = VALID, namespace: str = NAMESPACE
) -> str:
    return f'{principal} namespaces="{namespace}",{valid} {public(key)} {name}; {roles}\n'


def enter_signers(contracts: Path, folder: Path) -> Signers:
    """Write the list of signers among contracts, with the keys of a folder."""
    contracts.mkdir(parents=True, exist_ok=True)
    lines = (
        line(f"{role}@selec.example", folder / role, name, role) for role, name in PEOPLE.items()
    )
    (contracts / FILE).write_text("# people of the tests\n" + "".join(lines), encoding="utf-8")
    return read_signers(contracts)


def signing(signers: Signers, folder: Path, role: str, day: str = "2023-05-02") -> Person:
    """The person of a role with the key of that person."""
    return acting(signers, str(folder / role), by="", role=role, day=day)

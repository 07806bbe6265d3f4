"""Who may sign? `data_contracts/allowed_signers`: the keys of people with their names,
roles and dates.

The format is that of OpenSSH (ssh-keygen(1), ALLOWED SIGNERS), one key a line, so that
`ssh-keygen -Y verify` reads the very file; the comment behind the key says the name and
the roles of the person:

    ana.pop@selec.example namespaces="selec-reporting",valid-after="20230101"
    ssh-ed25519 AAAA... Ana Pop; analyst

A key that is no longer used ends with `valid-before`; its line stays, because what it
signed is still read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.errors import ContractError, UserError

FILE = "allowed_signers"
NAMESPACE = "selec-reporting"  # a signature made for mail, git or another program is none for us

ROLES = {
    "analyst": "makes the report",
    "reviewer": "checks figures and text",
    "head-of-unit": "answers for the figures",
    "director": "answers for the publication",
}

# Kinds of keys, each with the number of fields in its public part.
_KEY_FIELDS = {
    "ssh-ed25519": 2,
    "sk-ssh-ed25519@openssh.com": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
    "ssh-rsa": 3,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
}
_RSA_BYTES = 384  # 3072 bits
_PRINCIPAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,99}")
_OPTION = re.compile(r'(?P<name>[a-z-]+)(="(?P<value>[^"]*)")?(,|$)')
_LINE = re.compile(
    r'(?P<principal>[^ ]+) (?P<options>[a-z][^ "]*("[^"]*"[^ "]*)*) (?P<kind>[a-z][^ ]*)'
    r" (?P<key>[A-Za-z0-9+/=]+)"
    r"(?: (?P<comment>.*))?"
)
_EXAMPLE = (
    f'principal namespaces="{NAMESPACE}",valid-after="20230101" ssh-ed25519 AAAA... Name Surname;'
    " role, another role"
)


@dataclass(frozen=True)
class Identity:
    """One line of the file: a key, whose it is, in which roles it signs, and from which
    day until before which.
    """

    principal: str
    name: str
    roles: tuple[str, ...]
    key: bytes  # the public part, as OpenSSH writes it
    valid_after: date
    valid_before: date | None
    text: str  # the line itself, for ssh-keygen
    line: int

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.key)

    def holds_on(self, day: date) -> bool:
        return self.valid_after <= day and (self.valid_before is None or day < self.valid_before)

    def term(self) -> str:
        return f"from {self.valid_after}" + (
            f" until before {self.valid_before}" if self.valid_before else ""
        )


@dataclass(frozen=True)
class Signers:
    """Everybody who may sign. `path` is where it stands, for messages."""

    path: str
    identities: tuple[Identity, ...] = ()

    def by_key(self, key: bytes) -> Identity | None:
        return next((i for i in self.identities if i.key == key), None)


def fingerprint(key: bytes) -> str:
    """A public key as `ssh-keygen -l` names it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def plain(name: str) -> str:
    """A name as it is compared: one person is not two because of a capital, a space or
    an accent.
    """
    letters = (
        c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c)
    )
    return " ".join("".join(letters).split())


def read_signers(contracts: Path) -> Signers:
    """Read the file among the contracts; nobody may sign where there is none.

    Raises ContractError at the first line that is not right, with file and line.
    """
    path = contracts / FILE
    if not path.exists():
        return Signers(FILE)
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ContractError(
            f"the list of signers cannot be read: {problem}",
            where=FILE,
            allowed="text in UTF-8",
            do="save it so",
        ) from None
    found: list[Identity] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip(" ") or line.startswith("#"):
            continue
        where = f"{FILE} line {number}"
        identity = _parse(line, number, where=where)
        for what, do in _clashes(identity, found):
            raise ContractError(
                what, where=where, allowed="one name a person, one person a key", do=do
            )
        found.append(identity)
    return Signers(FILE, tuple(found))


def _parse(line: str, number: int, *, where: str) -> Identity:
    if not line.isprintable():
        raise ContractError(
            "there is a tab, a carriage return or another character that does not show",
            where=where,
            allowed=_EXAMPLE,
            do="part the fields by one space",
        )
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise ContractError(
            "this is no line of a signer", where=where, allowed=_EXAMPLE, do="write it so"
        )
    principal = parts["principal"]
    if not _PRINCIPAL.fullmatch(principal):
        raise ContractError(
            f"'{principal}' names nobody for certain",
            where=where,
            allowed="one principal, such as a mail address, without pattern or comma",
            do="write one line a key",
        )
    options = _options(parts["options"], where)
    after = _day(options["valid-after"], "valid-after", where=where)
    before = (
        _day(options["valid-before"], "valid-before", where=where)
        if "valid-before" in options
        else None
    )
    if before is not None and before <= after:
        raise ContractError(
            f"valid-before {before} is not later than valid-after {after}",
            where=where,
            allowed="a key that is valid for a day at least",
            do="correct the days",
        )
    name, roles = _name_and_roles(parts["comment"] or "", where)
    key = _key(parts["kind"], parts["key"], where)
    return Identity(principal, name, roles, key, after, before, line, number)


def _options(text: str, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        option = _OPTION.match(text, place)
        name = option["name"] if option else text[place:]
        if (
            option is None
            or name not in ("namespaces", "valid-after", "valid-before")
            or option["value"] is None
        ):
            raise ContractError(
                f"'{name}' is no option of a signer here",
                where=where,
                allowed=(
                    'namespaces="...", valid-after="..." and valid-before="...", parted by commas'
                ),
                do="remove it",
            )
        if name in found:
            raise ContractError(
                f"{name} stands twice", where=where, allowed="each option once", do="remove one"
            )
        found[name] = option["value"]
        place = option.end()
    if found.get("namespaces") != NAMESPACE:
        raise ContractError(
            f'the key is not for what is signed here: namespaces="{found.get("namespaces", "")}"',
            where=where,
            allowed=f'namespaces="{NAMESPACE}"',
            do="write it so",
        )
    if "valid-after" not in found:
        raise ContractError(
            "there is no valid-after",
            where=where,
            allowed=_EXAMPLE,
            do="give the first day of the key",
        )
    return found


def _day(text: str, name: str, *, where: str) -> date:
    try:
        if not re.fullmatch(r"[0-9]{8}", text):
            raise ValueError
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ContractError(
            f"{name}: '{text}' is no day",
            where=where,
            allowed="a day such as 20230502",
            do="correct it",
        ) from None


def _name_and_roles(comment: str, where: str) -> tuple[str, tuple[str, ...]]:
    name, found, told = comment.partition(";")
    roles = tuple(r.strip() for r in told.split(","))
    if not found or not plain(name) or " ".join(name.split()) != name or len(name) > 100:
        raise ContractError(
            f"the comment '{comment[:80]}' does not say who this is",
            where=where,
            allowed="Name Surname; role, another role",
            do="write name and roles behind the key",
        )
    for role in roles:
        if role not in ROLES:
            raise ContractError(
                f"there is no role '{role}'", where=where, allowed=", ".join(ROLES), do="correct it"
            )
    if len(set(roles)) < len(roles):
        raise ContractError(
            "a role stands twice", where=where, allowed="each role once", do="remove one"
        )
    return name, roles


def _key(kind: str, text: str, where: str) -> bytes:
    if kind not in _KEY_FIELDS:
        raise ContractError(
            f"'{kind}' is no kind of key",
            where=where,
            allowed=", ".join(_KEY_FIELDS),
            do="make a key with 'ssh-keygen -t ed25519'",
        )
    key = b""
    try:
        key = base64.b64decode(text, validate=True)
        fields = list(fields_of(key))
    except (binascii.Error, ValueError):
        fields = []
    if (
        len(fields) != _KEY_FIELDS[kind]
        or fields[0] != kind.encode()
        or base64.b64encode(key).decode() != text
    ):
        raise ContractError(
            "the key is not whole",
            where=where,
            allowed="what stands in the file .pub of the key",
            do="copy it again",
        )
    if kind == "ssh-rsa" and len(fields[2].lstrip(b"\0")) < _RSA_BYTES:
        raise ContractError(
            "the key is too short",
            where=where,
            allowed=f"RSA keys of {_RSA_BYTES * 8} bits or more",
            do="make a key with 'ssh-keygen -t ed25519'",
        )
    return key


def fields_of(blob: bytes) -> Iterator[bytes]:
    """The strings of a message as SSH writes them, each behind its length. Raises
    ValueError where it is cut off.
    """
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length:
            raise ValueError("cut off")
        yield blob[4 : 4 + length]
        blob = blob[4 + length :]


def _clashes(new: Identity, before: list[Identity]) -> Iterator[tuple[str, str]]:
    for other in before:
        if new.key == other.key:
            if new.principal != other.principal:
                yield (
                    f"this key is already that of {other.principal}, line {other.line}",
                    "let each have a key alone",
                )
            yield f"this key stands twice, also in line {other.line}", "join the two lines"
        if new.principal == other.principal and new.name != other.name:
            yield (
                f"{new.principal} is {new.name} here and {other.name} in line {other.line}",
                "write one name; who has another name now gets a new principal and a new key",
            )
        if new.principal != other.principal and plain(new.name) == plain(other.name):
            yield (
                f"{new.name} is {new.principal} here and {other.principal} in line {other.line}",
                (
                    "use one principal; let two people of one name have a letter or a second name"
                    " to tell them apart"
                ),
            )


def lint_signers(contracts: Path) -> str:
    """Read the file as strictly as those do who use it. Returns a line for the
    terminal; raises ContractError.
    """
    signers = read_signers(contracts)
    people = {i.principal for i in signers.identities}
    told = (
        f"{len(people)} people with {len(signers.identities)} keys"
        if people
        else "nobody, so all is rehearsal"
    )
    return f"signers: {told}"


def require_somebody(signers: Signers) -> None:
    if not signers.identities:
        raise UserError(
            "nobody may sign yet",
            where=f"data_contracts/{FILE}",
            allowed="a line for each key",
            do="enter the keys (docs/how-to/sign-off.md, 'Keys'), or rehearse with REHEARSAL=yes",
        )

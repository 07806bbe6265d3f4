"""Who acts? A person by the key that signs, or, in rehearsal alone, by a name that was
typed.

    # By a key: name and role come from the list.
    who = acting(signers, key, by, role, day, roles=("analyst",))
    # Typed: what this person does says REHEARSAL.
    who = person("Ana Pop", "analyst", "2023-05-02")
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.errors import SignOffError, UserError
from pipeline.system.signed.signers import ROLES, Signers, plain
from pipeline.system.signed.signing import Signer, open_signer

_MAX_REASON = 500


@dataclass(frozen=True)
class Person:
    """Who does something, as whom, on which day. Without a `signer` it is a rehearsal:
    the name is as it was typed.
    """

    name: str
    role: str
    day: date
    signer: Signer | None = None

    def __str__(self) -> str:
        return f"{self.name}, {self.role}" + (" (REHEARSAL)" if self.rehearses else "")

    @property
    def rehearses(self) -> bool:
        return self.signer is None

    def same_as(self, name: str) -> bool:
        return plain(self.name) == plain(name)

    def as_dict(self) -> dict[str, str]:
        return {"by": self.name, "role": self.role, "day": self.day.isoformat()}


def person(by: str, role: str, *, day: str) -> Person:
    """Somebody of a rehearsal. Raises UserError without a name, with an unknown role,
    or with what is no day.
    """
    name = " ".join(by.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise UserError(
            "there is no name", allowed="one person's name", do='give BY="Name Surname"'
        )
    if role not in ROLES:
        raise UserError(f"there is no role '{role}'", allowed=", ".join(ROLES), do="give ROLE=")
    return Person(name, role, parse_day(day))


def acting(
    signers: Signers, key: str, *, by: str, role: str, day: str, roles: Iterable[str] = ROLES
) -> Person:
    """The person whose key it is, in the `role` that was asked for, or in the only one
    of `roles` that the person has.

    Raises UserError when no key is given, it is nobody's, or not valid on the day; when
    `by` is another name; when the person does not have the role.
    """
    when = parse_day(day)
    if not key:
        raise SignOffError(
            "nobody signs this",
            allowed="a key of the list data_contracts/allowed_signers",
            do=(
                "give SIGN_KEY= with the file of your key, or rehearse: REHEARSAL=yes with BY= and"
                " ROLE="
            ),
        )
    signer = open_signer(key, signers)
    identity = signer.identity
    where = f"{signers.path} line {identity.line}"
    if by and plain(by) != plain(identity.name):
        raise SignOffError(
            f"BY={by} is not whose key this is",
            where=where,
            allowed=identity.name,
            do="leave BY= away",
        )
    if not identity.holds_on(when):
        raise SignOffError(
            f"the key of {identity.name} is not valid on {when}",
            where=where,
            allowed=identity.term(),
            do="let the Center enter a new key",
        )
    fitting = [r for r in identity.roles if r in set(roles)]
    if role and role not in identity.roles:
        raise SignOffError(
            f"{identity.name} is no {role}",
            where=where,
            allowed=", ".join(identity.roles),
            do="give the right ROLE=",
        )
    if not role and len(fitting) != 1:
        raise SignOffError(
            f"{identity.name} may act in several roles, or in none that may do this",
            where=where,
            allowed=", ".join(fitting or roles),
            do="give ROLE=" if fitting else "let a person of that role do it",
        )
    return Person(identity.name, role or fitting[0], when, signer)


def parse_day(day: str) -> date:
    """A day as it was typed, today without one. Raises UserError at what is no day."""
    try:
        return date.fromisoformat(day) if day else date.today()
    except ValueError:
        raise UserError(
            f"'{day}' is no day", allowed="a day such as 2023-05-02", do="give DATE=2023-05-02"
        ) from None


def kept_reason(reason: str) -> str:
    """Why something is done, in one line. Raises UserError where that cannot be kept."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > _MAX_REASON or not reason.isprintable():
        raise UserError(
            "there is no reason that can be kept",
            allowed=f"a sentence of up to {_MAX_REASON} printable characters",
            do='give REASON="..."',
        )
    return reason

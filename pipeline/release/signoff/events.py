"""What does an event of a record of sign-off say? Reads the JSON of a line of the
record; returns the event of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SignOffEvent:
    """What every event says: who did it, in which role, on which day, with which key.
    In a rehearsal names were typed and nothing counts.
    """

    by: str
    role: str
    day: str
    key: str | None
    is_rehearsal: bool


@dataclass(frozen=True)
class Submission(SignOffEvent):
    """A draft was handed in. `master` stands for its files, of which `artefacts` gives
    the hashes, `inputs` for what it was made from, `beside` names the editions that its
    proof knew.
    """

    draft: int
    master: str
    commit: str
    artefacts: Mapping[str, str]
    inputs: Mapping[str, str]
    beside: tuple[str, ...]


@dataclass(frozen=True)
class Approval(SignOffEvent):
    """A draft was approved, with its files and with the findings that were open then:
    the reason of each by its id. `passed` are the ids of what was let pass at the release
    gate, as far as it was known then.
    """

    artefacts: Mapping[str, str]
    inputs: Mapping[str, str]
    beside: tuple[str, ...]
    reasons: Mapping[str, str]
    passed: tuple[str, ...] = ()


@dataclass(frozen=True)
class SentBack(SignOffEvent):
    """A draft was taken out of review."""


@dataclass(frozen=True)
class Release(SignOffEvent):
    """An edition left, `files` with their hashes. A test proves nothing about who
    released it.
    """

    edition: int
    name: str
    files: Mapping[str, str]
    is_test: bool


@dataclass(frozen=True)
class Withdrawal(SignOffEvent):
    """An edition was withdrawn."""

    edition: int
    reason: str


AnyEvent = Submission | Approval | SentBack | Release | Withdrawal


def command_of(found: Mapping[str, object]) -> tuple[str, str]:
    """The command that an event is of, and the role in which it was given. Raises
    KeyError and TypeError where it does not say so.
    """
    return _text(found["event"]), _text(found["role"])


def parse_event(found: Mapping[str, object]) -> AnyEvent:
    """The event of a line, whose other fields are for the chain. What an older record
    does not say is empty, so that a check that compares it fails. Raises KeyError and
    TypeError where it lacks what its kind must say, ValueError for an unknown kind.
    """
    who = (
        _text(found["by"]),
        _text(found["role"]),
        _text(found["day"]),
        _text(found["key"]) if "key" in found else None,
        "rehearsal" in found,
    )
    match found["event"]:
        case "submit":
            return Submission(
                *who,
                _number(found["draft"]),
                _text(found["master"]),
                _text(found.get("commit", "")),
                *_sealed(found),
            )
        case "approve":
            return Approval(
                *who,
                *_sealed(found),
                _reasons(found.get("findings", [])),
                _passed(found.get("gate", [])),
            )
        case "return":
            return SentBack(*who)
        case "release":
            return Release(
                *who,
                _number(found["edition"]),
                _text(found.get("name", "")),
                _hashes(found.get("files", {})),
                bool(found.get("test")),
            )
        case "withdraw":
            return Withdrawal(*who, _number(found["edition"]), _text(found.get("reason", "")))
        case other:
            raise ValueError(f"there is no event '{other}'")


def _sealed(
    found: Mapping[str, object],
) -> tuple[Mapping[str, str], Mapping[str, str], tuple[str, ...]]:
    """The files, the inputs and the editions beside, as submission and approval name
    them.
    """
    return (
        _hashes(found.get("artefacts", {})),
        _hashes(found.get("inputs", {})),
        _texts(found.get("beside", [])),
    )


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError(f"no text: {found}")
    return found


def _number(found: object) -> int:
    if not isinstance(found, int):
        raise TypeError(f"no number: {found}")
    return found


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list | tuple):
        raise TypeError(f"no list: {found}")
    return tuple(_text(f) for f in found)


def _hashes(found: object) -> dict[str, str]:
    if not isinstance(found, Mapping):
        raise TypeError(f"no names with their hashes: {found}")
    return {_text(name): _text(digest) for name, digest in found.items()}


def _reasons(found: object) -> dict[str, str]:
    """The reason of each finding that an approval knew, by the id of its query."""
    if not isinstance(found, list | tuple):
        raise TypeError(f"no list: {found}")
    return {_text(f["id"]): _text(f["reason"]) for f in found}


def _passed(found: object) -> tuple[str, ...]:
    """The ids of what an approval knew to be let pass at the release gate."""
    if not isinstance(found, list | tuple):
        raise TypeError(f"no list: {found}")
    return tuple(_text(reason["id"]) for reason in found)

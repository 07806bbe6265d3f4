"""Which options do many commands share? Their names and help, those of whoever signs,
and how a wrong one is refused.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import UserError
from pipeline.project import Project

if TYPE_CHECKING:
    from pipeline.system.signed.people import Person


def _rounds() -> list[str]:
    """What a shell offers behind --round: the folders of the returns."""
    return sorted(p.name for p in Project.here().returns.glob("[0-9]*"))


def _versions() -> list[str]:
    """What a shell offers behind --version: the rows of the release policy."""
    text = (Project.here().contracts / "release_policy.yaml").read_text(encoding="utf-8")
    return re.findall("^  ([a-z]+):", text.partition("\nversions:")[2], re.MULTILINE)


# What the help of an option lists: the reports of the folder in which a command is typed.
NAMED_REPORTS = ", ".join(Project.here().reports)

Round = Annotated[
    int,
    typer.Option(
        "--round",
        help="The reference year the returns were asked for, for example 2022.",
        autocompletion=_rounds,
    ),
]
Report = Annotated[
    str,
    typer.Option(
        "--report",
        help=f"One of: {NAMED_REPORTS}.",
        autocompletion=lambda: [*Project.here().reports],
    ),
]
Version = Annotated[
    str,
    typer.Option(
        "--version",
        help="A version of the release policy, for example public.",
        autocompletion=_versions,
    ),
]
Language = Annotated[
    str,
    typer.Option("--language", help="What is said to states is said in it; English by default."),
]

Office = Annotated[
    str, typer.Option("--office", help="The office of the state whose part it is, as police.")
]
By = Annotated[
    str,
    typer.Option("--by", envvar="SELEC_BY", help="Who does it; with a key it must be its person."),
]
Role = Annotated[str, typer.Option("--role", help="analyst, reviewer, head-of-unit or director.")]
Today = Annotated[
    str, typer.Option("--date", help="The day on which it is done; today without it.")
]
SignKey = Annotated[
    str,
    typer.Option(
        "--sign-key", envvar="SELEC_SIGN_KEY", help="Your SSH key; the .pub of one in ssh-agent."
    ),
]
Rehearsal = Annotated[
    bool,
    typer.Option(
        "--rehearsal", envvar="SELEC_REHEARSAL", help="Without a key; what is done says REHEARSAL."
    ),
]


@dataclass(frozen=True)
class Hand:
    """What was typed about who acts."""

    by: str
    role: str
    day: str
    key: str
    rehearsal: bool

    def person(self, project: Project, command: str) -> Person:
        """Whose key it is; the typed name where it is a rehearsal. Raises UserError
        where it is neither.
        """
        from pipeline.release.signoff.moves import require_role, roles_of
        from pipeline.system.signed.people import acting, person
        from pipeline.system.signed.signers import read_signers

        roles = roles_of(command)
        if self.rehearsal:
            who = person(
                self.by, self.role or ("analyst" if "analyst" in roles else ""), day=self.day
            )
        else:
            who = acting(
                read_signers(project.contracts),
                self.key,
                by=self.by,
                role=self.role,
                day=self.day,
                roles=roles,
            )
        require_role(command, who.role)
        return who


_OF_HAND = {
    "by": (By, ""),
    "role": (Role, ""),
    "day": (Today, ""),
    "key": (SignKey, ""),
    "rehearsal": (Rehearsal, False),
}


def signed(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes a `hand`, with the options of whoever acts in its place."""
    return _with_options(command, tuple(_OF_HAND))


def signed_today(command: Callable[..., None]) -> Callable[..., None]:
    """As `signed`, for commands whose --date is that of something else."""
    return _with_options(command, tuple(name for name in _OF_HAND if name != "day"))


def _with_options(command: Callable[..., None], names: tuple[str, ...]) -> Callable[..., None]:
    @wraps(command)
    def run(*arguments: Any, **given: Any) -> None:
        typed = {name: given.pop(name) for name in names}
        command(*arguments, hand=Hand(**{"day": "", **typed}), **given)

    shown: list[inspect.Parameter] = []
    for own in inspect.signature(command, eval_str=True).parameters.values():
        if own.name == "hand":
            shown += [
                own.replace(name=name, annotation=_OF_HAND[name][0], default=_OF_HAND[name][1])
                for name in names
            ]
        else:
            shown.append(own)
    # what reads options of a command looks at these two, and not at what is wrapped
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {own.name: own.annotation for own in shown}
    del run.__wrapped__
    return run


def one_of(value: str, allowed: tuple[str, ...], *, what: str) -> None:
    if value not in allowed:
        raise UserError(f"there is no {what} '{value}'", allowed=", ".join(allowed))

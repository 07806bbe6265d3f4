"""Which states does an edition have, and who may move it on? One table, of which the
documentation is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SignOffError
from pipeline.system.files import write_file
from pipeline.system.signed.signers import ROLES as ROLES

STATES = ("draft", "in review", "approved", "released", "withdrawn")
APPROVALS = 2  # by so many different people, none of them the one who submitted

_APPROVERS = ("reviewer", "head-of-unit", "director")


@dataclass(frozen=True)
class Move:
    """One allowed step of an edition. `command` is the make target, `needs` what has to
    be there.
    """

    command: str
    before: str
    after: str
    roles: tuple[str, ...]
    needs: str


MOVES = (
    Move(
        "submit",
        "draft",
        "in review",
        ("analyst",),
        "a finished build, a reason for each open query, GO or what was let pass",
    ),
    Move(
        "submit",
        "in review",
        "in review",
        ("analyst",),
        "the same, for a changed draft: earlier approvals lapse",
    ),
    Move(
        "approve",
        "in review",
        "in review",
        _APPROVERS,
        "the first person; files as submitted, changed exhibits ticked, comments answered",
    ),
    Move(
        "approve", "in review", "approved", _APPROVERS, "a second person; neither of them submitted"
    ),
    Move("return", "in review", "draft", ("analyst", *_APPROVERS), "a reason"),
    Move("return", "approved", "draft", ("analyst", *_APPROVERS), "a reason; approvals lapse"),
    Move(
        "release",
        "approved",
        "released",
        ("analyst", "head-of-unit", "director"),
        "every check of the release",
    ),
    Move(
        "withdraw",
        "released",
        "withdrawn",
        ("head-of-unit", "director"),
        "a reason; the record stays",
    ),
)

# What is signed besides the moves, and by whom.
OTHERS = {
    "accept": ("analyst",),
    "accept GATE=": ("head-of-unit", "director"),
    "ask": ("analyst",),
    "answer": ("analyst",),
    "clear-text": ("analyst",),
    "record-meeting": ("analyst", "head-of-unit", "director"),
    "confirm-proof": ("analyst",),
    "object-proof": ("analyst",),
    "copies": ("analyst", "head-of-unit", "director"),
    "comment": ("analyst", *_APPROVERS),
    "reply": ("analyst", *_APPROVERS),
    "tick": _APPROVERS,
    "register": ("analyst", "head-of-unit", "director"),
}


def roles_of(command: str) -> tuple[str, ...]:
    """Who may ever give this command."""
    moved = dict.fromkeys(role for m in MOVES if m.command == command for role in m.roles)
    return tuple(moved) or OTHERS[command]


def require_role(command: str, role: str) -> None:
    """Raises SignOffError where a role may not give a command."""
    if role not in roles_of(command):
        raise SignOffError(
            f"ROLE={role} may not {command}",
            allowed=", ".join(roles_of(command)),
            do="let a person of that role do it",
        )


def move(state: str, command: str, *, role: str, approvals: int = 0) -> Move:
    """The step that a command takes from a state. `approvals` counts them with this
    one.

    Raises SignOffError when the table does not allow it, or not to this role.
    """
    steps = [m for m in MOVES if m.command == command and m.before == state]
    if not steps:
        allowed = ", ".join(dict.fromkeys(f"make {m.command}" for m in MOVES if m.before == state))
        raise SignOffError(
            f"'{command}' is no move from '{state}'",
            allowed=allowed or "nothing: a new edition begins as a draft",
            do="see docs/how-to/sign-off.md for the table of moves",
        )
    step = steps[-1] if command != "approve" or approvals >= APPROVALS else steps[0]
    if role not in step.roles:
        raise SignOffError(
            f"ROLE={role or '(none)'} may not {command} a version that is '{state}'",
            allowed=", ".join(step.roles),
            do="let a person of that role do it, or give the right ROLE",
        )
    return step


# --- documentation --------------------------------------------------------------------

BEGIN = "<!-- made of pipeline/release/signoff/moves.py by `make moves` -->"
END = "<!-- end of what is made -->"


def moves_markdown() -> str:
    """The table of moves with its diagram, between the marks that `write_moves` looks
    for.
    """
    table = [
        "| from | command | to | who | needs |",
        "|---|---|---|---|---|",
        *(
            f"| {m.before} | `make {m.command}` | {m.after} | {', '.join(m.roles)} | {m.needs} |"
            for m in MOVES
        ),
    ]
    names = {state: state.replace(" ", "_") for state in STATES}
    labelled = [f'    state "{s}" as {n}' for s, n in names.items() if n != s]
    arrows: dict[tuple[str, str], list[str]] = {}
    for m in MOVES:
        arrows.setdefault((m.before, m.after), []).append(m.command)
    ends = [s for s in STATES if not any(m.before == s for m in MOVES)]
    diagram = [
        "```mermaid",
        "stateDiagram-v2",
        *labelled,
        f"    [*] --> {names[STATES[0]]}",
        *(
            f"    {names[a]} --> {names[b]}: {', '.join(commands)}"
            for (a, b), commands in arrows.items()
        ),
        *(f"    {names[s]} --> [*]" for s in ends),
        "```",
    ]
    return "\n".join([BEGIN, "", *table, "", *diagram, "", END])


def write_moves(page: Path) -> bool:
    """Bring the page up to the table. Returns whether it changed; raises SignOffError
    where it has no marks.
    """
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise SignOffError(
            "there is no place for the table of moves",
            where=str(page),
            allowed=f"{BEGIN} ... {END}",
        )
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    new = before + moves_markdown() + after
    if new != text:
        write_file(page, new.encode())
    return new != text

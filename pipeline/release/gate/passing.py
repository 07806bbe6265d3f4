"""How is a reason of the gate let pass? Signed by who decides, with what was found."""

from __future__ import annotations

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.gate.look import gate
from pipeline.release.gate.reasons import GateReason
from pipeline.release.signoff.moves import require_role
from pipeline.release.signoff.reasons import GATE_COMMAND, enter_let_pass
from pipeline.system.signed.people import Person

_MAX_REASON = 500


def let_gate_pass(
    project: Project, *, round_: int, report: str, id_: str, why: str, who: Person
) -> GateReason:
    """Enter why what the gate names by `id_` does not hold a report back. Returns it.

    Raises UserError when the gate names no such thing now, or one that nobody can let
    pass, or when the reason cannot be kept; SignOffError where the role may not decide it.
    """
    require_role(GATE_COMMAND, who.role)
    why = " ".join(why.split())
    if not why or len(why) > _MAX_REASON or not why.isprintable():
        raise UserError(
            "the reason cannot be kept",
            allowed=f"one sentence of up to {_MAX_REASON} printable characters",
            do='give REASON="..."',
        )
    (one,) = gate(project, round_, day=who.day, reports=(report,)).reports
    waiting = {reason.id: reason for reason in one.open if reason.can_pass}
    if id_ not in waiting:
        raise UserError(
            f"the gate names no '{id_[:20]}' that can be let pass",
            where=f"{report} {round_}",
            allowed=", ".join(waiting) or "nothing: no reason is open",
            do=f"'make gate ROUND={round_} REPORT={report}' lists what keeps it back",
        )
    enter_let_pass(project, waiting[id_], why=why, who=who)
    return waiting[id_]

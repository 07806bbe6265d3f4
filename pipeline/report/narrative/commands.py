"""Which bindings does the narrative have? The commands of all pages that work one out,
each with its forms.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.errors import NarrativeError
from pipeline.report.narrative import bindings, coverage_claims, drivers, paper, scored
from pipeline.report.narrative.forms import fitting_form, given_arguments
from pipeline.report.printing import Printing
from pipeline.report.store import Store

VALUE, CLAIM, GENERAL, REFERENCE, STATE = "value", "claim", "general", "ref", "state"
CASE = "case"  # of a text of the register of cases, in no narrative
FORMS: dict[str, tuple[str, ...]] = {
    **{name: (form,) for name, form in bindings.FORMS.items()},
    **coverage_claims.FORMS,
    **drivers.FORMS,
    **paper.FORMS,
    **scored.FORMS,
}
_PRINTS: dict[tuple[str, str], Callable[..., str]] = {
    **{(name, form): bindings.COMMANDS[name] for name, form in bindings.FORMS.items()},
    **coverage_claims.COMMANDS,
    **drivers.COMMANDS,
    **paper.COMMANDS,
    **scored.COMMANDS,
}
_PAGES = {
    **dict.fromkeys((*coverage_claims.FORMS, *coverage_claims.CLAIMS), coverage_claims),
    **dict.fromkeys((*drivers.FORMS, *drivers.CLAIMS), drivers),
    **dict.fromkeys(paper.FORMS, paper),
    **dict.fromkeys(scored.FORMS, scored),
}


def print_binding(store: Store, binding: str, *, where: str) -> str:
    """What a binding prints. Raises NarrativeError where it has none of its forms,
    NothingToShow without a figure.
    """
    words = binding.split(" ")
    command, arguments = (words[0], words[1:]) if words[0] in FORMS else (VALUE, words)
    form = fitting_form(arguments, FORMS[command])
    if form is None:
        forms = (" ".join([command] * (command != VALUE) + [f] * bool(f)) for f in FORMS[command])
        raise NarrativeError(
            f"'[[{binding}]]' does not have the form of the binding '{command}'",
            where=where,
            allowed=" or ".join(f"[[{f}]]" for f in forms),
            do="correct the binding; see docs/how-to/write-narrative.md",
        )
    return _PRINTS[command, form](store, *given_arguments(arguments, form))


def operands_of(store: Printing, binding: str) -> list[str]:
    """The keys and formulas, written with their cells, behind a binding of a text or a
    reference of a table.
    """
    words = binding.split(" ")
    name = words[0]
    arguments = words[1:]
    if name == CLAIM:
        name, *arguments = binding.removeprefix("claim ").partition(": ")[0].split(" ")
    if name in _PAGES:
        keys: list[str] = _PAGES[name].operands(store, name, arguments=arguments)
        return keys
    if name in (STATE, REFERENCE):
        return []
    if name == CASE:
        return [f"{CASE}({' '.join(arguments)})"]
    return bindings.operands_of(store, binding)

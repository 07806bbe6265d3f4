"""Is every numeral of a finished PDF accounted for? Reads it back and says of each what
it is.

The renderer's ledger says what each number claims to be; values, formulas, numbers of
headings and exhibits are worked out again from the version's store, the contracts and
the templates. The audit does not trust the renderer: a number that the ledger does not
name, or that reads another way than its cell, fails the build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.errors import NumberAuditError
from pipeline.inspection.numerals.known import Known, read_known
from pipeline.inspection.numerals.passage import CELL, FORMULA, Passage, squeeze
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.report.ledger import LedgerEntry, statements_of
from pipeline.system.collector import collector_at_rest

_LISTED = 12


@dataclass(frozen=True)
class Unaccounted:
    """A numeral that is no cell, no formula and no listed exception."""

    page: int
    place: str
    numeral: str
    around: str
    why: str
    near: tuple[str, ...]

    def __str__(self) -> str:
        where = f"page {self.page}" if self.page else "the file"
        parts = [
            (
                f"{where}, {self.place}: '{self.numeral}' in '{self.around}'"
                if self.numeral
                else f"{where}, {self.place}"
            )
        ]
        parts += [self.why] if self.why else []
        parts += [f"nearest: {'; '.join(self.near)}"] if self.near else []
        return ": ".join(parts[:2]) + "".join(f" ({p})" for p in parts[2:])


@dataclass
class NumberAudit:
    """The outcome: how many numerals are cells, formulas and exceptions by kind, and
    what is left.
    """

    cells: int = 0
    formulas: int = 0
    exceptions: Counter[str] = field(default_factory=Counter)
    unaccounted: list[Unaccounted] = field(default_factory=list)

    @property
    def numerals(self) -> int:
        return self.cells + self.formulas + sum(self.exceptions.values()) + len(self.unaccounted)

    def figures(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {
            "numerals": self.numerals,
            "cells": self.cells,
            "formulas": self.formulas,
            "exceptions": dict(sorted(self.exceptions.items())),
            "unaccounted": len(self.unaccounted),
        }


def check_numbers(
    pdf: FinishedPdf,
    store: Path,
    *,
    ledger: Sequence[LedgerEntry],
    templates: Path,
    contracts: Contracts,
    report: str,
    version: str,
) -> NumberAudit:
    """Audit a finished PDF. Raises NumberAuditError that lists page, place, numeral and
    words around it.
    """
    found = audit_numbers(
        pdf,
        read_known(templates, contracts, store=store, report=report, version=version),
        ledger=ledger,
    )
    require_accounted(found, where=f"{report}, {version} version")
    return found


def require_accounted(found: NumberAudit, *, where: str) -> None:
    """Raises NumberAuditError that lists page, place, numeral and words around it of what is
    no cell, no formula and no exception in a document, which `where` names.
    """
    if found.unaccounted:
        left = len(found.unaccounted)
        listed = "\n".join(f"  - {u}" for u in found.unaccounted[:_LISTED])
        rest = f"\n  - and {left - _LISTED} more" if left > _LISTED else ""
        raise NumberAuditError(
            f"{left} of {found.numerals} numerals are no cell, no formula and no listed"
            f" exception:\n{listed}{rest}",
            where=where,
            allowed=(
                "a cell by its key, a formula over cells, or an entry of"
                " templates/shared/number_exceptions.yaml"
            ),
            do=(
                "bind the number to its cell or take it out; the version was not put in place"
                " (docs/how-to/number-audit.md)"
            ),
        )


@collector_at_rest()
def audit_numbers(pdf: FinishedPdf, known: Known, *, ledger: Sequence[LedgerEntry]) -> NumberAudit:
    """Read a PDF and account for its numerals. The order of `ledger` is the reading
    order.
    """
    from pipeline.inspection.numerals.frame import (
        furniture,
        known_headings,
        outside,
        wrong_attachments,
    )
    from pipeline.inspection.numerals.sentences import SentenceCheck
    from pipeline.inspection.numerals.walk import Walk

    walk = Walk(known, ledger, destinations=pdf.destinations)
    walk.walk(pdf.blocks)
    for wrong in SentenceCheck(known).check(statements_of(ledger), walk.running):
        walk.refuse(wrong)
    for wrong in wrong_attachments(known, pdf.file):
        walk.refuse(wrong)
    for passage in walk.running:
        passage.place = f"{known.report}/{passage.place}"
    headings = known_headings(walk.passages) | {squeeze(h.title) for h in walk.headings}
    passages = [
        *walk.passages,
        *furniture(known, pdf, headings=headings),
        *outside(known, pdf.file, headings=headings),
    ]
    return _count(known, passages, wrong=walk.wrong)


def _count(known: Known, passages: list[Passage], *, wrong: dict[int, str]) -> NumberAudit:
    found = NumberAudit()
    for index, passage in enumerate(passages):
        why = wrong.get(index, "")
        told = False
        for numeral, claim, at in passage.numerals():
            if claim is None or why:
                near = tuple(_nearest(known, numeral, passages=passages, index=index))
                found.unaccounted.append(
                    Unaccounted(passage.page, passage.place, numeral, passage.around(at), why, near)
                )
                told = True
            elif claim.kind == CELL:
                found.cells += 1
            elif claim.kind == FORMULA:
                found.formulas += 1
            else:
                found.exceptions[claim.kind] += 1
        if why and not told:
            found.unaccounted.append(
                Unaccounted(passage.page, passage.place, "", passage.text[:90], why, ())
            )
    # Every page bears its number: an audit that met no numeral has read nothing.
    if not found.numerals:
        why = "no numeral was found in it, so nothing was audited"
        found.unaccounted.append(Unaccounted(0, why, "", "", "", ()))
    return found


def _nearest(known: Known, numeral: str, *, passages: list[Passage], index: int) -> list[str]:
    """Cells that read like the numeral: those printed close by first, then any of the
    version.
    """
    close = [
        c.what
        for p in passages[max(0, index - 60) : index + 60]
        for c in p.claims
        if c.kind == CELL
    ]
    same = [key for key in dict.fromkeys(close) if known.register.text(key) == numeral]
    same = same or [key for key in known.register.cells if known.register.text(key) == numeral]
    return [f"{key} is {numeral}" for key in same[:3]]

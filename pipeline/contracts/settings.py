"""Which files beside the contracts say how the Center works?

The days of rounds, how an export of the Center's system is read into its returns, where
mail goes, how it is run, and from when on a round is fit to be published: no figure and
no page comes of them.
"""

from __future__ import annotations

from pipeline.contracts import calendar, center_export, gate_rules, mail, operations

SETTINGS = frozenset(
    (
        *calendar.FILES,
        *center_export.FILES,
        *gate_rules.FILES,
        *mail.FILES,
        *operations.FILES,
    )
)

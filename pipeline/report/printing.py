"""What of a store does a version print? The store, with a note of every printed cell
and of every entry of the ledger, in their order.

Reading a store leaves it as it is; whoever prints asks for a `Printing` by its type.
What a sentence or a formula stands on counts as printed, because readers must find it
in the data annex.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.cells import Cell, Key
from pipeline.contracts.model import Contracts
from pipeline.report.charts.remembered import Charts
from pipeline.report.ledger import LedgerEntry
from pipeline.report.store import Store


class Printing(Store):
    """A store from which one version is printed. `printed` are the cells for the data
    annex, `shown` the headings, exhibits, drawings and sentences with their keys;
    `charts` draws.
    """

    def __init__(
        self,
        path: Path,
        contracts: Contracts,
        *,
        report: str,
        version: str,
        charts: Charts | None = None,
    ) -> None:
        super().__init__(path, contracts, report=report, version=version)
        self.printed: dict[Key, Cell] = {}
        self.shown: list[LedgerEntry] = []
        self.charts = charts or Charts()

    def print_cell(self, key: Key) -> Cell:
        """The cell, noted as printed: it will stand in the data annex."""
        cell = self.cell(key)
        self.printed[key] = cell
        return cell

    def note(self, entry: LedgerEntry) -> None:
        """Add an entry to what is printed, in its place in the order of reading."""
        self.shown.append(entry)

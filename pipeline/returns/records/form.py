"""What may stand in a file of records? Columns and codes of a table's records, worked
out from its contract.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cells import TOTAL
from pipeline.contracts.codelists import Code
from pipeline.contracts.model import Dimension, Records, Table

CONF = "conf_status"
# From free to most confidential: a cell is as confidential as the most confidential of
# its records.
CONF_ORDER = ("F", "A", "D", "C", "N")


@dataclass(frozen=True)
class RecordForm:
    """The records of one table, of one state and round."""

    table: Table
    state: str
    years: range

    @property
    def records(self) -> Records:
        assert self.table.records is not None
        return self.table.records

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be there, in the order of the key."""
        quantity = (self.records.quantity,) if self.records.quantity else ()
        return (*self.table.key_dimensions, *quantity)

    def leaves(self, dimension: Dimension) -> list[Code]:
        """Codes a record of the state may have: those that nothing is added up to, and
        unknown where it is listed.
        """
        return [
            c
            for c in dimension.codes_for(self.state, self.years)
            if c.code != TOTAL and not dimension.children(c.code)
        ]

    def above(self, dimension: Dimension, code: Code) -> list[str]:
        """The code and every code it adds up to. Groups are left out: the models work
        them out.
        """
        found = [code.code]
        asked = {c.code for c in dimension.codes}
        while code.parent:
            code = dimension.codelist[code.parent]
            if code.code in asked:
                found.append(code.code)
        return found

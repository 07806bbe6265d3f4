"""What may stand in a file of records? Columns and codes of a table's records, worked out from its contract."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cells import TOTAL
from pipeline.contracts.codelists import Code, fold
from pipeline.contracts.model import Dimension, Records, Table
from pipeline.formats.raw import DamagedFile

CONF = "conf_status"
DELIMITERS = (",", ";", "\t")
# From free to most confidential: a cell is as confidential as the most confidential of its records.
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
        """Codes a record of the state may have: those that nothing is added up to, and unknown where it is listed."""
        return [
            c for c in dimension.codes_for(self.state, self.years)
            if c.code != TOTAL and not dimension.children(c.code)
        ]  # fmt: skip

    def above(self, dimension: Dimension, code: Code) -> list[str]:
        """The code and every code it adds up to. Groups are left out: the models work them out."""
        found, asked = [code.code], {c.code for c in dimension.codes}
        while code.parent:
            code = dimension.codelist[code.parent]
            if code.code in asked:
                found.append(code.code)
        return found


@dataclass(frozen=True)
class Header:
    """The columns of a file in its own order, and what parts them in a text file."""

    names: tuple[str, ...]
    fields: int  # filled ones
    delimiter: str = ""


def read_header(line: str, form: RecordForm) -> Header:
    """The first line of a text file: names as they are compared, parted by whatever gives most names that are known."""

    def split(delimiter: str) -> list[str]:
        return [fold(field.strip(' \t"')) for field in line.rstrip("\r\n").split(delimiter)]

    delimiter = max(DELIMITERS, key=lambda d: len({*form.columns, CONF} & set(split(d))))
    names = split(delimiter)
    return Header(tuple(names), sum(map(bool, names)), delimiter)


def check_names(names: tuple[str, ...], form: RecordForm) -> None:
    """Raises DamagedFile when a column is strange, missing or there twice."""
    strange = [n for n in names if n not in (*form.columns, CONF)]
    missing = [n for n in form.columns if n not in names]
    if len(strange) == len(names):
        raise DamagedFile("records-header", f"a first line without the names of columns: {', '.join(names)[:80]}")
    if strange:
        # A column that was not asked for may tell who the person is: nothing of it is read.
        raise DamagedFile("records-column", f"the column '{strange[0][:40]}'")
    if missing:
        raise DamagedFile("records-header", f"without the column {', '.join(missing)}")
    if len(set(names)) < len(names):
        raise DamagedFile("records-header", f"a column stands twice: {', '.join(names)}")

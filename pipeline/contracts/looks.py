"""How is a workbook of thousands of cells dressed without working out each of them?

Whenever a part of a style is set, openpyxl compares it with all that the workbook has.
A look is therefore put together once, for the first cell that has it; the others get
what came of it, and the file has the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

Look = Mapping[str, Any]  # parts of a style by the attributes of a cell: font, fill, ...


class Looks:
    """The looks of one workbook. `make` gives the parts of a look by its name."""

    def __init__(self, make: Callable[[str], Look]) -> None:
        self._make = make
        self._known: dict[str, Any] = {}

    def put(self, cell: Any, name: str) -> None:
        """Give a cell of the workbook, which has no style yet, the look of this name."""
        if (known := self._known.get(name)) is not None:
            cell._style = copy(known)
            return
        for part, value in self._make(name).items():
            setattr(cell, part, value)
        self._known[name] = copy(cell._style)

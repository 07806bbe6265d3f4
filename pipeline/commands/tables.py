"""How is a table printed for people, on a terminal and into a file?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated, Any

import typer

_WIDTH = 120  # of what goes to a file or another program

Json = Annotated[bool, typer.Option("--json", help="For machines, as JSON.")]


def print_table(title: str, heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Rows below their heads, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    width: Any = None if os.isatty(1) else _WIDTH
    Console(width=width, highlight=False, markup=False, emoji=False).print(table)

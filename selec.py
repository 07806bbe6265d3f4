"""Which figures are there? `import selec` in Python or a notebook; see docs/how-to/ask.md.

The package is `pipeline.selec`; here it has its short name, so that there is one copy.
"""

from pipeline.selec import (
    UserError,
    cells,
    codes,
    connect,
    lineage,
    rounds,
    sql,
    tables,
    views,
)

__all__ = [
    "UserError",
    "cells",
    "codes",
    "connect",
    "lineage",
    "rounds",
    "sql",
    "tables",
    "views",
]

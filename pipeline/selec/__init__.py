"""What can be asked in Python or SQL? The names of `import selec`; see
docs/how-to/ask.md.
"""

from pipeline.errors import UserError
from pipeline.selec.frames import cells, codes, lineage, rounds, sql, tables, views
from pipeline.selec.snapshot import connect

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

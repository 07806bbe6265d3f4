"""How far is a command? A bar on a terminal, nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.system.progress import Progress, silent


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A progress bar with the current piece of work, only on a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn(what),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=None)

        def show(what: str, done: int = 0, *, total: int = 0) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield show

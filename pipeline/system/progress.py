"""How does a long step say how far it is? It calls a `Progress`; who called the step
decides whether anything shows.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told before each piece of work: what it is, how many pieces are done, how many
    there are (0 when unknown).
    """

    def __call__(self, what: str, done: int = 0, *, total: int = 0) -> None: ...


def silent(what: str, done: int = 0, *, total: int = 0) -> None:
    """Shows nothing."""

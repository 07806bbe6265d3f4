"""What does the warehouse know of a cell before anything is hidden?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pipeline.cells import Key

SUPPRESSED = "Q"


@dataclass(frozen=True)
class TrueCell:
    """A cell as the warehouse has it. Its sender may have suppressed the value: then
    nobody here knows it either.
    """

    key: Key
    value: Decimal | None
    obs_status: str
    conf_status: str
    origin: str
    parts: tuple[str, ...] = ()
    agreed: int = 0  # how many states agreed to it, where a meeting judged
    least: int = (
        0  # what it is at least where its sender suppressed it, and the policy says no more
    )

    @property
    def is_suppressed(self) -> bool:
        return self.value is None and self.obs_status == SUPPRESSED

    @property
    def counts(self) -> bool:
        """Whether there is a number to hide: one that is known, or one that its sender
        suppressed.
        """
        return self.value is not None or self.is_suppressed

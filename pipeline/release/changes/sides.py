"""What of a build is compared with another? Printed cells, and what they were made
of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.project import Project


@dataclass(frozen=True)
class Printed:
    """One printed cell of a build."""

    value: str
    status: str  # of the observation, SDMX
    conf: str  # confidentiality, SDMX

    @property
    def withheld(self) -> bool:
        return not self.value and self.conf not in ("", "F")

    def __str__(self) -> str:
        return self.value or ("withheld" if self.withheld else "no figure")


@dataclass(frozen=True)
class Side:
    """One of two builds that are compared: its printed cells by key, the hashes of its
    inputs, its commit, the day up to which it knew returns, and the project whose outputs
    it is one of, where there is one.
    """

    cells: Mapping[str, Printed]
    inputs: Mapping[str, str]
    commit: str
    cutoff: str
    project: Project | None = None


def cells_of(rows: list[dict[str, str]]) -> dict[str, Printed]:
    """The cells of a data file by their keys."""
    return {r["key"]: Printed(r["value"], r["obs_status"], r["conf_status"]) for r in rows}

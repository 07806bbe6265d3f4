"""Where does everything lie? The folders of a project and of a round's outputs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

REPORTS = ("thb", "migration", "octa")
VERSIONS = ("restricted", "public")


@dataclass(frozen=True)
class Project:
    """The folders of one working copy. `root` holds data_contracts, returns, sql, templates and outputs."""

    root: Path
    outputs_folder: Path | None = None
    returns_folder: Path | None = None

    @classmethod
    def here(cls) -> Project:
        """The project of the current folder; SELEC_OUTPUTS and SELEC_RETURNS move those two folders elsewhere."""
        outputs, returns = os.environ.get("SELEC_OUTPUTS"), os.environ.get("SELEC_RETURNS")
        return cls(Path.cwd(), Path(outputs) if outputs else None, Path(returns) if returns else None)

    @property
    def contracts(self) -> Path:
        return self.root / "data_contracts"

    @property
    def codelists(self) -> Path:
        return self.contracts / "codelists"

    @property
    def returns(self) -> Path:
        return self.returns_folder or self.root / "returns"

    @property
    def sql(self) -> Path:
        return self.root / "sql"

    @property
    def templates(self) -> Path:
        return self.root / "templates"

    @property
    def outputs(self) -> Path:
        return self.outputs_folder or self.root / "outputs"

    def round_folder(self, round_: int) -> Path:
        return self.outputs / str(round_)

    def findings(self, round_: int) -> Path:
        return self.round_folder(round_) / "findings"

    def work(self, round_: int) -> Path:
        """Restricted working files of a round: what was read, the warehouse, the marts. Never rendered from."""
        return self.round_folder(round_) / "work"

    def store(self, round_: int, report: str, version: str) -> Path:
        """The one file a report version is rendered from."""
        return self.round_folder(round_) / "stores" / version / f"{report}.duckdb"

    def version_folder(self, round_: int, report: str, version: str) -> Path:
        return self.round_folder(round_) / report / version

    @property
    def warehouse(self) -> Path:
        return self.outputs / "warehouse.duckdb"

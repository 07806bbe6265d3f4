"""Where does everything lie? The folders of a project and of a round's outputs, and
which reports these folders make.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

DEFINITION = "report.yaml"  # in a folder of templates: it is a report
ENDING = ".odcs.yaml"  # of a contract, behind the name of what is collected with it
_ORDER = re.compile(rb"^order: *([0-9]{1,9})\s*(?:#.*)?$", re.MULTILINE)
SOURCE_LANGUAGE = "en"
# Where the package lies, whatever the current folder is.
CODE_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Project:
    """The folders of one working copy. `root` holds data_contracts, returns, sql,
    templates and outputs.

    `language` is the one in which states are spoken to, as a code such as `en`.
    """

    root: Path
    outputs_folder: Path | None = None
    returns_folder: Path | None = None
    releases_folder: Path | None = None
    language: str = SOURCE_LANGUAGE
    records_folder: Path | None = None

    @classmethod
    def here(cls, language: str = "") -> Project:
        """The project of the current folder; SELEC_OUTPUTS, SELEC_RETURNS, SELEC_RECORDS
        and SELEC_RELEASES move folders elsewhere.

        SELEC_LANGUAGE gives the language where none is asked for. The machine's own
        LANGUAGE and LANG are not looked at: the same returns would give other pages on
        another machine.
        """
        names = ("OUTPUTS", "RETURNS", "RELEASES", "RECORDS")
        places = (os.environ.get(f"SELEC_{name}") for name in names)
        outputs, returns, releases, records = (Path(p) if p else None for p in places)
        spoken = language or os.environ.get("SELEC_LANGUAGE") or SOURCE_LANGUAGE
        return cls(Path.cwd(), outputs, returns, releases, spoken, records)

    @property
    def contracts(self) -> Path:
        return self.root / "data_contracts"

    @property
    def codelists(self) -> Path:
        return self.contracts / "codelists"

    @property
    def reports(self) -> tuple[str, ...]:
        """The reports that are printed, in their order."""
        return printed_in(self.templates)

    @property
    def collected(self) -> tuple[str, ...]:
        """What states are asked for, by contract: what the reports are printed from, and
        what is collected without a report of its own.
        """
        return collected_in(self.contracts, self.templates)

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
        """What can be made again from everything else: deleted, it comes back."""
        return self.outputs_folder or self.root / "outputs"

    @property
    def records(self) -> Path:
        """Restricted: what cannot be made again. Beside the outputs, and of other outputs
        another folder, so that what is tried elsewhere stays out of the Center's records.
        """
        if self.records_folder:
            return self.records_folder
        name = self.outputs.name
        return self.outputs.with_name("records" if name == "outputs" else f"{name}-records")

    @property
    def releases(self) -> Path:
        """The register of what was released: by version what it showed, and in
        `restricted` the figures behind it.
        """
        return self.releases_folder or self.records / "releases"

    def round_folder(self, round_: int) -> Path:
        return self.outputs / str(round_)

    def findings(self, round_: int) -> Path:
        return self.round_folder(round_) / "findings"

    def work(self, round_: int) -> Path:
        """Restricted working files of a round: what was read, the warehouse, the marts.
        Never rendered from.
        """
        return self.round_folder(round_) / "work"

    def store(self, round_: int, report: str, version: str) -> Path:
        """The one file a report version is rendered from."""
        return self.round_folder(round_) / "stores" / version / f"{report}.duckdb"

    def released(self, round_: int, report: str, *, version: str) -> Path:
        """What a version shows of a report's cells, as CSV."""
        return self.store(round_, report, version).with_suffix(".csv")

    def ledger(self, round_: int, report: str, version: str) -> Path:
        """Restricted: what a version prints where, with the key or formula behind each
        number.
        """
        return self.work(round_) / "printed" / f"{report}-{version}.json"

    def proof(self, round_: int) -> Path:
        """Restricted: certificates, and why each cell is withheld."""
        return self.round_folder(round_) / "proof"

    def version_folder(self, round_: int, report: str, version: str) -> Path:
        return self.round_folder(round_) / report / version

    def master_folder(self, round_: int, report: str, version: str) -> Path:
        """Restricted: the finished version without the mark of a draft, which is
        approved and released.
        """
        return self.round_folder(round_) / "masters" / report / version

    def preview_folder(self, round_: int) -> Path:
        """Chapters as they looked before their report was built: nobody audited them, and
        nothing is released from here.
        """
        return self.round_folder(round_) / "preview"

    def meeting_folder(self, round_: int, number: int) -> Path:
        """Restricted: the papers of an expert meeting. They are no version, and nothing is
        released from here.
        """
        return self.round_folder(round_) / "meetings" / str(number)

    def signoff_record(self, round_: int, report: str, *, version: str) -> Path:
        """Restricted: who moved a version from draft to release, when, and over which
        files.
        """
        return self.releases / "signoff" / str(round_) / f"{report}-{version}.jsonl"

    def draft_folder(self, round_: int, report: str, *, version: str, number: int) -> Path:
        """Restricted: the master of a draft that was handed in, for reading only."""
        return self.releases / "drafts" / version / f"{report}-{round_}-{number}"

    def edition_folder(self, version: str, name: str) -> Path:
        """A released edition, for reading only."""
        return self.releases / "editions" / version / name

    @property
    def cleared_texts(self) -> Path:
        """Restricted: which texts of senders may be printed for others, who cleared
        them, and why.
        """
        return self.releases / "cleared.jsonl"

    @property
    def meetings(self) -> Path:
        """Restricted: which papers of meetings were recorded, and who signed them."""
        return self.releases / "meetings.jsonl"

    @property
    def archive(self) -> Path:
        """Restricted: every file that a state ever sent, by its hash, with the journal
        of what was known when.
        """
        return self.records / "archive"

    @property
    def journal(self) -> Path:
        """Restricted: when each file of the archive was first known."""
        return self.archive / "journal.csv"

    @property
    def warehouse(self) -> Path:
        """Restricted: the ledger of all submissions."""
        return self.records / "warehouse.duckdb"


def printed_in(templates: Path) -> tuple[str, ...]:
    """The folders of templates that define a report, in the `order` that they give, else
    by name.

    Only that line is read, so that a command that needs no more answers at once; the lint
    reads all of it.
    """
    found = {path.parent.name: _order_of(path) for path in templates.glob(f"*/{DEFINITION}")}
    return tuple(sorted(found, key=lambda name: (found[name], name)))


def collected_in(contracts: Path, templates: Path) -> tuple[str, ...]:
    """The names of the contracts of a folder: first those of reports, in the order in
    which these are printed, then the others by name.
    """
    found = {path.name.removesuffix(ENDING) for path in contracts.glob(f"*{ENDING}")}
    printed = [name for name in printed_in(templates) if name in found]
    return (*printed, *sorted(found - {*printed}))


def _order_of(path: Path) -> int:
    found = _ORDER.search(path.read_bytes())
    return int(found[1]) if found else _LAST


_LAST = 10**9

"""What was this version made from, and what came out? manifest.json, written and read:
inputs, outputs, hashes, versions, figures.

The leak scan and the checks of a release read its JSON by themselves: they judge every
entry of a file that somebody may have changed, and refuse none before it is told.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from pipeline.contracts.answer import FEEDBACK
from pipeline.contracts.settings import SETTINGS
from pipeline.errors import RenderError
from pipeline.report.document.order import Paper, papers_among, pdf_name
from pipeline.report.edition import Edition
from pipeline.system.kept import damaged, parse_json
from pipeline.system.signed.signers import FILE as SIGNERS

LIBRARIES = (
    "duckdb",
    "gptables",
    "great-expectations",
    "jinja2",
    "matplotlib",
    "open-data-contract-standard",
    "openpyxl",
    "pandas",
    "pysdmx",
    "sqlglot",
    "weasyprint",
)


MANIFEST = "manifest.json"
_REPORT = re.compile(r"selec-[\w-]+\.pdf")  # the signed one and the key findings end otherwise
# Of the folder of the contracts, what no version depends on: who may sign, what letters
# to states say, and how the Center works.
NOT_IN_VERSIONS = (SIGNERS, FEEDBACK, *sorted(SETTINGS))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_commit(root: Path) -> str:
    """The commit of the working copy, with `+` when tracked files were changed;
    `unknown` outside git.
    """
    try:
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True
        )
        dirty = subprocess.run(
            # Killed, it would leave a lock that keeps everybody from committing.
            ["git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=no"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


@dataclass(frozen=True)
class Output:
    """A file of a version: its hash, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a version was made from, and what came out. `edition` is its number, 0 where
    it was built before manifests told, `replaces` the name of the edition before.
    `inputs` maps names to hashes, `build` names figures of the build and of its checks.
    """

    report: str
    version: str
    round: int
    reference: str
    edition: int
    replaces: str
    data_cutoff: str
    git_commit: str
    libraries: Mapping[str, str]
    inputs: Mapping[str, str]
    outputs: Mapping[str, Output]
    build: Mapping[str, Any]

    @property
    def pdf(self) -> str:
        """The name of the report as a file."""
        return pdf_name(self.report, self.version, round_=self.round, edition=self.edition)

    def as_json(self) -> dict[str, Any]:
        outputs = {n: {"sha256": o.sha256, "bytes": o.size} for n, o in self.outputs.items()}
        return {**vars(self), "outputs": outputs}


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """The manifest in the bytes of a file that lies at `path`; what a draft says beside
    is passed over. Raises DamagedFileError where it does not say what a manifest must.
    """
    match {"edition": 0, "replaces": "", **parse_json(content, path)}:
        case {
            "report": str(report),
            "version": str(version),
            "round": int(round_),
            "reference": str(reference),
            "edition": int(edition),
            "replaces": str(replaces),
            "data_cutoff": str(cutoff),
            "git_commit": str(commit),
            "libraries": dict(libraries),
            "inputs": dict(inputs),
            "outputs": dict(outputs),
            "build": dict(build),
        } if _are_texts(libraries, inputs) and all(map(_is_output, outputs.values())):
            files = {name: Output(o["sha256"], o["bytes"]) for name, o in outputs.items()}
            about = (report, version, round_, reference, edition, replaces, cutoff, commit)
            return Manifest(*about, libraries, inputs, files, build)
        case _:
            raise damaged(path, "it does not say what a manifest must")


def _are_texts(*named: Mapping[str, object]) -> bool:
    return all(isinstance(text, str) for names in named for text in names.values())


def _is_output(found: object) -> bool:
    match found:
        case {"sha256": str(), "bytes": int()}:
            return True
        case _:
            return False


def manifest_json(
    *,
    report: str,
    version: str,
    round_: int,
    reference: str,
    edition: Edition,
    cutoff: str,
    commit: str,
    inputs: Mapping[str, str],
    outputs: Mapping[str, bytes],
    figures: Mapping[str, Any],
) -> bytes:
    """The manifest: the same build gives the same bytes. `inputs` maps names to hashes,
    `outputs` names to bytes.
    """
    made = Manifest(
        report,
        version,
        round_,
        reference,
        edition=edition.number,
        replaces=edition.replaces.name if edition.replaces else "",
        data_cutoff=cutoff,
        git_commit=commit,
        libraries={name: installed(name) for name in LIBRARIES},
        inputs=dict(sorted(inputs.items())),
        outputs={n: Output(sha256(data), len(data)) for n, data in sorted(outputs.items())},
        build=dict(figures),
    )
    return (json.dumps(made.as_json(), indent=2, ensure_ascii=False) + "\n").encode()


def pdf_of(names: Iterable[str]) -> str:
    """The name of the report among those of the files of a version; empty where there is
    none.
    """
    return next((n for n in sorted(names) if _REPORT.fullmatch(n)), "")


def papers_in(names: Collection[str]) -> tuple[Paper, ...]:
    """The documents among the files of a version, the report first; none where there is no
    report.
    """
    return papers_among(pdf_of(names), names)


def accessibility_of(record: object) -> dict[str, int]:
    """What a manifest says of the check of a PDF: how many things failed, as counted by
    the step that ran the rules. Raises RenderError for a record that is missing or tells
    of no rule that ran.
    """
    match record:
        case {"rules": int(rules), "failed": int(failed)} if rules > 0:
            return {"failed": failed}
    raise RenderError(
        f"no rule was run on the PDF: its check left {record}",
        where="accessibility",
        allowed="a record of the rules that ran",
        do="build again; if it stays so, report it: the check of the PDF is broken",
    )


def hash_files(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """Relative path -> SHA-256 of each file."""
    return {
        f.relative_to(root).as_posix(): sha256(f.read_bytes()) for f in sorted(files) if f.is_file()
    }

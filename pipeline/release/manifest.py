"""What was this version made from, and what came out? manifest.json: inputs, outputs,
hashes, versions, figures.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from pipeline.errors import RenderError

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
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def manifest_json(
    *,
    report: str,
    version: str,
    round_: int,
    reference: str,
    cutoff: str,
    commit: str,
    inputs: Mapping[str, str],
    outputs: Mapping[str, bytes],
    figures: Mapping[str, Any],
) -> bytes:
    """The manifest: the same build gives the same bytes. `inputs` maps names to hashes,
    `outputs` names to bytes.
    """
    content = {
        "report": report,
        "version": version,
        "round": round_,
        "reference": reference,
        "data_cutoff": cutoff,
        "git_commit": commit,
        "libraries": {name: installed(name) for name in LIBRARIES},
        "inputs": dict(sorted(inputs.items())),
        "outputs": {
            name: {"sha256": sha256(data), "bytes": len(data)}
            for name, data in sorted(outputs.items())
        },
        "build": dict(figures),
    }
    return (json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False) + "\n").encode()


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

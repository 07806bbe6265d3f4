"""What does a verifier read that has nothing but Python? Policy and contracts as JSON,
and the code lists beside them.

Any tool that turns YAML into JSON makes the same copies, for example `yq -o json`: they
are compared by what they say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import POLICY
from pipeline.contracts.scales import ASSESSMENT
from pipeline.project import ENDING
from pipeline.system.files import write_file
from pipeline.system.yaml_files import read_yaml

ALWAYS = ("states", "obs_status", "conf_status")


def write_copies(contracts: Path, folder: Path) -> None:
    """Write copies of what lies in the folder of the contracts into another folder."""
    for name, content in _jsons(contracts):
        write_file(
            folder / name,
            (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8"),
        )
    for path in sorted((contracts / "codelists").glob("*.csv")):
        write_file(folder / "codelists" / path.name, path.read_bytes())


def digests(contracts: Contracts) -> dict[str, str]:
    """The digest of each copy that a proof rests on: of JSON by what it says, of a code
    list by its bytes.
    """
    found = {}
    for name, content in _jsons(contracts.folder):
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        found[name] = hashlib.sha256(text.encode("utf-8")).hexdigest()
    for name in sorted(
        {d.codelist.name for t in contracts.tables for d in t.dimensions} | set(ALWAYS)
    ):
        path = contracts.codelists / f"{name}.csv"
        found[f"codelists/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _jsons(contracts: Path) -> Iterator[tuple[str, Any]]:
    settings = contracts / ASSESSMENT  # says what of judgements is released
    others = [settings] if settings.exists() else []
    for path in (contracts / POLICY, *others, *sorted(contracts.glob(f"*{ENDING}"))):
        # days are read as the text that they are
        yield (
            f"{path.stem}.json",
            read_yaml(path).content,
        )

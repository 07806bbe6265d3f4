"""How is the pipeline run without a person? The settings of runs and of their
schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.policy import Policy
from pipeline.system.yaml_files import YamlFile

OPERATIONS, SCHEMA = "operations.yaml", "operations.schema.json"
FILES = (OPERATIONS, SCHEMA)
PAGE = "docs/operations.md"


@dataclass(frozen=True)
class Operations:
    """`versions`: what a run builds. `wait`: minutes that it waits while another build is
    going on. Records of runs are kept for `keep_days`, the last `keep_last` always. A
    schedule begins a run `at` a time of every day; it may take `minutes` and use `memory`
    (as `4G`).
    """

    versions: tuple[str, ...]
    wait: int
    keep_days: int
    keep_last: int
    at: str
    minutes: int
    memory: str


def load_operations(folder: Path, policy: Policy) -> Operations:
    """Read the settings in `folder` (data_contracts). Raises ContractError with all that
    is wrong with them, each with its line.
    """
    file = read_checked(
        folder / OPERATIONS, folder / SCHEMA, wrong=lambda file: _wrong(file, policy), page=PAGE
    )
    content: dict[str, Any] = file.content
    runs, schedule = content["runs"], content["schedule"]
    return Operations(
        tuple(content["versions"]),
        content["wait"],
        runs["keepDays"],
        runs["keepLast"],
        schedule["at"],
        schedule["minutes"],
        schedule["memory"],
    )


def _wrong(file: YamlFile, policy: Policy) -> Iterator[str]:
    for number, version in enumerate(file.content["versions"]):
        if version not in policy.versions:
            yield (
                f"{file.place(('versions', number))}: '{version}' is no version of the release"
                f" policy, allowed: {', '.join(policy.versions)}"
            )

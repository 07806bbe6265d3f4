"""Is a file of settings beside the contracts right? Read against its schema, then for
what a schema cannot see.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline.errors import ContractError
from pipeline.system.yaml_files import YamlFile, read_yaml


def read_checked(
    path: Path,
    schema: Path,
    *,
    wrong: Callable[[YamlFile], Iterable[str]],
    page: str,
    besides: str = "",
) -> YamlFile:
    """A file of settings that is right. `wrong` says what is not, each with its line; it
    is asked where the schema has found nothing. Raises ContractError with all of it, and
    the page to see, with what is to be known `besides`.
    """
    file = read_yaml(path)
    found = file.against(json.loads(schema.read_text(encoding="utf-8"))) or [*wrong(file)]
    if found:
        raise ContractError(
            "\n".join(found),
            where=path.name,
            do=f"correct the entries named; see {page}{besides}",
        )
    return file

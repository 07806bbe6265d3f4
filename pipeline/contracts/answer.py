"""How long may a state take to answer? The setting beside the contracts."""

from __future__ import annotations

from pathlib import Path

import yaml

from pipeline.errors import ContractError


def read_answer_days(contracts: Path) -> int:
    """Days that states have to answer. Raises ContractError when the setting is not 1 to 365."""
    path = contracts / "feedback.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as problem:
        raise ContractError(f"cannot be read ({problem})", where=str(path), do="repair the file") from problem
    days = content.get("answerDays") if isinstance(content, dict) else None
    if type(days) is not int or not 1 <= days <= 365:
        raise ContractError(f"answerDays is {days!r}", where=str(path), allowed="a whole number from 1 to 365")
    return days

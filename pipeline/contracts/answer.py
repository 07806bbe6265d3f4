"""How long may a state take to answer? The setting beside the contracts."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ContractError
from pipeline.system.yaml_files import name_of, read_yaml

FEEDBACK = "feedback.yaml"
_DAYS = {"type": "integer", "minimum": 1, "maximum": 365}
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["answerDays"],
    "properties": {"answerDays": _DAYS},
}


def read_answer_days(contracts: Path) -> int:
    """Days that states have to answer. Raises ContractError when the setting is not 1
    to 365.
    """
    path = contracts / FEEDBACK
    file = read_yaml(path)
    if wrong := file.against(_SCHEMA):
        raise ContractError(
            "; ".join(wrong),
            where=name_of(path),
            allowed="answerDays: a whole number from 1 to 365",
            do="correct the entry",
        )
    days: int = file.content["answerDays"]
    return days

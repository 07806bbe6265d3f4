"""May a text that somebody typed into a record stay there?

On one line, and without data of a person: nobody can take it out again.
"""

from __future__ import annotations

from pipeline.errors import UserError
from pipeline.returns.intake.personal import personal_data

LONGEST = 1000


def kept_sentence(text: str, *, may_be_empty: bool = False) -> str:
    """The text on one line. Raises UserError where it is too long, cannot be printed, or
    holds what looks like data of a person.
    """
    said = " ".join(text.split())
    if len(said) > LONGEST or not said.isprintable() or not (said or may_be_empty):
        raise UserError(
            "the text cannot be kept",
            allowed=f"a sentence of at most {LONGEST:,} printable characters",
            do='give TEXT="..."',
        )
    if name := personal_data(said):
        raise UserError(
            f"the text holds what looks like: {name}",
            allowed="no personal data",
            do="remove it from the text",
        )
    return said

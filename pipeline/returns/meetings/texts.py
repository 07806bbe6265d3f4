"""By which reference does a meeting call a text of an expert? Area, topic and number.

The reference is short enough to be said aloud; which very text it stands for is told by
the text's hash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.contracts.sources import as_written, text_hash
from pipeline.errors import UserError

GAPS = "GAPS"  # the topic of what nobody knows yet
MIDDLE_DOT = " \N{MIDDLE DOT} "
_SHOWN = 8  # letters of a hash on paper
_NAMES = {1: "first", 2: "second"}  # two expert meetings discuss an assessment

MEETINGS = tuple(_NAMES)


@dataclass(frozen=True)
class MeetingText:
    """A text that a meeting may amend, as it stands. `evaluation` says how sure it is and
    who may read it, and not who wrote it.
    """

    area: str
    topic: str
    number: int
    text: str
    evaluation: str

    @property
    def reference(self) -> str:
        """`DRUGS-ROUTES-2`."""
        return f"{self.area}-{self.topic}-{self.number}"

    @property
    def sha256(self) -> str:
        return text_hash(self.text)

    @property
    def head(self) -> str:
        """What a book prints above the text."""
        return MIDDLE_DOT.join(
            filter(None, (self.reference, self.sha256[:_SHOWN], self.evaluation))
        )


def meeting_texts(written: Iterable[tuple[str, str, str, str]]) -> Iterator[MeetingText]:
    """Texts with their references, from area, topic, text and evaluation of each in the
    order of the store. They are counted within a topic.
    """
    counted: Counter[tuple[str, str]] = Counter()
    for area, topic, text, evaluation in written:
        counted[area, topic] += 1
        yield MeetingText(area, topic, counted[area, topic], as_written(text), evaluation)


def evaluation_of(head: str) -> str:
    """The head of a stored text without its first part, which says who wrote it."""
    return head.partition(MIDDLE_DOT)[2]


def meeting_name(number: int) -> str:
    """`first meeting`. Raises UserError where there is no such meeting."""
    if number not in _NAMES:
        raise UserError(
            f"there is no expert meeting {number}",
            allowed=", ".join(map(str, _NAMES)),
            do="give N=1 before the first meeting of the experts, N=2 before the second",
        )
    return f"{_NAMES[number]} expert meeting"

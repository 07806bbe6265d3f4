"""Where does a text stand, and who has read it? Chapters of Markdown, each divided into
sections by `# name` lines.

`narrative/<chapter>.md` holds the text of every round; a section of
`narrative/<round>/<chapter>.md` takes the place of the one of the same name in that
round. A head line says more of a section: `# limits general reviewed: 2022`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import NarrativeError
from pipeline.report.narrative.unbound import BINDING, VARIABLE
from pipeline.system.yaml_files import read_text

LONGEST = 45  # words of a sentence, a binding counted as one

_HEAD = re.compile(
    r"^# +([a-z0-9-]+)([ \t]+general)?(?:[ \t]+reviewed:[ \t]*(\d{4}))?[ \t]*$", re.MULTILINE
)
_HEAD_LIKE = re.compile(r"^#+.*$", re.MULTILINE)
_BLOCK = re.compile(r"\S.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[A-Z\x00{])")
# From two opening brackets to the next ones, or to the end of the paragraph, without
# two closing ones between.
_NOT_CLOSED = re.compile(r"\[\[(?:(?!\]\]|\n[ \t]*\n).)*?(?=\[\[|\n[ \t]*\n|\Z)", re.DOTALL)
_NOT_OPENED = re.compile(r"\[?(?:\w+ )?[A-Z_]{3,}:[\w.*{}]+\]|\]\]")
_SET_ASIDE = re.compile(r"\x00(\d+)\x01")


@dataclass(frozen=True)
class Block:
    """A paragraph, or a list with its items without their dashes; each text with file
    and line.
    """

    is_list: bool
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """A part of a chapter that a template asks for by name. `reviewed` is the last
    round it was read for, or 0.
    """

    chapter: str
    name: str
    general: bool  # says what holds whatever the figures are: definitions, method, limits
    reviewed: int
    text: str
    path: Path
    line: int  # of its head

    @property
    def where(self) -> str:
        return place_of(self.path)

    @property
    def reference(self) -> str:
        """How a person names it: `thb/summary.reading`, whatever round its text is of."""
        return f"{self.where.split('/')[0]}/{self.chapter}.{self.name}"

    def blocks(self) -> list[Block]:
        """Its paragraphs and lists."""
        return [
            self._block(b[0].rstrip(), self.line + self.text[: b.start()].count("\n"))
            for b in _BLOCK.finditer(self.text)
        ]

    def _block(self, text: str, line: int) -> Block:
        if not text.startswith("- "):
            return Block(False, ((text, f"{self.where} line {line}"),))
        items = []
        for item in re.split(r"\n(?=- )", text):
            items.append((item.removeprefix("- "), f"{self.where} line {line}"))
            line += item.count("\n") + 1
        return Block(True, tuple(items))

    def sentences(self) -> list[tuple[str, str]]:
        """Its sentences as they are written, each with file and line."""
        return [
            (s, where)
            for block in self.blocks()
            for item, where in block.items
            for s in sentences_of(item)
        ]

    @property
    def needs_reader(self) -> bool:
        """Whether it says anything that no figure bears out: then somebody must have
        read it for the round.
        """
        return self.general or any(not _bound(sentence) for sentence, _ in self.sentences())


def _bound(sentence: str) -> bool:
    return any(
        b.split()[0] not in ("general", "ref") for b in BINDING.findall(sentence) if b.strip()
    )


def place_of(path: Path) -> str:
    """`thb/narrative/2023/summary.md`: the path of a text from the folder of templates."""
    index = len(path.parts) - 1 - path.parts[::-1].index("narrative")
    return "/".join(path.parts[index - 1 :])


def sentences_of(text: str) -> list[str]:
    """A paragraph cut into sentences. Bindings hold full stops, so they are set aside
    before.
    """
    bindings: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        bindings.append(match[0])
        return f"\x00{len(bindings) - 1}\x01"

    plain = " ".join(BINDING.sub(set_aside, text).split("\n"))
    return [_SET_ASIDE.sub(lambda m: bindings[int(m[1])], s) for s in _SENTENCE_END.split(plain)]


def words_in(sentence: str) -> int:
    """How long a sentence is, with a binding counted as one word."""
    return len(BINDING.sub(" x ", sentence).split())


# --- files


def texts_of(folder: Path, chapter: str, *, round_: int) -> list[Path]:
    """The files of a chapter in a round: what holds for all rounds, the report's own or
    the shared one, and what takes its place in this round. Raises NarrativeError when
    there is none.
    """
    for place in (folder, folder.parent.parent / "shared" / "narrative"):
        found = [
            p
            for p in (place / f"{chapter}.md", place / str(round_) / f"{chapter}.md")
            if p.is_file()
        ]
        if found:
            return found
    raise NarrativeError(
        "the text does not exist", where=str(folder / f"{chapter}.md"), do="write it"
    )


def read_sections(path: Path) -> dict[str, Section]:
    """The sections of one file in their order."""
    text = read_text(path)
    heads = list(_HEAD.finditer(text))
    ends = [h.start() for h in heads[1:]] + [len(text)]
    return {
        h[1]: Section(
            path.stem,
            h[1],
            bool(h[2]),
            int(h[3] or 0),
            text[h.end() : end],
            path,
            text[: h.end()].count("\n") + 1,
        )
        for h, end in zip(heads, ends, strict=True)
    }


def file_faults(path: Path) -> Iterator[NarrativeError]:
    """What is wrong with a file before anything is worked out: brackets, head lines,
    digits outside of bindings.
    """
    text = read_text(path)
    where = place_of(path)
    yield from _bracket_faults(text, where)
    for head in _HEAD_LIKE.finditer(text):
        if not _HEAD.match(head[0]):
            yield NarrativeError(
                f"'{head[0].strip()[:90]}' is not a head line",
                where=f"{where} line {_line(text, head.start())}",
                allowed=(
                    "# name, # name general, # name general reviewed: 2022; names of small letters,"
                    " digits and -"
                ),
                do="correct the line",
            )
    # A digit outside a binding or a variable is a number that nobody could walk back to
    # a cell.
    blank = VARIABLE.sub("", BINDING.sub(lambda m: "\n" * m[0].count("\n"), text))
    for line, content in enumerate(blank.splitlines(), 1):
        if re.search(r"\d", content) and not content.startswith("#"):
            yield NarrativeError(
                f"a number is not bound to a cell: '{content.strip()[:90]}'",
                where=f"{where} line {line}",
                allowed=(
                    "[[KEY]], a formula such as [[share KEY of KEY]], or [[ref Directive"
                    " 2011/36/EU]]"
                ),
                do="bind the number, or write it as a word where it is not a statistic",
            )


def _bracket_faults(text: str, where: str) -> Iterator[NarrativeError]:
    """Two brackets open a binding and two close it, in one paragraph."""
    for found in _NOT_CLOSED.finditer(text):
        yield _bracket_fault(text, where, start=found.start(), what="is not closed")
    rest = BINDING.sub(lambda m: "\x00" * len(m[0]), text)
    for found in _NOT_OPENED.finditer(rest):
        yield _bracket_fault(rest, where, start=found.start(), what="is not opened")


def _bracket_fault(text: str, where: str, *, start: int, what: str) -> NarrativeError:
    return NarrativeError(
        f"a binding {what}: '{' '.join(text[start : start + 90].split())}'",
        where=f"{where} line {_line(text, start)}",
        allowed="[[ and ]] around each binding",
        do="put the missing bracket",
    )


def _line(text: str, place: int) -> int:
    return text[:place].count("\n") + 1


def unread(section: Section, round_: int) -> Iterator[NarrativeError]:
    """A section with a statement that no figure bears out is printed in a round once
    somebody has read it for it.
    """
    if section.reviewed < round_ and section.needs_reader:
        said = f"was read for round {section.reviewed}" if section.reviewed else "was never read"
        yield NarrativeError(
            f"the section '{section.name}' {said}, not for round {round_}",
            where=f"{section.where} line {section.line}",
            allowed=f"# {section.name}{' general' * section.general} reviewed: {round_}",
            do=(
                f"read it beside the figures (make review-texts ROUND={round_}), then mark it: "
                f"make review-texts ROUND={round_} READ={section.reference}"
            ),
        )

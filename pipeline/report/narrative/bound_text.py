"""How does text stay true to the data? Markdown whose every number is bound to a cell
or a formula over cells.

A binding stands in double square brackets. A sentence that says something of the data
without one does not build. A sentence whose binding has nothing to show in this version
(missing, withheld, no change computable) is left out as a whole, so the same text
serves every version and every round. See docs/how-to/write-narrative.md for the
bindings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from pipeline.contracts.state_names import load_names
from pipeline.errors import NarrativeError, UserError
from pipeline.report.exhibits.layout import fill, variables
from pipeline.report.last_given import LastYears
from pipeline.report.ledger import Sentence
from pipeline.report.narrative.bindings import NothingToShow, may_open
from pipeline.report.narrative.claims import check_claim, unnamed_drivers
from pipeline.report.narrative.commands import CLAIM, GENERAL, REFERENCE, STATE, print_binding
from pipeline.report.narrative.sections import (
    Block,
    Section,
    file_faults,
    read_sections,
    sentences_of,
    texts_of,
    unread,
)
from pipeline.report.narrative.unbound import BINDING, unbound
from pipeline.report.printing import Printing

MESSAGES = "messages"  # the file whose sections say what each exhibit shows
_LAST = re.compile(r"\{last:([\w.*]+)\}")


@dataclass
class Narrative:
    """The texts of a report: `<chapter>.md`, each divided into sections by `# name`
    lines.

    `left_out` collects sentences that had nothing to show, for the manifest; `bound`
    counts bindings printed. With `tell` faults are handed to it, all of them; without
    it the first one is raised. `claims` says of each claim, by its place, whether there
    were figures to hold it against; `asked` which sections were printed.
    """

    folder: Path
    store: Printing
    left_out: list[str] = field(default_factory=list)
    bound: int = 0
    read: set[Path] = field(default_factory=set)
    tell: Callable[[NarrativeError], None] | None = None
    judges_words: bool = (
        True  # whether names and claims outside of bindings are faults, and texts nobody read
    )
    asks_review: bool = True  # whether a text that nobody read for the round is a fault
    claims: dict[tuple[str, str], bool] = field(default_factory=dict)
    asked: dict[str, Section] = field(default_factory=dict)
    _sections: dict[str, dict[str, Section]] = field(default_factory=dict)
    _place: str = ""
    _sentence: int = 0
    _opening: bool = False  # whether these are key findings
    _general: bool = False
    _own_values: dict[str, str] = field(default_factory=dict)

    def paragraphs(self, chapter: str, section: str, *, values: Mapping[str, str]) -> Markup:
        """A section as HTML. Raises NarrativeError when it does not exist, prints a
        bare number or binds wrongly.
        """
        from markdown_it import MarkdownIt

        text = "\n\n".join(b for b in self._bound_blocks(chapter, section, values=values) if b)
        return Markup(MarkdownIt("commonmark", {"html": False}).render(text))

    def items(self, chapter: str, section: str, *, values: Mapping[str, str]) -> list[Markup]:
        """The list items of a section, for key findings; items with nothing to show are
        left out, and so are those on a sum over fewer than two in five of the states.
        """
        from markdown_it import MarkdownIt

        self._opening = True
        try:
            bound = self._bound_blocks(chapter, section, values=values)
        finally:
            self._opening = False
        lines = [
            line[2:] for block in bound for line in block.splitlines() if line.startswith("- ")
        ]
        return [
            Markup(MarkdownIt("commonmark", {"html": False}).renderInline(line)) for line in lines
        ]

    def line(self, chapter: str, section: str, *, values: Mapping[str, str]) -> Markup:
        """The sentences of a section that have something to show, in one line; nothing
        where none has.
        """
        from markdown_it import MarkdownIt

        text = " ".join(b for b in self._bound_blocks(chapter, section, values=values) if b)
        return Markup(MarkdownIt("commonmark", {"html": False}).renderInline(text))

    def message(self, exhibit: str, *, values: Mapping[str, str]) -> str:
        """What an exhibit shows, in one line: its section in `messages.md`."""
        return self.one_of(MESSAGES, exhibit.lower(), values=values)

    def one_of(self, chapter: str, name: str, *, values: Mapping[str, str]) -> str:
        """The first sentence of a section that has something to show in this version;
        nothing where none has, or where there is no such section.
        """
        if chapter not in self._sections:
            there = (self.folder / f"{chapter}.md").is_file()
            self._sections[chapter] = self._read(chapter) if there else {}
        section = self._sections[chapter].get(name)
        if section is None:
            return ""
        self._enter(section, values)
        bound = (self._bind_text(s, values, where=where) for s, where in section.sentences())
        # Who collects faults wants those of the sentences too that are not needed.
        return next(filter(None, [*bound] if self.tell else bound), "")

    def _bound_blocks(self, chapter: str, name: str, *, values: Mapping[str, str]) -> list[str]:
        """Sentences are counted from one in each section, those left out too: a place
        is the same in every version.
        """
        section = self._find(chapter, name)
        if section is None:
            return []
        self._enter(section, values)
        return [self._bind_block(block, values) for block in section.blocks()]

    def _enter(self, section: Section, values: Mapping[str, str]) -> None:
        """From here on sentences are those of this section."""
        self._place = f"{section.chapter}.{section.name}"
        self._sentence, self._general = 0, section.general
        self._own_values = {
            name: values[name] for name in sorted(set(values) - set(variables(self.store)))
        }
        if section.reference not in self.asked:
            self.asked[section.reference] = section
            if self.judges_words and self.asks_review:
                self._fault_of(unread(section, self.store.round))

    def _find(self, chapter: str, name: str) -> Section | None:
        if chapter not in self._sections:
            self._sections[chapter] = self._read(chapter)
        if name not in self._sections[chapter]:
            where = f"{self.folder.parent.name}/narrative/{chapter}.md"
            self._fault(
                NarrativeError(
                    f"there is no section '{name}'",
                    where=where,
                    allowed=", ".join(self._sections[chapter]),
                    do=f"add a line '# {name}' with its text",
                )
            )
            return None
        return self._sections[chapter][name]

    def _read(self, chapter: str) -> dict[str, Section]:
        """The sections of a chapter: those of the round in place of those of all
        rounds.
        """
        sections: dict[str, Section] = {}
        try:
            paths = texts_of(self.folder, chapter, round_=self.store.round)
        except NarrativeError as problem:
            self._fault(problem)
            return sections
        for path in paths:
            self.read.add(path)
            self._fault_of(file_faults(path))
            sections |= read_sections(path)
        return sections

    def _fault(self, problem: NarrativeError) -> None:
        if self.tell is None:
            raise problem
        self.tell(problem)

    def _fault_of(self, problems: Iterable[NarrativeError]) -> None:
        for problem in problems:
            self._fault(problem)

    def _bind_block(self, block: Block, values: Mapping[str, str]) -> str:
        bound = [self._bind_text(item, values, where=where) for item, where in block.items]
        return "\n".join(f"- {b}" for b in bound if b) if block.is_list else bound[0]

    def _bind_text(self, text: str, values: Mapping[str, str], *, where: str) -> str:
        kept = []
        names = load_names(self.store.contracts.folder)
        for written in sentences_of(text):
            self._sentence += 1
            if self.judges_words:
                self._fault_of(unbound(written, where, names=names, general=self._general))
            try:
                kept.append(self._bind_sentence(written, values, where=where))
            except NothingToShow:
                self.left_out.append(written)
            except NarrativeError:
                raise
            except UserError as problem:
                self._fault(
                    NarrativeError(
                        problem.what,
                        where=problem.where or where,
                        allowed=problem.allowed,
                        do=problem.do,
                    )
                )
        return " ".join(kept)

    def _bind_sentence(self, written: str, values: Mapping[str, str], *, where: str) -> str:
        """A sentence with its bindings worked out, noted as printed. Raises
        NothingToShow when one has nothing.
        """
        last = values.get("last")
        if isinstance(last, LastYears) and any(
            last.year(asked) is None for asked in _LAST.findall(written)
        ):
            raise NothingToShow
        bindings = BINDING.findall(written)
        filled = fill(BINDING.sub("\x00", written), values, where=where)
        printed = [self._bind(binding, values, where=where) for binding in bindings]
        own = [fill(" ".join(b.split()), values) for b in bindings]
        self._fault_of(unnamed_drivers(self.store, own, where=where))
        if self._opening and not all(may_open(self.store, b) for b in own):
            raise NothingToShow
        text = _put_in(filled, printed)
        self.store.note(
            Sentence(
                _put_in(filled, [f"[[{fill(b, values)}]]" for b in bindings]),
                text,
                f"{self._place}.{self._sentence}",
                written,
                self._own_values,
            )
        )
        return text

    def _bind(self, binding: str, values: Mapping[str, str], *, where: str) -> str:
        """What one binding prints; where faults are collected, its own words for a
        binding that has one.
        """
        words = fill(" ".join(binding.split()), values, where=where).split(" ")
        if words[0] == GENERAL and not re.search(r"\d", binding):
            return " ".join(words[1:])
        if words[0] == REFERENCE:
            return " ".join(words[1:])
        if words[0] == STATE and len(words) == 2:
            return self.store.label("", "state", code=words[1])
        if words[0] == CLAIM:
            self.claims.setdefault((where, " ".join(binding.split())), False)
        try:
            if words[0] == CLAIM:
                text = check_claim(self.store, " ".join(words[1:]), where=where)
            else:
                text = print_binding(self.store, " ".join(words), where=where)
        except NarrativeError as problem:
            self.claims[where, " ".join(binding.split())] = True
            self._fault(problem)
            return ""
        except UserError as problem:
            self._fault(
                NarrativeError(
                    f"'[[{binding}]]' binds to nothing: {problem.what}",
                    where=where,
                    allowed=problem.allowed,
                    do="bind to an existing key",
                )
            )
            return ""
        if words[0] == CLAIM:
            self.claims[where, " ".join(binding.split())] = True
        self.bound += 1
        return text


def _put_in(text: str, parts: list[str]) -> str:
    """The parts in the places that were kept for them."""
    waiting = iter(parts)
    return re.sub("\x00", lambda _: next(waiting), text)

"""How does text stay true to the data? Markdown whose every number is bound to a cell or a formula over cells.

A binding stands in double square brackets. A sentence with a digit outside a binding does not build. A sentence whose
binding has nothing to show in this version (missing, withheld, no change computable) is left out as a whole, so the
same text serves every version and every round. See docs/write-narrative.md for the bindings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from pipeline.errors import NarrativeError, UserError
from pipeline.report.bindings import COMMANDS, FORMS, NothingToShow, may_open
from pipeline.report.claims import CLAIM, GENERAL, check_claim, refuse_unbound_claims, require_drivers
from pipeline.report.exhibits import fill, variables
from pipeline.report.store import Store

_BINDING = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)
_VARIABLE = re.compile(r"\{\w+\}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[A-Z\x00{])")
# A section that is marked as general says what holds whatever the figures are: definitions, method, limits.
_SECTION = re.compile(r"^# +([a-z0-9-]+)([ \t]+general)?[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"\S.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)


@dataclass
class Narrative:
    """The texts of a report: `<chapter>.md`, each divided into sections by `# name` lines.

    `left_out` collects sentences that had nothing to show, for the manifest; `bound` counts bindings printed.
    """

    folder: Path
    store: Store
    left_out: list[str] = field(default_factory=list)
    bound: int = 0
    read: set[Path] = field(default_factory=set)
    _sections: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict)
    _place: str = ""
    _sentence: int = 0
    _opening: bool = False  # whether these are key findings
    _general: set[str] = field(default_factory=set)
    _own_values: dict[str, str] = field(default_factory=dict)

    def paragraphs(self, chapter: str, section: str, values: Mapping[str, str]) -> Markup:
        """A section as HTML. Raises NarrativeError when it does not exist, prints a bare number or binds wrongly."""
        from markdown_it import MarkdownIt

        self._begin(chapter, section, values)
        blocks = [self._bind_block(b, values, w) for b, w in self._blocks(chapter, section)]
        text = "\n\n".join(b for b in blocks if b)
        return Markup(MarkdownIt("commonmark", {"html": False}).render(text))

    def items(self, chapter: str, section: str, values: Mapping[str, str]) -> list[Markup]:
        """The list items of a section, for key findings; items with nothing to show are left out, and so are those on a
        sum over half of the states or fewer."""
        from markdown_it import MarkdownIt

        self._begin(chapter, section, values)
        self._opening = True
        try:
            bound = [self._bind_block(b, values, w) for b, w in self._blocks(chapter, section)]
        finally:
            self._opening = False
        lines = [line[2:] for block in bound for line in block.splitlines() if line.startswith("- ")]
        return [Markup(MarkdownIt("commonmark", {"html": False}).renderInline(line)) for line in lines]

    def _begin(self, chapter: str, section: str, values: Mapping[str, str]) -> None:
        """Sentences are counted from one in each section, those left out too: a place is the same in every version."""
        self._place, self._sentence = f"{chapter}.{section}", 0
        self._own_values = {name: values[name] for name in sorted(set(values) - set(variables(self.store)))}

    def _blocks(self, chapter: str, section: str) -> list[tuple[str, str]]:
        if chapter not in self._sections:
            self._sections[chapter] = self._read(chapter)
        where = f"{self.folder.parent.name}/narrative/{chapter}.md"
        if section not in self._sections[chapter]:
            raise NarrativeError(
                f"there is no section '{section}'", where=where, allowed=", ".join(self._sections[chapter]),
                do=f"add a line '# {section}' with its text",
            )  # fmt: skip
        text, line = self._sections[chapter][section]
        return [
            (block[0].rstrip(), f"{where} line {line + text[: block.start()].count(chr(10)) + 1}")
            for block in _BLOCK.finditer(text)
        ]

    def _read(self, chapter: str) -> dict[str, tuple[str, int]]:
        path = self.folder / f"{chapter}.md"
        if not path.is_file():
            path = self.folder.parent.parent / "shared" / "narrative" / f"{chapter}.md"
        if not path.is_file():
            raise NarrativeError("the text does not exist", where=str(self.folder / f"{chapter}.md"), do="write it")
        self.read.add(path)
        text = path.read_text(encoding="utf-8")
        _refuse_bare_numbers(text, f"{path.parent.parent.name}/narrative/{path.name}")
        heads = list(_SECTION.finditer(text))
        self._general |= {f"{chapter}.{h[1]}" for h in heads if h[2]}
        ends = [h.start() for h in heads[1:]] + [len(text)]
        return {h[1]: (text[h.end() : end], text[: h.end()].count("\n")) for h, end in zip(heads, ends, strict=True)}

    def _bind_block(self, block: str, values: Mapping[str, str], where: str) -> str:
        if block.lstrip().startswith("- "):
            items = re.split(r"\n(?=- )", block)
            bound = [self._bind_text(i[2:], values, where) for i in items]
            return "\n".join(f"- {b}" for b in bound if b)
        return self._bind_text(block, values, where)

    def _bind_text(self, text: str, values: Mapping[str, str], where: str) -> str:
        # Bindings hold full stops, so they are set aside before the text is cut into sentences.
        bindings: list[str] = []

        def set_aside(match: re.Match[str]) -> str:
            bindings.append(match[1])
            return f"\x00{len(bindings) - 1}\x01"

        plain = " ".join(_BINDING.sub(set_aside, text).split("\n"))
        kept = []
        for sentence in _SENTENCE_END.split(plain):
            self._sentence += 1
            written = re.sub(r"\x00(\d+)\x01", lambda m: f"[[{bindings[int(m[1])]}]]", sentence)
            if self._place not in self._general:
                refuse_unbound_claims(written, where)
            try:
                filled = fill(sentence, values, where)
                said = re.sub(r"\x00(\d+)\x01", lambda m: self._bind(bindings[int(m[1])], values, where), filled)
                own = [fill(bindings[int(n)], values) for n in re.findall(r"\x00(\d+)\x01", sentence)]
                require_drivers(self.store, own, where)
                if self._opening and not all(may_open(self.store, b) for b in own):
                    raise NothingToShow
                kept.append(said)
                self.store.shown.append({
                    "sentence": re.sub(r"\x00(\d+)\x01", lambda m: f"[[{fill(bindings[int(m[1])], values)}]]", filled),
                    "text": kept[-1], "place": f"{self._place}.{self._sentence}", "written": written,
                    "values": self._own_values,
                })  # fmt: skip
            except NothingToShow:
                self.left_out.append(written)
        return " ".join(kept)

    def _bind(self, binding: str, values: Mapping[str, str], where: str) -> str:
        words = fill(" ".join(binding.split()), values, where).split(" ")
        if words[0] == GENERAL and not re.search(r"\d", binding):
            return " ".join(words[1:])
        if words[0] == "ref":
            return " ".join(words[1:])
        if words[0] == CLAIM:
            self.bound += 1
            return check_claim(self.store, " ".join(words[1:]), where)
        command, arguments = (words[0], words[1:]) if words[0] in COMMANDS else ("value", words)
        form = FORMS[command].split()
        if not _has_form(arguments, form):
            raise NarrativeError(
                f"'[[{binding}]]' does not have the form of the binding '{command}'", where=where,
                allowed=f"[[{' '.join([command] * (command != 'value') + form)}]]",
                do="correct the binding; see docs/write-narrative.md",
            )  # fmt: skip
        try:
            text = COMMANDS[command](self.store, *(a for a, f in zip(arguments, form, strict=True) if f.isupper()))
            self.bound += 1
            return text
        except UserError as problem:
            if isinstance(problem, NarrativeError):
                raise
            raise NarrativeError(
                f"'[[{binding}]]' binds to nothing: {problem.what}", where=where, allowed=problem.allowed,
                do="bind to an existing key",
            ) from problem  # fmt: skip


def _has_form(arguments: list[str], form: list[str]) -> bool:
    """Words in capitals stand for a key, a year or a count; all others are written as they are."""
    return len(arguments) == len(form) and all(
        a.isdigit() if f in ("YEAR", "COUNT") else f.isupper() or a == f for a, f in zip(arguments, form, strict=True)
    )


def _refuse_bare_numbers(text: str, where: str) -> None:
    """A digit outside a binding or a variable is a number that nobody could walk back to a cell."""
    blank = _VARIABLE.sub("", _BINDING.sub(lambda m: "\n" * m[0].count("\n"), text))
    for line, content in enumerate(blank.splitlines(), 1):
        if re.search(r"\d", content) and not _SECTION.match(content):
            raise NarrativeError(
                f"a number is not bound to a cell: '{content.strip()[:90]}'", where=f"{where} line {line}",
                allowed="[[KEY]], a formula such as [[share KEY of KEY]], or [[ref Directive 2011/36/EU]]",
                do="bind the number, or write it as a word where it is not a statistic",
            )  # fmt: skip

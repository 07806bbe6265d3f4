"""Is every numeral of a document accounted for? Each is a released cell, a formula over
such cells, or listed.

Table cells are compared one by one with the keys that the renderer noted, sentences
with their bindings; the values are worked out here, from the released cells. What
remains must be a year, the number of a heading, page or exhibit, or part of wording
that is public as it stands. Anything else is a leak.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise

from pipeline.inspection.readback.bindings import TELLS, Bindings
from pipeline.inspection.readback.outline import Block
from pipeline.inspection.readback.report import NUMERAL, ScanReport
from pipeline.inspection.readback.scores import SCORED
from pipeline.inspection.readback.values import Register
from pipeline.inspection.readback.wording import SYMBOLS
from pipeline.inspection.readback.words import compact
from pipeline.report.edition import CORRIGENDUM
from pipeline.report.ledger import (
    ANSWERED,
    Fact,
    LedgerEntry,
    Sentence,
    TableKeys,
    exhibits_of,
    footnotes_of,
    statements_of,
)

_DONE = "\x00"
_NOTHING = "\x01"  # in no text: a binding without a value that may be shown
_BINDING = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)
_MARKS = re.compile(r"[bdekpuwqvi*](?:,[bdekpuwqvi*])*")
_COUNTED = re.compile(r"(\d+)of(\d+)")
_FORMULAS = (
    "share",
    "shares",
    "rate",
    "moved",
    "leader",
    "alone",
    *SCORED,
)
WHY = "it is no released cell, no formula over released cells, and no listed number"


@dataclass
class Facts:
    """What is known of a version beside its cells: from the manifest, the contracts and
    the file itself.
    """

    years: set[str]
    reference: str
    round_: int
    date_text: str
    wording: list[str]  # public texts that hold a digit
    bindings: Bindings
    # heading of a country page -> its name in the contents
    countries: Mapping[str, str] = field(default_factory=dict)
    destinations: Mapping[str, int] = field(default_factory=dict)  # name -> page from 1
    members: tuple[str, ...] = ()  # codes of the states that the map of the cover shows


class Judge:
    """Goes through the blocks of one document and strikes out every numeral it can
    account for.
    """

    def __init__(
        self, file: str, register: Register, *, shown: Sequence[LedgerEntry], facts: Facts
    ) -> None:
        self.file, self.register, self.shown, self.facts = file, register, shown, facts
        self.report = ScanReport()
        self.wording = sorted(
            {compact(w) for w in facts.wording} - {""}, key=lambda w: (-len(w), w)
        )
        self.phrases = [w for w in self.wording if re.search(r"[^\W\d_]", w)]
        self.codes = {w for w in self.wording if w not in self.phrases}
        self.footnotes = dict(self._bound_footnotes())

    def judge(self, blocks: list[Block]) -> None:
        """Judge all text of the structure; charts are judged by
        `pipeline.inspection.readback.charts`.
        """
        self._tables([b for b in blocks if b.kind == "TD"])
        running = [b for b in blocks if b.kind not in ("TD", "Figure")]
        texts = [compact(b.text) for b in running]
        self._sentences(running, texts)
        heads = [b for b in running if re.fullmatch(r"H\d", b.kind)]
        self.titles = {compact(b.text) for b in heads} | {
            compact(b.text) for b in running if b.kind == "Caption"
        }
        self._numbered(heads)
        for block, text in zip(running, texts, strict=True):
            self._rest(block, text)

    def where(self, block: Block) -> str:
        return f"{self.file}, page {block.page}, {block.kind}"

    # --- tables

    def _tables(self, cells: list[Block]) -> None:
        noted = [e for e in self.shown if isinstance(e, TableKeys)]
        rows = [(keys.id, row) for keys in noted for row in keys.rows if row]
        expected = sum(len(row) for _, row in rows)
        if len(cells) != expected:
            self.report.add(
                self.file,
                f"the tables have {len(cells)} cells, {expected} were noted as printed",
                "a cell has no key",
            )
        waiting = iter(cells)
        for table, row in rows:
            blocks = list(islice(waiting, len(row)))
            texts = [compact(b.text) for b in blocks]
            for block, text, reference in zip(blocks, texts, row, strict=False):
                if reference:
                    self._table_cell(block, text, table=table, reference=reference)
                else:
                    self._free_cell(block, text, row=texts)
        for block in waiting:
            self._rest(block, compact(block.text))

    def _table_cell(self, block: Block, text: str, *, table: str, reference: str) -> None:
        allowed = [compact(t) for t in self.register.printed(reference)]
        for option in sorted(allowed, key=len, reverse=True):
            rest = text[len(option) :] if text.startswith(option) else None
            if rest is not None and (not rest or _MARKS.fullmatch(rest)):
                self._count(_class_of(reference), option)
                return
        if text == "none" and "" in allowed:
            return
        self.report.add(
            f"{self.where(block)} in {table}",
            f"'{block.text}' is printed for {reference}",
            f"released is {' or '.join(allowed) or 'nothing'}",
        )

    def _free_cell(self, block: Block, text: str, *, row: list[str]) -> None:
        counted = _COUNTED.fullmatch(text)
        if counted:
            answers = [t for t in row if t != text]
            given = sum(t in ("yes", "inq.", "<5") for t in answers)
            if (int(counted[1]), int(counted[2])) == (given, len(answers)):
                self._count("count of states", text)
                return
        self._rest(block, text)

    # --- sentences

    def _sentences(self, blocks: list[Block], texts: list[str]) -> None:
        """Strike out the bound numbers of every noted sentence, in the order of the
        document.
        """
        # A paragraph that is broken over two pages stands in two blocks, and a sentence
        # of it as well.
        starts = list(accumulate(map(len, texts), initial=0))
        whole = "".join(texts)
        start = 0
        for statement in statements_of(self.shown):
            pieces = self._pieces(statement)
            wanted = "".join(text for text, _ in pieces)
            if not re.search(r"\d", wanted) and not TELLS.search(statement.bound):
                continue
            found = self._find(wanted, whole, start=start, starts=starts)
            if found is None:
                self.report.add(
                    f"{self.file}, text",
                    f"no sentence reads '{statement.text}' with the released values",
                    "the text prints another value than its binding",
                )
                continue
            start = found
            for piece, kind in pieces:
                if kind:
                    self._count(kind, piece)
                    whole = whole[:start] + _DONE * len(piece) + whole[start + len(piece) :]
                start += len(piece)
        texts[:] = [whole[first:last] for first, last in pairwise(starts)]

    def _find(self, wanted: str, whole: str, *, start: int, starts: list[int]) -> int | None:
        """Where a sentence stands next: not inside of a longer number. Blocks begin at
        `starts`.
        """
        place = whole.find(wanted, start)
        while place >= 0:
            ends = [p for p in (place, place + len(wanted)) if p not in starts]
            if not any(
                re.search(r"\d[.,]?\Z", whole[max(0, p - 2) : p]) and whole[p : p + 1].isdigit()
                for p in ends
            ):
                return place
            place = whole.find(wanted, place + 1)
        return None

    def _pieces(self, statement: Fact | Sentence) -> list[tuple[str, str]]:
        """The sentence as it must read, cut into its own words and its bindings with
        their class. A text that was cleared letter for letter is one piece.
        """
        if statement.bound in self.register.written:
            return [(compact(statement.bound), "cleared text")]
        parts = _BINDING.split(statement.bound)
        fixed = [self.facts.bindings.texts(b) or (_NOTHING,) for b in parts[1::2]]
        groups = ["(" + "|".join(map(re.escape, texts)) + ")" for texts in fixed]
        form = "".join(re.escape(p) + g for p, g in zip(parts[::2], [*groups, ""], strict=True))
        match = re.fullmatch(form, statement.text, re.DOTALL)
        pieces: list[tuple[str, str]] = []
        for index, part in enumerate(parts):
            if index % 2 == 0:
                pieces.append((_plain(part), ""))
            else:
                text = match[index // 2 + 1] if match else fixed[index // 2][0]
                pieces.append((compact(text), _binding_class(part)))
        return pieces

    # --- footnotes

    def _bound_footnotes(self) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
        """Footnotes with figures, as they must read with the released values, and their
        pieces: words and figures.
        """
        for entry in self.shown:
            for note in footnotes_of(entry):
                if note.bound:
                    pieces = [
                        (compact(self.register.text(part) if index % 2 else part), bool(index % 2))
                        for index, part in enumerate(_BINDING.split(note.bound))
                    ]
                    yield "".join(text for text, _ in pieces), pieces

    def _footnote(self, text: str) -> str:
        """A footnote without the figures that its keys stand for; any other text as it
        is.
        """
        read = next(
            (full for full in self.footnotes if text.endswith(full) and len(text) - len(full) < 2),
            None,
        )
        if read is None:
            return text
        left = text[: len(text) - len(read)]
        for piece, is_figure in self.footnotes[read]:
            left += _DONE * len(piece) if is_figure else piece
            if is_figure:
                self._count("cell", piece)
        return left

    # --- what remains

    def _numbered(self, heads: Iterable[Block]) -> None:
        """The numbers of headings count up from one: a heading that does not is no
        heading's number.

        The heading of a country page prints no number, and is counted like the others
        all the same.
        """
        self.headings: dict[str, str] = {}  # number -> title
        chapter, section, annex, prefix = 0, 0, 0, ""
        for block in heads:
            text = compact(block.text)
            number = f"{prefix}.{section + 1}"
            if block.kind == "H1" and text.startswith(f"{chapter + 1}"):
                chapter, section, prefix = chapter + 1, 0, str(chapter + 1)
                self.headings[prefix] = text[len(prefix) :]
            elif block.kind == "H1" and text.startswith(f"Annex{chr(ord('A') + annex)}"):
                prefix = chr(ord("A") + annex)
                section = 0
                annex = annex + 1
            elif block.kind == "H2" and prefix and text.startswith(number):
                self.headings[number], section = text[len(number) :], section + 1
            elif block.kind == "H2" and prefix and text in self.facts.countries:
                self.headings[number], section = self.facts.countries[text], section + 1

    def _rest(self, block: Block, text: str) -> None:
        """Strike out what is listed; every numeral left is a leak."""
        if not re.search(r"\d", text):
            return
        if text in SYMBOLS and block.kind in ("TH", "TD"):
            self._count("symbol", text)
            return
        if text in self.codes and block.kind in ("TH", "TD"):
            self._count("wording", text)
            return
        left = self.strike(self._footnote(text), self._own_rules(block))
        for numeral in re.findall(NUMERAL, left):
            self.report.add(self.where(block), f"'{numeral}' in '{block.text}'", WHY)

    def _own_rules(self, block: Block) -> list[tuple[str, str]]:
        rules: list[tuple[str, str]] = []
        if re.fullmatch(r"H\d", block.kind):
            rules += [
                ("heading", rf"^{re.escape(n)}(?=\D)") for n in sorted(self.headings, key=len)[::-1]
            ]
        if block.links:
            rules += self._contents_rules(block)
        if block.kind in ("Caption", "P") or block.links:
            rules.append(("exhibit", rf"^(?:{'|'.join(self.exhibits)})(?=[A-Z])"))
        return rules

    def _contents_rules(self, block: Block) -> list[tuple[str, str]]:
        """A line of the contents: a heading's number before its own title, and the page
        on which its link ends.
        """
        page = self.facts.destinations.get(block.links[0], 0)
        titles = sorted(self.headings.items(), key=lambda h: -len(h[0]))
        numbers = [("heading", rf"^{re.escape(n)}(?={re.escape(title)})") for n, title in titles]
        return [("page", rf"(?<=[^\d]){page}$"), *numbers]

    @property
    def exhibits(self) -> list[str]:
        """The numbers that exhibits were given, those without data too, longest first."""
        return sorted(
            (e.number.replace(" ", "") for e in exhibits_of(self.shown)), key=len, reverse=True
        )

    def strike(self, text: str, rules: Iterable[tuple[str, str]] = ()) -> str:
        """Replace every numeral that is listed; `rules` are classes with patterns,
        tried before the common ones.
        """
        for kind, pattern in rules:
            text = re.sub(pattern, self._strike(kind), text)
        for phrase in self.phrases:
            if phrase in text:
                text = re.sub(rf"(?<!\d){re.escape(phrase)}(?!\d)", self._strike("wording"), text)
        for kind, pattern in self._common():
            text = re.sub(pattern, self._strike(kind), text)
        return text

    def _common(self) -> list[tuple[str, str]]:
        facts = self.facts
        years = "|".join(sorted(facts.years))
        return [
            ("reference", re.escape(compact(facts.reference))),
            ("date", re.escape(compact(facts.date_text))),
            *self._of_edition(),
            ("year", rf"(?<!\d)(?<!\d[,.])(?:{years})(?!\d|[,.]\d)"),
        ]

    def _of_edition(self) -> Iterator[tuple[str, str]]:
        """How the edition names itself and the one that it replaces, with how many figures
        it corrects, and the page of their list.
        """
        edition = self.register.edition
        if edition.replaces:
            yield "edition", f"(?i:{re.escape(compact(edition.told))})"
            yield "edition", f"(?i:{re.escape(compact(str(edition.replaces)))})"
            yield "edition", rf"(?<=[Ee]dition){edition.replaces.number}(?!\d)"
            if page := self.facts.destinations.get(CORRIGENDUM):
                yield "page", rf"(?<=seepage){page}$"
        yield "edition", rf"(?<=[Ee]dition){edition.number}(?!\d)"

    def _strike(self, kind: str) -> Callable[[re.Match[str]], str]:
        def strike(match: re.Match[str]) -> str:
            self._count(kind, match[0])
            return _DONE * len(match[0])

        return strike

    def _count(self, kind: str, text: str) -> None:
        self.report.counts[kind] += len(re.findall(NUMERAL, text))


def _plain(text: str) -> str:
    return compact(re.sub(r"[*_`\\]", "", text))


def _class_of(reference: str) -> str:
    if reference.startswith(f"{ANSWERED}("):
        return "count of tables"
    if reference.startswith("coverage("):
        return "count of states"
    if reference.startswith("query("):
        return "named query"
    return "formula" if "(" in reference else "cell"


def _binding_class(binding: str) -> str:
    first = binding.split()[0]
    if first == "ref":
        return "reference"
    kinds = {
        "coverage": "count of states",
        "lastyear": "year",
        **dict.fromkeys(_FORMULAS, "formula"),
    }
    return kinds.get(first, "cell")

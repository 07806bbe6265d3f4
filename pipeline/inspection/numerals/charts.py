"""What are the numerals in a chart? Values of its points, numbers of its axis, labels
of what it sets side by side.
"""

from __future__ import annotations

import re

from pipeline.inspection.numerals.known import Known
from pipeline.inspection.numerals.passage import FORMULA, NUMERAL, Passage, squeeze
from pipeline.inspection.numerals.tables import kind_of, misplaced
from pipeline.inspection.readback.axes import Label, labels_of, read_axes
from pipeline.inspection.readback.charts import ChartCheck
from pipeline.inspection.readback.labels import ChartTexts
from pipeline.inspection.readback.outline import Block
from pipeline.report.exhibits.described import describe
from pipeline.report.ledger import Exhibit, PrintedChart
from pipeline.report.views import ChartData

_OF = r"\d+(?:to\d+)?of\d+"


class DrawingCheck:
    """Accounts for one drawn chart: `exhibit` is what was noted of it, `noted` what it
    draws.
    """

    def __init__(self, known: Known, exhibit: Exhibit, *, noted: PrintedChart, place: str) -> None:
        self.known, self.exhibit, self.place = known, exhibit, place
        self.check = ChartCheck("", known.register, shown=[])
        self.data: ChartData = self.check.released(noted.data, "")
        self.wrong = [f"{leak.what}: {leak.why}" for leak in self.check.report.leaks]
        for series in self.data.series:
            for point in series.points:
                beside = [series.label, self.data.labels.get(point.x, point.x)]
                if point.key and (
                    why := misplaced(
                        known,
                        point.key,
                        beside=beside,
                        above=[exhibit.title],
                        page_state=exhibit.state,
                    )
                ):
                    self.wrong.append(f"{point.text}: {why}")

    @property
    def cubes(self) -> list[str]:
        return list(self.exhibit.cubes)

    def passages(self, block: Block) -> list[Passage]:
        """The texts of a drawing and its alternative text, with what could be accounted
        for.
        """
        found = [self._alternative(block)]
        labels = labels_of(block)
        painted = [p for p in block.paths if p.fill is not None or p.stroke is not None]
        axes = read_axes(self.data, painted, labels=labels)
        for label in axes.taken:
            passage = self._passage(block, label.text)
            found.append(passage)
            before = len(self.check.report.leaks)
            self.check.scales("", [label])
            if len(self.check.report.leaks) == before:
                passage.claim_all("axis")
        return found + self._labels(block, [t for t in labels if t not in axes.taken])

    def _passage(self, block: Block, text: str, *, part: str = "chart") -> Passage:
        return Passage(block.page, f"{self.known.report}/{self.place}/{part}", text)

    def _alternative(self, block: Block) -> Passage:
        """The alternative text: worked out again from the released values, numeral by
        numeral.
        """
        passage = self._passage(block, block.alt, part="alt")
        if self.wrong or squeeze(block.alt) != squeeze(describe(self.data)):
            return passage
        title = squeeze(self.data.title)
        self._claim_inside(passage, passage.bare.find(title), text=title)
        for series in self.data.series:
            self._claim_inside(
                passage, passage.bare.find(squeeze(series.label)), text=squeeze(series.label)
            )
        passage.claim_pattern(_OF, FORMULA, what="count of states")
        points = [p for s in self.data.series for p in s.points if p.value is not None]
        self.known.exceptions.claim(passage)
        values = {n: (kind_of(p.key), p.key) for p in points for n in NUMERAL.findall(p.text)}
        passage.claim_numerals(values)
        every = [p for s in self.data.series for p in s.points]
        passage.claim_numerals({p.x: ("year", "") for p in every if p.x in self.known.years})
        self.known.claim_label(passage, self.cubes)
        return passage

    def _claim_inside(self, passage: Passage, start: int, *, text: str) -> None:
        """Account for a stretch of a passage by the rules of labels alone."""
        if start < 0:
            return
        inner = Passage(passage.page, passage.place, text)
        self.known.claim_label(inner, self.cubes)
        for claim in inner.claims:
            passage.claim(start + claim.start, start + claim.end, claim.kind, claim.what)

    def _labels(self, block: Block, labels: list[Label]) -> list[Passage]:
        """Labels in the order of drawing; one that was broken into lines is put
        together again.
        """
        texts = ChartTexts(self.data)
        found = []
        place = 0
        while place < len(labels):
            text, taken = texts.next_label(labels[place:])
            passage = self._passage(block, text)
            self._account(passage, texts)
            found.append(passage)
            place += taken
        return found

    def _account(self, passage: Passage, texts: ChartTexts) -> None:
        text = passage.bare
        if not re.search(r"\d", text) or self.wrong:
            return
        if texts.values[text] > 0 and text not in texts.free:
            texts.values[text] -= 1
            self._value(passage)
            return
        if text in texts.free or self.check.gaps(text, self.data):
            inner = [*(s.label for s in self.data.series), *self.data.labels.values()]
            for label in sorted(map(squeeze, inner), key=len, reverse=True):
                self._claim_inside(passage, text.find(label), text=label)
            passage.claim_pattern(_OF, FORMULA, what="count of states")
            passage.claim_pattern(r"\d+(?=\N{MULTIPLICATION SIGN})", FORMULA, what="count of parts")
            self.known.claim_label(passage, self.cubes)

    def _value(self, passage: Passage) -> None:
        """The value of a point, alone or beside the name of its line."""
        points = [p for s in self.data.series for p in s.points]
        named = [(p, s.label) for s in self.data.series for p in s.points[:1] + s.points[-1:]]
        for point, label in named:
            value = squeeze(point.text)
            name = squeeze(label)
            if passage.bare == name + value:
                self._claim_inside(passage, 0, text=name)
                passage.claim(len(name), len(passage.bare), kind_of(point.key), point.key)
            elif passage.bare == value + name:
                passage.claim(0, len(value), kind_of(point.key), point.key)
                self._claim_inside(passage, len(value), text=name)
            if passage.claims:
                passage.claim_pattern(_OF, FORMULA, what="count of states")
                return
        for point in points if self.data.kind == "of_ten" else []:
            name = squeeze(point.x)
            if passage.bare == name + squeeze(point.text):
                passage.claim(len(name), len(passage.bare), kind_of(point.key), point.key)
                return
        for point in points:
            value = squeeze(point.text)
            if passage.bare.removesuffix("*") == value or passage.bare.startswith(f"{value}("):
                passage.claim(0, len(value), kind_of(point.key), point.key)
                passage.claim_pattern(_OF, FORMULA, what="count of states")
                return

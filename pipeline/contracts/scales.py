"""On which scales do experts judge, and which threat level do scores suggest?

Reads `assessment.yaml` beside the contracts. A scale is a list of words from the least
to the most; what a word is worth is its place in it, from 1. Scores are ordinal:
nothing here adds them up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.codelists import fold
from pipeline.system.yaml_files import YamlFile

ASSESSMENT, SCHEMA = "assessment.yaml", "assessment.schema.json"
FILES = (ASSESSMENT, SCHEMA)  # of data_contracts
PAGE = "docs/how-to/assessment.md"
# Words that only a judgement may say: a text that holds one judges by itself.
JUDGING = re.compile(
    r"\b(?:(?:highly )?(?:un)?likely|probabl[ey]|almost certain(?:ly)?|remote chance"
    r"|realistic possibility|(?:low|moderate|high) confidence)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Scale:
    """Words from the least to the most."""

    name: str
    words: tuple[str, ...]

    def word(self, place: int) -> str:
        """The word at a place, from 1."""
        return self.words[place - 1]

    def place(self, text: str) -> int | None:
        """The place of a word, whatever its case and spaces; of `B: mostly reliable` also
        by the code before its colon. None where it is no word of the scale.
        """
        wanted = fold(text)
        for place, word in enumerate(self.words, 1):
            code, colon, _ = word.partition(":")
            if wanted == fold(word) or (colon and wanted == fold(code)):
                return place
        return None


@dataclass(frozen=True)
class Texts:
    """How the words beside a text are read: the aspect that says who may read it, that of
    its handling code, and the codes that leave open who may.
    """

    clearance: str
    handling: str
    free: tuple[str, ...]


@dataclass(frozen=True)
class JudgedTable:
    """A table that is answered in words: the dimension whose codes are questions, and the
    scale of each. Where it has `texts`, the note of a line is its text.
    """

    name: str
    dimension: str
    scales: tuple[tuple[str, Scale], ...]  # by code of the dimension
    texts: Texts | None = None

    @property
    def is_texts(self) -> bool:
        return self.texts is not None

    @property
    def common(self) -> Scale:
        """The scale on which most of its questions are answered, of several the first."""
        asked = [scale for _, scale in self.scales]
        return max(dict.fromkeys(asked), key=asked.count)

    def scale(self, code: str) -> Scale:
        """The scale on which a question is answered."""
        return next(scale for asked, scale in self.scales if asked == code)


@dataclass(frozen=True)
class Matrix:
    """The level that a likelihood and the highest impact suggest, all by their places."""

    likelihood: str
    impacts: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]

    def level(self, likelihood: int, impact: int) -> int:
        return self.rows[likelihood - 1][impact - 1]


@dataclass(frozen=True)
class Assessment:
    """The settings of the assessment. `session`, `min_states` and `statistics` say what
    versions for others show of scores.
    """

    tables: Mapping[str, JudgedTable]
    levels: Scale
    matrix: Matrix
    session: str
    min_states: int
    statistics: frozenset[str]

    @property
    def scored(self) -> str:
        """The table whose answers suggest a level of threat."""
        return next(
            name
            for name, table in self.tables.items()
            if self.matrix.likelihood in dict(table.scales)
        )


@lru_cache(maxsize=8)
def load_assessment(folder: Path) -> Assessment | None:
    """The settings in `folder` (data_contracts); None where no assessment is asked for.
    Raises ContractError with all that is wrong, each with its line.
    """
    path = folder / ASSESSMENT
    if not path.exists():
        return None
    file = read_checked(path, folder / SCHEMA, wrong=_wrong, page=PAGE)
    return _read(file.mapping())


def _read(content: Mapping[str, Any]) -> Assessment:
    scales = {name: Scale(name, tuple(words)) for name, words in content["scales"].items()}
    levels = Scale("level", tuple(content["levels"]))
    matrix = content["matrix"]
    rows = tuple(
        tuple(levels.words.index(word) + 1 for word in row) for row in matrix["rows"].values()
    )
    tables = {
        name: JudgedTable(
            name,
            own["dimension"],
            tuple((code, scales[scale]) for code, scale in own["scales"].items()),
            _texts(own.get("texts")),
        )
        for name, own in content["tables"].items()
    }
    return Assessment(
        MappingProxyType(tables),
        levels,
        Matrix(matrix["likelihood"], tuple(matrix["impacts"]), rows),
        content["released"]["session"],
        content["released"]["min_states"],
        frozenset(content["released"]["statistics"]),
    )


def _texts(own: Mapping[str, Any] | None) -> Texts | None:
    return Texts(own["clearance"], own["handling"], tuple(own["free"])) if own else None


def _wrong(file: YamlFile) -> Iterator[str]:
    content = file.mapping()
    scales = content["scales"]
    for name, words in scales.items():
        folded = [fold(word) for word in words]
        codes = [fold(word.partition(":")[0]) for word in words if ":" in word]
        if len({*folded}) < len(folded) or len({*codes}) < len(codes):
            yield f"{file.place(('scales', name))}: two words of it read alike"
    for name, table in content["tables"].items():
        for code, scale in table["scales"].items():
            if scale not in scales:
                at = file.place(("tables", name, "scales", code))
                yield f"{at}: there is no scale '{scale}'; allowed: {', '.join(scales)}"
        if texts := table.get("texts"):
            yield from _wrong_texts(file, name, texts)
    yield from _wrong_matrix(file)


def _wrong_texts(file: YamlFile, name: str, texts: Mapping[str, Any]) -> Iterator[str]:
    content = file.mapping()
    asked = content["tables"][name]["scales"]
    for what in ("clearance", "handling"):
        if texts[what] not in asked:
            at = file.place(("tables", name, "texts", what))
            yield f"{at}: no aspect is called '{texts[what]}'; allowed: {', '.join(asked)}"
            return
    words = content["scales"].get(asked[texts["handling"]], [])
    for word in texts["free"]:
        if word not in words:
            at = file.place(("tables", name, "texts", "free"))
            yield f"{at}: '{word}' is no handling code; allowed: {', '.join(words)}"


def _wrong_matrix(file: YamlFile) -> Iterator[str]:
    content = file.mapping()
    matrix, at = content["matrix"], file.place(("matrix",))
    asked = {
        code: scale
        for table in content["tables"].values()
        for code, scale in table["scales"].items()
    }
    for code in (matrix["likelihood"], *matrix["impacts"]):
        if code not in asked:
            yield f"{at}: no table asks '{code}'; allowed: {', '.join(asked)}"
            return
    impacts = {asked[code] for code in matrix["impacts"]}
    if len(impacts) > 1:
        yield f"{at}: the impacts are answered on several scales, {', '.join(sorted(impacts))}"
        return
    likelihoods = content["scales"].get(asked[matrix["likelihood"]], [])
    wide = len(content["scales"].get(impacts.pop(), []))
    if list(matrix["rows"]) != likelihoods:
        yield f"{at}: its lines are not the words of likelihood in their order"
    for name, row in matrix["rows"].items():
        place = file.place(("matrix", "rows", name))
        if len(row) != wide:
            yield f"{place}: it has {len(row)} levels, one for each of {wide} impacts is needed"
        for word in row:
            if word not in content["levels"]:
                allowed = ", ".join(content["levels"])
                yield f"{place}: there is no level '{word}'; allowed: {allowed}"
    yield from _falling(file)


def _falling(file: YamlFile) -> Iterator[str]:
    """A higher likelihood or impact must not suggest a lower level."""
    content = file.mapping()
    order = {word: place for place, word in enumerate(content["levels"])}
    rows = {
        name: [order.get(word, 0) for word in row]
        for name, row in content["matrix"]["rows"].items()
    }
    above: list[int] = []
    for name, row in rows.items():
        place = file.place(("matrix", "rows", name))
        if row != sorted(row):
            yield f"{place}: a higher impact suggests a lower level"
        if any(one > other for one, other in zip(above, row, strict=False)):
            yield f"{place}: a higher likelihood suggests a lower level"
        above = row

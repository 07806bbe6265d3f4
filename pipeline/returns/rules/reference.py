"""Which rules are there, and what does each of them ask?

Reads the rules of intake, of the contracts and of records; writes the page and the list
about them. Begin at `write_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from pipeline.contracts.layout import respondents, tables_for
from pipeline.contracts.model import Contracts
from pipeline.contracts.population import load_population
from pipeline.errors import UserError
from pipeline.findings import SEVERITIES, Severity
from pipeline.returns.intake.problems import RULES
from pipeline.returns.records.check import row_rules
from pipeline.returns.records.form import CONF, RecordForm
from pipeline.returns.rules.anchored import GIVE_THE_SOURCE, NOT_COMPARED, NOTHING_TO_DO
from pipeline.returns.rules.compile import compile_rules
from pipeline.returns.rules.examples import EXAMPLES
from pipeline.returns.rules.known import LEFT_OUT, LEFT_OUT_ALLOWED, LEFT_OUT_DO
from pipeline.returns.rules.mirrored import COMPARE
from pipeline.returns.rules.mirrored import RULE as MIRROR
from pipeline.returns.rules.published import RULE as PUBLISHED
from pipeline.returns.rules.published import SAY_WHY
from pipeline.system.files import csv_bytes, write_file

# What each rule of intake means, under the heading where the page lists it. A test asks
# that every rule stands here once.
INTAKE: dict[str, dict[str, str]] = {
    "The file as a whole": {
        "no-return": "A state that is asked sent no file for the report.",
        "not-a-return": "A file lies in the folder and is no return.",
        "amendment-without-text": "A meeting amended a text, and its state sent another since.",
        "wrong-folder": "A return lies beside the folders of the reports, not in one of them.",
        "unclear-name": "The name is nearly the name of a return.",
        "stray-file": "The name begins with the code of a state, and the file is no return.",
        "not-a-file": "A folder, pipe or device stands in the place of a return.",
        "linked-file": "The return is a link to another place.",
        "file-renamed": "The bytes are of another format than the ending says. The file is read.",
        "old-format": "The format does not show which cells are formulas. The file is read.",
        "password-protected": "The workbook opens with a password only.",
        "withdrawn": "The state takes a table back.",
        "not-a-member": "The file name does not begin with a state that is asked for the report.",
        "second-file": "Two files have the same state, report and number. The first one is read.",
        "unsupported-format": "The file has the name of a return and a format that is not read.",
        "unreadable-file": "The file is damaged, not complete, or cannot be opened.",
        "nothing-read": "The file holds no figure and takes no table back.",
        "unsafe-file": "The file is larger than any return, or built in a way that is not safe.",
        "active-content": "The workbook holds macros, embedded objects or links to other files.",
        "wrong-cover": (
            "The cover names another report, state, round or office than folder and file name."
        ),
        "cover-missing": "There is no cover, or an answer that is needed is not on it.",
        "cover-date": "The date is no day, or is not in the reference year or the five after it.",
        "date-before-release": "The return is dated before the release of a source that it names.",
        "source-not-listed": "The cover names a source that is not on the list of the Center.",
        "contract-version": "The form was made for another version of the contract.",
        "encoding": "The text is not in UTF-8. It is read.",
        "unknown-letters": "Nothing tells in which code page the letters of the text are written.",
    },
    "Parts of a return": {
        "office-unknown": "The cover names an office that is not on the list of the Center.",
        "office-missing": "The file is named after an office, and its cover names none.",
        "office-not-in-name": "The cover names an office, and the name of the file does not.",
        "part-missing": "An office that gives tables sent no part.",
        "part-refused": "The part of an office is refused; the other parts are read.",
        "part-twice": "Two files of one number are of the same office. One of them is read.",
        "part-copied": "Two offices sent the very same file. Its figures count once.",
        "whole-beside-parts": "A whole return lies beside parts of it. Both are read.",
        "table-of-another-office": "A part has figures of a table that another office gives.",
        "cell-in-two-parts": (
            "Two parts give the same figure, or one of them says that it has none. It counts once."
        ),
        "parts-disagree": "Two parts give different figures of one cell. The table is kept out.",
    },
    "Sheets, heads and lines": {
        "missing-sheet": "A sheet of the form is not in the workbook.",
        "unknown-sheet": "A sheet is not of the form. Its cells are ignored.",
        "hidden-sheet": "A sheet is hidden. If it is of the form, it is read.",
        "sheet-renamed": "A sheet has another name, and its title and codes tell the table.",
        "hidden-cells": "Figures stand in hidden lines or columns. They are read.",
        "other-title": "A sheet has the title of another table.",
        "no-code-row": "The sheet has no row of codes.",
        "form-moved": "The row of codes stands in another place. It is found and used.",
        "merged-cells": "Cells for figures are merged into one.",
        "grey-figures-changed": (
            "The grey figures beside the form were changed or removed, so that nobody can tell"
            " which figures were left."
        ),
        "missing-lines": "Lines or columns of the form are not there.",
        "unknown-code": "The code of a line or column is not of the form, or is not there.",
        "look-alike": "A code is typed in Cyrillic or Greek letters. It is read as meant.",
        "localised-header": "Heads are in a language of the states. They are read as meant.",
        "changed-text": "A text of the form was changed.",
        "outside-form": "Something stands outside the cells of the form. It is not taken over.",
        "year-outside-window": "A line or column is of a year that the form does not ask for.",
        "wrong-header": "The first line of a CSV file is not the line of columns.",
        "unknown-column": "A column of a CSV file is not in the contract.",
        "missing-column": "A column of the contract is not in the CSV file.",
        "unknown-table": "A line of a CSV file names a table that the contract does not have.",
        "wrong-state": "A line names another state than the file.",
    },
    "Open lists": {
        "unknown-citizenship": "No country has this name. The line counts as unknown.",
        "unknown-twice": "A second line counts as unknown. It is not taken over.",
        "aggregate-line": "The line is of a continent, a union or a total. It is not taken over.",
        "code-label-differ": "Code and name are of two countries. The line is not taken over.",
    },
    "The text of a figure": {
        "number-as-text": "The number is stored as text. It is read.",
        "thousands-comma": "The number has separators of thousands. It is read.",
        "thousands-point": "The number has points between thousands. It is read.",
        "decimal-comma": (
            "The number has a decimal comma. It is read; in a table of whole numbers it is an"
            " error."
        ),
        "ambiguous-number": "The number can be read in two ways. The figure is not used.",
        "rounded": "The number has more than three decimals. It is rounded.",
        "not-a-number": "The text is no number and no sign for a missing figure.",
        "invisible-characters": "Characters that nobody sees stand beside the number. It is read.",
        "number-as-formula": 'The number is written as a formula, as in ="18". It is read.',
        "damaged-cell": "The cell holds what no spreadsheet writes, or stands twice in the file.",
        "number-too-large": "The number has more than fifteen digits before the decimal point.",
        "date-in-number": "The cell of a figure holds a date.",
        "boolean-in-number": "The cell of a figure holds TRUE or FALSE.",
        "error-value": "The cell of a figure holds an error of the spreadsheet.",
        "formula": "The figure is a formula. Its stored result is read.",
        "formula-reaches-out": "A formula calls a program, another file or an address.",
        "formula-as-text": "A text begins as a formula does.",
        "formula-without-value": "The formula was never worked out.",
        "missing-word": "A word stands for a missing figure. It is read as missing, never as zero.",
        "not-a-word": "The answer is no word of the scale on which the question is answered.",
        "blank-text": "The cell holds only spaces or an empty text. It is read as not reported.",
    },
    "Beside a figure": {
        "unknown-status": "The status beside a figure is not in the list.",
        "unknown-conf": "The confidentiality of a line is not in the list.",
        "status-contradicts-value": "Figure and status say two things. The figure is not used.",
        "status-without-value": "A status stands alone, and does not say why there is no figure.",
        "note-too-long": "A note, an answer or a text is longer than its table allows.",
        "text-without-words": "Beside a text stands no word on how to handle it.",
        "words-without-text": "Words say how to handle a text that is not there.",
        "steering-characters": "A text holds characters that control a screen or its direction.",
        "personal-data": "A text looks like data about a person. It is shown nowhere.",
    },
    "Files of records": {
        "records-not-asked": "The contract does not take this table as records.",
        "records-header": "The first line does not hold the columns of the table.",
        "records-column": "The file has a column that the table does not have.",
        "records-line": "A line has more or fewer fields than the first line.",
        "records-code-year": "A code did not exist in the year of the record.",
        "records-quantity": "The quantity of a record is no number.",
        "records-read-as": "The file is written in another way than the contract says. It is read.",
        "records-none": "The file holds no record.",
        "records-and-totals": "Records and totals of one table were sent. The records are used.",
    },
}
# What each kind of contract rule means. `<column>` stands for a column of the table,
# `<TABLE>` for another table.
CONTRACT: dict[str, str] = {
    "<column>.required": "A figure has no code in the column.",
    "<column>.code": "The code is not in the list of the column.",
    "year.window": "The year is not one of the years that the form asks for.",
    "key.unique": "The same cell is reported twice in one table.",
    "<column>.valid": "The code did not exist in the year, or is not for the state.",
    "value.minimum": "The figure is below the least value that the table allows.",
    "value.maximum": "The figure is above the largest value that the table allows.",
    "value.integer": "The table counts in whole numbers, and the figure is a fraction.",
    "value.nil": "The table counts in whole numbers, and the figure is nil.",
    "part_exceeds_whole": "A part is larger than its whole, in this table or in a linked one.",
    "<column>.sum": "Parts and total differ: the parts exceed it, or all are there and fall short.",
    "<column>.at_most": "The parts together are above their total.",
    "total.same_as_<TABLE>": "Two tables count the same thing and have different totals.",
    "<column>.chain": "Over three years or more, more persons are convicted than prosecuted.",
    "value.change": "The figure is far from that of the year before, and no note says why.",
    "value.revised": "The figure differs from what the state reported in an earlier round.",
    "value.not_restated": "A figure of an earlier round is not in this return.",
    "value.outdated": "A figure of an earlier round does not fit the newer figures beside it.",
    "note.required": "A status that must be explained has no note.",
    "note.embargo": "A figure is under embargo, and no note gives the day on which it ends.",
}
# The columns of records, as the page names them.
_OF_RECORDS: dict[str, str] = {
    "records-line": "the line as a whole",
    "wrong-state": "`state`",
    "year-outside-window": "`year`",
    "unknown-code": "each dimension",
    "records-code-year": "a dimension whose codes begin or end",
    "records-quantity": "the quantity, where one is added up",
    "unknown-conf": "`conf_status`, where the file has it",
}
_OF_COLUMN = ("required", "code", "valid", "sum", "at_most", "chain")
_ONE_COLUMN = ("note.required",)  # rules of one column, with words of their own
_LONGEST = 70  # characters of an example


@dataclass(frozen=True)
class Kind:
    """One line of the page: a rule or a kind of rule, with all that it may say."""

    name: str
    severities: tuple[Severity, ...]
    meaning: str
    allowed: tuple[str, ...]
    do: tuple[str, ...]
    is_row: bool = False  # looks at a row of records, by the name of a rule of intake
    case: str = ""  # tells two kinds of one name apart

    @property
    def severity(self) -> str:
        return " or ".join(sorted(self.severities, key=SEVERITIES.index))

    @property
    def example(self) -> str:
        """What breaks it; empty for what looks at rows as another rule looks at cells."""
        return "" if self.is_row else EXAMPLES.get(self.name, "")

    @property
    def anchor(self) -> str:
        """The name under which links find it on the page."""
        if self.is_row:
            return f"records-row.{self.name}"
        return ".".join(filter(None, (_anchor(self.name), self.case)))

    @property
    def line(self) -> str:
        cells = (
            f'<a id="{self.anchor}"></a>`{self.name}`',
            self.severity,
            _text(self.meaning),
            *([] if self.is_row else [_text(self.example)]),
            _either(self.allowed),
            _either(self.do),
        )
        return f"| {' | '.join(cells)} |"


def kind_of(rule_id: str) -> str:
    """The kind of a contract rule: `THB_VICTIMS.sex.code` is of the kind
    `<column>.code`.
    """
    _, _, name = rule_id.partition(".")
    column, _, last = name.rpartition(".")
    if last.startswith("same_as_"):
        return "total.same_as_<TABLE>"
    return f"<column>.{last}" if last in _OF_COLUMN and name not in _ONE_COLUMN and column else name


def anchor_of(rule_id: str) -> str:
    """Where the page and the list of all rules tell of the rule of a finding."""
    return rule_id if rule_id in RULES or rule_id == LEFT_OUT else _anchor(kind_of(rule_id))


def _anchor(kind: str) -> str:
    return kind.replace("_<TABLE>", "").replace("<TABLE>.", "").strip("<").replace(">", "")


def meaning_of(rule_id: str) -> str:
    """What a rule means, in a sentence; empty for one that the page does not list."""
    told = {rule: meaning for meanings in INTAKE.values() for rule, meaning in meanings.items()}
    return told.get(rule_id) or CONTRACT.get(kind_of(rule_id), "")


def intake_kinds() -> dict[str, list[Kind]]:
    """The rules of intake by the heading under which the page lists them."""
    return {
        heading: [
            Kind(name, (RULES[name].severity,), meaning, (RULES[name].allowed,), (RULES[name].do,))
            for name, meaning in meanings.items()
        ]
        for heading, meanings in INTAKE.items()
    }


def contract_kinds(contracts: Contracts, rounds: Iterable[int] = ()) -> list[Kind]:
    """The kinds of contract rules, over some rounds; over the last two where none is
    named.

    Raises UserError for a kind whose meaning nobody wrote down.
    """
    found: dict[str, list[tuple[Severity, str, str]]] = {}
    for contract, round_ in product(contracts, tuple(rounds) or _rounds(contracts)):
        for rule in compile_rules(contracts, contract, round_=round_):
            kind = found.setdefault(kind_of(rule.rule_id), [])
            kind.append((rule.severity, rule.allowed, rule.do))
    if unknown := sorted(set(found) - set(CONTRACT)):
        raise UserError(
            f"nobody wrote down what these rules mean: {', '.join(unknown)}",
            where="pipeline/returns/rules/reference.py",
            do="add a sentence for each to CONTRACT",
        )
    return [
        Kind(
            name,
            tuple(dict.fromkeys(severity for severity, _, _ in found[name])),
            meaning,
            tuple(dict.fromkeys(allowed for _, allowed, _ in found[name])),
            tuple(dict.fromkeys(do for _, _, do in found[name])),
        )
        for name, meaning in CONTRACT.items()
        if name in found
    ]


def record_kinds(contracts: Contracts, rounds: Iterable[int] = ()) -> list[Kind]:
    """The rules that look at each row of a file of records, over all tables that are
    taken as records.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for contract, round_ in product(contracts, tuple(rounds) or _rounds(contracts)):
        for state in respondents(contracts, contract.report, round_=round_):
            for table in tables_for(contract, state, round_=round_):
                if table.records is None:
                    continue
                form = RecordForm(table, state, contract.years(round_))
                for rule in row_rules(form, (*form.columns, CONF)):
                    do = rule.do or "correct the lines"
                    found.setdefault(rule.rule, []).append((rule.allowed, do))
    return [
        Kind(
            name,
            (RULES[name].severity,),
            _OF_RECORDS[name],
            tuple(dict.fromkeys(allowed for allowed, _ in told)),
            tuple(dict.fromkeys(do for _, do in told)),
            is_row=True,
        )
        for name, told in found.items()
    ]


def _rounds(contracts: Contracts) -> tuple[int, int]:
    """The last two years for which there is a population: what depends on the round
    differs between them.
    """
    last = max(p.year for p in load_population(contracts.codelists))
    return last - 1, last


def _other_kinds() -> list[Kind]:
    """Rules that neither intake nor one table alone can check."""
    return [
        Kind(
            "<TABLE>.anchor",
            ("error",),
            "The figures do not meet a total that their source printed elsewhere.",
            ("the total that the source printed",),
            (GIVE_THE_SOURCE,),
        ),
        Kind(
            "<TABLE>.anchor",
            ("note",),
            "A figure that the printed total needs is not there, so nothing was compared.",
            (NOT_COMPARED,),
            (NOTHING_TO_DO,),
            case="not-compared",
        ),
        Kind(
            f"<TABLE>.{PUBLISHED}",
            ("query",),
            "The figure is far from what a publisher printed of the same state and year.",
            ("the published figure, or one within the tolerance of its series",),
            (SAY_WHY,),
        ),
        Kind(
            f"<TABLE>.{MIRROR}",
            ("query",),
            "Two states give figures of the same persons that are far apart. Both are asked.",
            ("figures that are near each other, as a ratio or as a number",),
            (COMPARE,),
        ),
        Kind(
            LEFT_OUT,
            ("query",),
            "The register of known errors leaves the figure out.",
            (LEFT_OUT_ALLOWED,),
            (LEFT_OUT_DO,),
        ),
    ]


# --- the page ------------------------------------------------------------------------

_HEAD = (
    "| rule | severity | what it means | for example | what is allowed | what to do |",
    "|---|---|---|---|---|---|",
)
_ROW_HEAD = (
    "| rule | severity | what it looks at | what is allowed | what to do |",
    "|---|---|---|---|---|",
)
_INTRODUCTION = """# All rules

<!-- made of the code by `make rules`: do not edit; correct pipeline/returns and run it again -->

What can be found in a return, rule by rule. A [finding](../glossary.md) names its rule, and
`outputs/<round>/findings/findings.json` repeats the texts of this page. `docs/reference/rules.csv`
is the same as a list; pages of findings link `outputs/<round>/findings/rules.html`.

| severity | what follows |
|---|---|
| error | the table of that return is not loaded; an error of the file as a whole refuses the file |
| query | the table is loaded, the state is asked, and the reports mark the figure |
| note | nothing is needed |"""
_INTAKE = """## Rules of intake

They look at the file before its figures are compared (`pipeline/returns/intake/problems.py`). Some
are graver in one place: a cell under `damaged-cell`, `unknown-letters`, `formula-as-text`,
`steering-characters` or `personal-data` is an error where a figure, its status or its
confidentiality was to stand."""
_CONTRACT = """## Rules of the contracts

They are made from the contracts, table by table (`pipeline/returns/rules/compile.py`). A finding
names the rule with its table, such as `THB_VICTIMS.sex.code`. Where tables, states or rounds differ
in what is allowed, the page gives an example."""
_RECORDS = """## Rules of records

They look at each row of a [file of records](../how-to/records.md)
(`pipeline/returns/records/check.py`). A finding names the first lines, and a file beside the
findings lists all of them. The other rules of records are those of intake."""
_OTHER = """## Rules over more than one return

Totals that a source [printed elsewhere](../how-to/importers.md#totals-printed-elsewhere), and the
register of [known errors](../how-to/known-errors.md)."""


def every_kind(contracts: Contracts, rounds: Iterable[int] = ()) -> dict[str, list[Kind]]:
    """All rules by the part of the page in which they stand."""
    asked = tuple(rounds)
    return {
        **intake_kinds(),
        "Rules of the contracts": contract_kinds(contracts, asked),
        "Rules of records": record_kinds(contracts, asked),
        "Rules over more than one return": _other_kinds(),
    }


def rules_csv(contracts: Contracts) -> bytes:
    """The list of all rules, a line each."""
    heads = ("rule", "severity", "part", "meaning", "example", "allowed", "repair", "link")
    return csv_bytes(
        heads,
        (
            (
                kind.name,
                kind.severity,
                part,
                kind.meaning,
                kind.example,
                _first(kind.allowed),
                _first(kind.do),
                f"rules.md#{kind.anchor}",
            )
            for part, kinds in every_kind(contracts).items()
            for kind in kinds
        ),
    )


def _first(texts: tuple[str, ...]) -> str:
    return texts[0] if len(texts) == 1 else f"for example: {texts[0]}"


def rules_markdown(contracts: Contracts) -> str:
    """The page of all rules, from the rules themselves."""
    parts = [_INTRODUCTION, _INTAKE]
    for heading, kinds in intake_kinds().items():
        parts += [f"### {heading}", _table(_HEAD, kinds)]
    parts += [_CONTRACT, _table(_HEAD, contract_kinds(contracts))]
    parts += [_RECORDS, _table(_ROW_HEAD, record_kinds(contracts))]
    parts += [_OTHER, _table(_HEAD, _other_kinds())]
    return "\n\n".join(parts) + "\n"


def write_rules(page: Path, contracts: Contracts) -> bool:
    """Bring the page and the list beside it up to the rules. Returns whether one of them
    changed.
    """
    files = {
        page: rules_markdown(contracts).encode(),
        page.with_suffix(".csv"): rules_csv(contracts),
    }
    changed = {p: new for p, new in files.items() if not p.is_file() or p.read_bytes() != new}
    for path, new in changed.items():
        write_file(path, new)
    return bool(changed)


def _table(head: tuple[str, str], kinds: Iterable[Kind]) -> str:
    return "\n".join([*head, *(kind.line for kind in kinds)])


def _either(texts: tuple[str, ...]) -> str:
    """The text where there is one; where texts differ from table to table, an example."""
    return _text(texts[0]) if len(texts) == 1 else f"for example: {_text(_short(texts[0]))}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else " ".join(_words_within(text)) + " …"


def _words_within(text: str) -> Iterator[str]:
    length = 0
    for word in text.split():
        length += len(word) + 1
        if length > _LONGEST:
            return
        yield word


def _text(text: str) -> str:
    """A text as a cell of a table: Markdown must not read signs in it as its own."""
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("*", "&#42;")):
        text = text.replace(sign, written)
    return text

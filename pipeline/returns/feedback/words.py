"""How is a finding put into words for the person who filled in the return?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.findings import SEVERITIES, Finding, Severity
from pipeline.returns.formats.letters import UNREAD
from pipeline.returns.intake.shown import NOT_SHOWN
from pipeline.returns.texts import N_, Texts

MAX_PART = 600  # characters of one part of a finding in a comment or a line
_PERSONAL = "personal-data"
REMOVED = N_("[removed: personal data]")
FORMULA_RULES = ("formula", "formula-without-value", "formula-reaches-out")
FORMULA_WORDS = N_("this copy shows the stored value, the formula was taken out")
SEVERITY_NAMES: dict[Severity, str] = {
    "error": N_("error"),
    "query": N_("query"),
    "note": N_("note"),
}

# What XML cannot hold: openpyxl refuses most of it, and a spreadsheet "repairs" the
# rest.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def clean(text: str) -> str:
    """A text without the characters that a workbook cannot hold, and with a mark for
    letters that were not read.
    """
    text = text.replace(UNREAD, "\ufffd")
    return _UNPRINTABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def shortened(text: str, most: int = MAX_PART) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def what_to_do(finding: Finding, texts: Texts) -> str:
    """What the state is asked to do; beside a formula also what became of it in the
    copy.
    """
    asked = texts.say(finding.do)
    return f"{asked}; {texts.say(FORMULA_WORDS)}" if finding.rule in FORMULA_RULES else asked


def parts(finding: Finding, texts: Texts) -> list[tuple[str, str]]:
    """Rule, what was found, what is allowed, what to do: each with its name, empty ones
    left out.
    """
    found = [
        (texts.say(N_("Rule")), finding.rule),
        (texts.say(N_("Found")), finding.found),
        (texts.say(N_("Allowed")), texts.say(finding.allowed)),
        (texts.say(N_("To do")), what_to_do(finding, texts)),
    ]
    return [(name, shortened(clean(text))) for name, text in found if text.strip()]


def name_of(severity: Severity, texts: Texts) -> str:
    return texts.say(SEVERITY_NAMES[severity])


def comment_text(findings: Iterable[Finding], texts: Texts) -> str:
    """The findings of one cell as the text of its comment, one paragraph each."""
    paragraphs = []
    for finding in findings:
        lines = [
            name_of(finding.severity, texts).upper(),
            *(f"{name}: {text}" for name, text in parts(finding, texts)),
        ]
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


def line_text(findings: Iterable[Finding], texts: Texts) -> str:
    """The findings of one line of a CSV file, on one line."""
    told = []
    for finding in findings:
        column = finding.cell.partition(", column ")[2]
        said = "; ".join(
            f"{name}: {' '.join(text.split())}" for name, text in parts(finding, texts)
        )
        told.append(
            f"{name_of(finding.severity, texts).upper()}{f' ({column})' if column else ''} {said}"
        )
    return " | ".join(told)


def is_personal(finding: Finding) -> bool:
    """True when what was found must not be repeated, in a finding of its own or in one
    about something else.
    """
    return finding.rule == _PERSONAL or finding.found.startswith(NOT_SHOWN)


def worst(findings: Iterable[Finding]) -> Severity:
    return min((f.severity for f in findings), key=SEVERITIES.index)

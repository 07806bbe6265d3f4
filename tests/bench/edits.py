"""What do people change between two builds? Edits of one place, for the steps' bench."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Edit = Callable[[Path], None]


def replace(path: str, old: str, new: str) -> Edit:
    """Put `new` for the first `old` of a file; SystemExit where it holds none."""

    def edit(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"error: {path} holds no {old!r} to be edited")
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def append(path: str, text: str) -> Edit:
    def edit(root: Path) -> None:
        with (root / path).open("a", encoding="utf-8") as file:
            file.write(text)

    return edit


# Each alone and in this order, on top of those before.
EDITS: dict[str, Edit] = {
    "nothing": lambda _: None,
    "help text of a command": replace(
        "pipeline/commands/cli_build.py", "Read and check the returns", "Look at the returns"
    ),
    "one sentence": replace(
        "templates/thb/narrative/justice.md",
        "Different states can stand behind the sums",
        "Other states can stand behind each sum",
    ),
    "page style": append("templates/shared/report.css", "\nh1 { letter-spacing: 0.02em }\n"),
    "web style": append("templates/shared/web/style.css", "\nh1 { letter-spacing: 0.02em }\n"),
    "release policy": replace("data_contracts/release_policy.yaml", "region: 20 ", "region: 21 "),
    "feedback settings": replace(
        "data_contracts/feedback.yaml", "answerDays: 30", "answerDays: 31"
    ),
    "word in a catalogue": replace(
        "templates/locale/en/messages.po",
        'msgid "{state}: findings in the return"\nmsgstr ""',
        'msgid "{state}: findings in the return"\nmsgstr "{state}: findings"',
    ),
    "population": replace(
        "data_contracts/codelists/population.csv", "HU,2022,9684308", "HU,2022,9684309"
    ),
    "one figure in one return": replace(
        "returns/2022/thb/HU.csv", "HU,2022,,,,,,,,,224,", "HU,2022,,,,,,,,,225,"
    ),
}

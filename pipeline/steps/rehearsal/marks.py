"""How does everybody see that a page belongs to an exercise? It says so in its margin
or in its first line.

The copy of the templates and contracts that an exercise works with is marked, so that
no page is made without the mark: pages on paper in the margin of each of them, pages on
screens in their first line, titles of reports, forms and files by their first word.
"""

from __future__ import annotations

import re
from pathlib import Path

EXERCISE = "EXERCISE"
SAID = f"{EXERCISE}: invented figures, no report of any state"
_MARGIN = (
    f'@page {{ @left-middle {{ content: "{EXERCISE}"; color: #b00020; font-size: 8pt;'
    " font-weight: 700; transform: rotate(-90deg) } }"
)
_BANNER = f'<p style="color: #b00020; font-weight: bold; margin: .3rem">{SAID}</p>'
_PRINTED = "shared/base.html.j2"  # the pages of a report have their margin and their marking


def mark_templates(folder: Path) -> None:
    """Mark every page that is made from the templates in a folder."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".css", ".j2")):
        text = path.read_text(encoding="utf-8")
        marked = text
        if re.search(r"^ *@page\b", text, re.MULTILINE):
            # Before the first rule: what a template says of the same place comes later.
            marked = re.sub(
                r"^( *)(?=@page\b)", rf"\1{_MARGIN}\n\1", text, count=1, flags=re.MULTILINE
            )
        if path.relative_to(folder).as_posix() != _PRINTED:
            marked = re.sub(r"(<body[^>]*>)", rf"\1\n{_BANNER}", marked, count=1)
        if marked != text:
            path.write_text(marked, encoding="utf-8")
    versions = folder / "shared" / "versions.yaml"
    text = versions.read_text(encoding="utf-8")
    # In the place of what a version says of its use: nobody may use an exercise.
    marking = rf"\1\g<2>  marking: '{EXERCISE}: invented figures, \1 version'"
    text = re.sub(r"^(\w+)(:\n(?:  .*\n)*?)  marking: .*$", marking, text, flags=re.MULTILINE)
    # One word more, and still a name of letters: the cover is read back by that.
    text = re.sub(r"^(  subtitle: )(?=\S)", rf"\g<1>{EXERCISE} ", text, flags=re.MULTILINE)
    versions.write_text(text, encoding="utf-8")


def mark_titles(contracts: Path) -> None:
    """Mark the title of each report, which its forms, letters and files bear, too."""
    for path in contracts.glob("*.odcs.yaml"):
        text = path.read_text(encoding="utf-8")
        marked = re.sub(r'^(dataProduct: ")', rf"\g<1>{EXERCISE}: ", text, flags=re.MULTILINE)
        path.write_text(marked, encoding="utf-8")

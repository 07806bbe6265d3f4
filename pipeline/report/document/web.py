"""How does a report read in a browser? The finished chapters as one page without
script, with a CSV for each exhibit.

The page is put together from the parts of the printed report: the same texts, the same
view models, the same drawings. Only what holds an exhibit is another one. All files lie
in one folder and need nothing outside of it.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipeline.report.document.compose import Entry, Parts
from pipeline.report.views import FigureView, ShownView, TableView
from pipeline.system.page_templates import mistakes_told, open_templates

if TYPE_CHECKING:
    from jinja2 import Environment

TABLES = "tables"  # the folder of the CSV files, beside the page
_FONTS = ("Regular", "Semibold", "Bold")
_FOLDER = "shared/web"


def build_page(parts: Parts, templates: Path, *, files: Mapping[str, str]) -> dict[str, bytes]:
    """The page with its style sheet and fonts, by their path in its folder; `files` are
    names and addresses of what else there is to load. The CSV of an exhibit is expected
    at `tables/<id>.csv`.
    """
    environment = open_templates(templates, trim_blocks=True)
    with mistakes_told(templates):
        chapters = chapters_for_browsers(parts, environment, csv_path)
        html = environment.get_template(f"{_FOLDER}/page.html.j2").render(
            doc=parts.doc,
            tree=_tree(parts.contents),
            tables=[e for e in parts.tables if e.listed],
            figures=[e for e in parts.figures if e.listed],
            chapters=[Markup(c) for c in chapters],
            files=files,
            style="style.css",
        )
    page = {"index.html": html.encode(), "style.css": read_style(templates)}
    return page | web_fonts() | _licence()


def read_style(templates: Path) -> bytes:
    """The style sheet of pages for browsers, which names the fonts by their path."""
    return (templates / _FOLDER / "style.css").read_bytes()


def web_fonts() -> dict[str, bytes]:
    """The fonts of pages for browsers by their path."""
    return {f"fonts/SourceSansPro-{face}.woff": _font(face) for face in _FONTS}


def chapters_for_browsers(
    parts: Parts, environment: Environment, address: Callable[[FigureView | TableView], str]
) -> list[str]:
    """The chapters as browsers show them; `address` says where the CSV of an exhibit is."""
    macros: Any = environment.get_template(f"{_FOLDER}/macros.html.j2").module
    shown = _with_exhibits(parts, lambda view: _exhibit(view, macros, address=address))
    return _lower_headings("\x00".join(shown)).split("\x00")


def page_inputs(templates: Path) -> dict[str, str]:
    """Hashes of the templates that the page was made from."""
    return {
        f"templates/{_FOLDER}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted((templates / _FOLDER).iterdir())
    }


def csv_path(exhibit: FigureView | TableView) -> str:
    """Where the figures of an exhibit lie, from the page."""
    return f"{TABLES}/{exhibit.id}.csv"


def _with_exhibits(parts: Parts, show: Callable[[ShownView], str]) -> Iterator[str]:
    """The chapters with each exhibit as browsers show it."""
    waiting = list(parts.exhibits)
    for chapter in parts.chapters:
        done = []
        while waiting and (place := chapter.find(waiting[0][0])) >= 0:
            printed, view = waiting.pop(0)
            done += [chapter[:place], show(view)]
            chapter = chapter[place + len(printed) :]
        yield "".join([*done, chapter])
    if waiting:
        raise LookupError(f"exhibit {waiting[0][1].id} stands in no chapter")


def _exhibit(
    view: ShownView, macros: Any, *, address: Callable[[FigureView | TableView], str]
) -> str:
    if isinstance(view, FigureView):
        return str(macros.figure(view, Markup(_described(view)), address(view)))
    if view.course is None:
        return str(macros.table(view, address(view)))
    drawn = Markup(_described(view.course))
    return str(macros.table(view, address(view), drawn, address(view.course)))


def _described(view: FigureView) -> str:
    """The drawing as an image with a title and the description that states its finding,
    as wide as its place allows.
    """
    title = f"{view.id}-title"
    desc = f"{view.id}-desc"
    head, rest = view.svg.split(">", 1)
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    rest = re.sub(
        r"<title>(.*?)</title>",
        lambda m: f'<title id="{title}">{m[1]}</title><desc id="{desc}">{escape(view.alt)}</desc>',
        rest,
        count=1,
        flags=re.S,
    )
    return f'{head} aria-labelledby="{title} {desc}" focusable="false">{rest}'


def _lower_headings(html: str) -> str:
    """One level down: the title of the page is its only first heading. What stands at
    the head of printed pages is no part of it.
    """
    html = re.sub(r'(<h1 id="[^"]*") data-running="[^"]*"', r"\1", html)
    return re.sub(r"<(/?)h([1-5])(?=[ >])", lambda m: f"<{m[1]}h{int(m[2]) + 1}", html)


def _tree(entries: Sequence[Entry]) -> list[tuple[Entry, list[Entry]]]:
    tree: list[tuple[Entry, list[Entry]]] = []
    for entry in entries:
        if entry.level == 1 or not tree:
            tree.append((entry, []))
        else:
            tree[-1][1].append(entry)
    return tree


@lru_cache(maxsize=4)
def _font(face: str) -> bytes:
    """A face of the report font as browsers load it, a third of its size."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    from pipeline.system.pdf.fonts import font_folder

    font = TTFont(font_folder() / f"SourceSansPro-{face}.ttf", recalcTimestamp=False)
    font.flavor = "woff"
    target = io.BytesIO()
    font.save(target)
    return target.getvalue()


def _licence() -> dict[str, bytes]:
    from pipeline.system.pdf.fonts import font_folder

    return {"fonts/LICENSE.txt": (font_folder() / "LICENSE.txt").read_bytes()}

"""How is a letter to a state put on paper? Templates in its language, days and numbers
as it writes them, and one font.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.project import Project
from pipeline.returns.feedback.words import clean
from pipeline.returns.texts import Texts
from pipeline.system.page_templates import mistakes_told, open_templates

if TYPE_CHECKING:
    from jinja2 import Environment

FONT_WEIGHTS = (400, 700)  # cutting a font down takes most of a letter's time


@dataclass(frozen=True)
class Paper:
    """Writes letters in one language, from templates of the folder `feedback`."""

    project: Project
    texts: Texts

    def day(self, day: date | None) -> str:
        """A day as the state writes it: 30 April 2023; empty for none."""
        from babel.dates import format_date

        return format_date(day, "long", locale=self._locale) if day else ""

    def number(self, value: Decimal | int) -> str:
        from babel.numbers import format_decimal

        return str(format_decimal(value, locale=self._locale))

    def text(self, template: str, view: Mapping[str, Any]) -> str:
        """A letter as plain text, for the body of a mail."""
        with mistakes_told(self.project.templates):
            return self._templates(autoescape=False).get_template(template).render(**view)

    def pdf(
        self,
        template: str,
        view: Mapping[str, Any],
        *,
        output: Path,
        title: str,
        subject: str,
        day: date,
    ) -> int:
        """Render a letter to `output`; returns the number of its pages. Raises RenderError
        where it does not conform, or a template is wrong.
        """
        from pipeline.system.pdf.fonts import font_faces
        from pipeline.system.pdf.write import render_pdf

        fonts = {weight: url for weight, url in font_faces().items() if weight in FONT_WEIGHTS}
        with mistakes_told(self.project.templates):
            page = self._templates(autoescape=True).get_template(template)
            html = page.render(**view, fonts=fonts)
        written = render_pdf(
            html,
            output,
            base_folder=self.project.templates,
            title=title,
            subject=subject,
            language=self.texts.language,
            date=datetime(day.year, day.month, day.day),
            attachments=[],
        )
        return written.pages

    @property
    def _locale(self) -> str:
        # English as the Center writes it.
        return "en_GB" if self.texts.language == "en" else self.texts.language

    def _templates(self, *, autoescape: bool) -> Environment:
        from markupsafe import Markup

        environment = open_templates(
            self.project.templates / "feedback",
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=autoescape,
        )
        self.texts.install(environment)
        # A text inside a style sheet: there, the escapes of HTML would be printed as they
        # are.
        environment.filters["css"] = lambda text: Markup(
            '"' + re.sub(r'["\\<>&\n]', _css_escape, str(text)) + '"'
        )
        return environment


def _css_escape(match: re.Match[str]) -> str:
    return f"\\{ord(match[0]):06x}"


def on_paper(text: str) -> str:
    """A text in characters that the font of the letter has: another font would be the
    machine's.
    """
    return "".join(
        c if ord(c) in _characters() else " " if c.isspace() else "?" for c in clean(text)
    )


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    from pipeline.system.pdf import fonts

    maps = []
    for weight in FONT_WEIGHTS:
        with TTFont(
            fonts.font_folder() / f"SourceSansPro-{fonts.FONT_WEIGHTS[weight]}.ttf", lazy=True
        ) as font:
            maps.append(set(font.getBestCmap()))
    return frozenset(set.intersection(*maps))

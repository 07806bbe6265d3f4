"""In which language do we speak to a state? Texts of rules, pages and letters from
gettext catalogues, English first.

The source is English. `templates/locale/messages.pot` lists every text,
`templates/locale/<language>/messages.po` says it in a language; a text without a
translation stays English. Rules are translated where they are shown, so what is written
for machines is the same in every language. docs/how-to/add-a-language.md shows how to
add one.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError
from pipeline.project import Project

if TYPE_CHECKING:
    from babel.messages import Catalog
    from jinja2 import Environment

POT = "messages.pot"
CATALOGUE = "messages.po"
# What is spoken to states: the code that says it, and the templates.
_SOURCES = (
    ("pipeline", "**.py", "python"),
    ("templates/feedback", "**.j2", "jinja2"),
    ("templates/findings", "**.j2", "jinja2"),
)


_NUMBERS = ("number", "first", "last", "round")  # fields that hold digits alone


def N_(text: str) -> str:
    """Marks a text for the catalogues where it is written down; it is translated where
    it is shown.
    """
    return text


@dataclass(frozen=True)
class Texts:
    """The texts of one language. `patterns` are the translated texts with fields, such
    as `at most {number}`.
    """

    language: str
    translations: gettext.NullTranslations
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()

    def say(self, text: str) -> str:
        """A text of the source in this language; what the catalogue does not know stays
        as it is.

        A rule fills the fields of its text in before it is written down, so such a text
        is recognised by the rest.
        """
        if not text:  # the entry of the empty text is the head of the catalogue
            return text
        translated = self.translations.gettext(text)
        if translated != text:
            return translated
        for pattern, spoken in self.patterns:
            if match := pattern.fullmatch(text):
                return spoken.format(**match.groupdict())
        return text

    def install(self, environment: Environment) -> None:
        """Give a Jinja environment `{% trans %}`, `_()` and the filter `say` for texts
        that are data there.
        """
        environment.add_extension("jinja2.ext.i18n")
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_translations(self.translations, newstyle=True)  # type: ignore[attr-defined]
        environment.filters["say"] = self.say
        environment.globals["language"] = self.language


def load_texts(project: Project) -> Texts:
    """The texts of the project's language. Raises UserError without a catalogue of it,
    or with one that is wrong.
    """
    from babel.messages.mofile import write_mo

    path = _folder(project) / project.language / CATALOGUE
    known = languages(project)
    if project.language not in known:
        raise UserError(
            f"there are no texts in the language '{project.language}'",
            where=str(_folder(project)),
            allowed=", ".join(known),
            do="give one of these languages, or add its catalogue (docs/how-to/add-a-language.md)",
        )
    catalog = _read(path, project.language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Texts(
        project.language, gettext.GNUTranslations(compiled), tuple(_patterns(path, catalog))
    )


def languages(project: Project) -> list[str]:
    """The languages that have a catalogue."""
    return sorted(p.parent.name for p in _folder(project).glob(f"*/{CATALOGUE}"))


def _folder(project: Project) -> Path:
    return project.templates / "locale"


def _read(path: Path, language: str) -> Catalog:
    from babel.core import Locale, UnknownLocaleError
    from babel.messages.pofile import PoFileError, read_po

    try:
        Locale.parse(language)  # dates and numbers are written in it too
        catalog = read_po(io.BytesIO(path.read_bytes()), locale=language, abort_invalid=True)
    except (PoFileError, UnknownLocaleError, ValueError) as problem:
        raise UserError(
            f"not a catalogue: {problem}", where=str(path), do="repair it with a PO editor"
        ) from problem
    for message, errors in catalog.check():
        raise UserError(
            f"the translation of '{_single(message.id)}' does not fit: {errors[0]}",
            where=f"{path}:{message.lineno}",
            allowed="the same %(fields)s as in the source",
            do="correct the translation",
        )
    return catalog


def _single(text: Any) -> str:
    return str(text[0] if isinstance(text, (list, tuple)) else text)


def _patterns(path: Path, catalog: Catalog) -> Iterator[tuple[re.Pattern[str], str]]:
    for message in catalog:
        source, spoken = message.id, message.string
        if (
            not isinstance(source, str)
            or not isinstance(spoken, str)
            or not spoken
            or not _fields(source)
        ):
            continue
        if sorted(_fields(source)) != sorted(_fields(spoken)):
            raise UserError(
                f"the translation of '{source}' has other fields",
                where=str(path),
                allowed=", ".join(f"{{{f}}}" for f in _fields(source)),
                do="correct the translation",
            )
        parts = [re.escape(text) + _field(name) for text, name, _, _ in _parts(source)]
        yield re.compile("".join(parts), re.DOTALL), spoken


def _field(name: str | None) -> str:
    """What may stand in a field. Without a bound, `{number} or more` would be found in
    any text that ends like it.
    """
    if not name:
        return ""
    return rf"(?P<{name}>[0-9.,]+)" if name in _NUMBERS else f"(?P<{name}>.+)"


def _parts(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(Formatter().parse(text))
    except ValueError:  # a brace that is no field
        return []


def _fields(text: str) -> list[str]:
    return [name for _, name, _, _ in _parts(text) if name and name.isidentifier()]


# Making the catalogues.


def extract_texts(project: Project) -> Catalog:
    """Every text that is said to a state, from the code, the templates and the rules of
    intake.
    """
    from datetime import UTC, datetime

    from babel.messages import Catalog
    from babel.messages.extract import extract_from_dir

    from pipeline.returns.intake.problems import RULES

    catalog = Catalog(
        project="SELEC reporting pipeline",
        version="1",
        header_comment="# Texts that are said to states.",
        creation_date=datetime(2020, 1, 1, tzinfo=UTC),
        revision_date=datetime(2020, 1, 1, tzinfo=UTC),
        charset="utf-8",
        fuzzy=False,
    )
    for folder, pattern, method in _SOURCES:
        options = {"silent": "false", "trimmed": "true"} if method == "jinja2" else {}
        found = extract_from_dir(
            project.root / folder,
            [(pattern, method)],
            {pattern: options},
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        )
        for name, _, message, comments, context in sorted(found, key=lambda m: (m[0], m[1])):
            catalog.add(
                message,
                locations=[(f"{folder}/{name}", 0)],
                auto_comments=comments,
                context=context,
            )
    for rule in RULES.values():  # a new rule of intake is a new text by itself
        for text in (rule.allowed, rule.do):
            catalog.add(text, locations=[("pipeline/returns/intake/problems.py", 0)])
    return catalog


def write_catalogues(project: Project) -> list[Path]:
    """Write the list of all texts anew and bring every catalogue up to it; translations
    are kept. Returns the files.
    """
    template = extract_texts(project)
    written = [_write(_folder(project) / POT, template)]
    for path in sorted(_folder(project).glob(f"*/{CATALOGUE}")):
        catalog = _read(path, path.parent.name)
        # A guessed translation would be shown as if somebody had checked it: new texts
        # stay English at first.
        catalog.update(template, no_fuzzy_matching=True)
        written.append(_write(path, catalog))
    return written


def catalogue_bytes(catalog: Catalog) -> bytes:
    """A catalogue as a file that changes only when its texts do."""
    from babel.messages.pofile import write_po

    out = io.BytesIO()
    write_po(out, catalog, width=120, include_lineno=False, ignore_obsolete=True)
    return out.getvalue()


def _write(path: Path, catalog: Catalog) -> Path:
    from pipeline.system.files import write_file

    write_file(path, catalogue_bytes(catalog))
    return path

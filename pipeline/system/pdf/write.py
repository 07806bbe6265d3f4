"""How does a report become a PDF? One file that is PDF/A-3a and PDF/UA-1 at once, the
same bytes from the same HTML.

The steps, in order: parse the HTML with a fetcher that opens only the project's own
files, lay it out, set the metadata from the arguments, write the PDF with its
attachments, repair what the layout engine leaves out of tags and metadata, check the
finished bytes, and only then put them in place. Whatever the layout engine logs is a
failure.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipeline.errors import RenderError
from pipeline.system.collector import collect_above, collector_at_rest
from pipeline.system.files import write_file
from pipeline.system.patches import (
    SAID_OF_FONTS,
    fonts_cut_by_fonttools,
    fonts_dated,
    layout_rules_dropped_unread,
    objects_packed_once,
    pages_and_numbers_remembered,
    plain_lengths_taken_at_once,
)
from pipeline.system.pdf.conform import PdfFigures, check_pdf
from pipeline.system.pdf.fonts import font_folder
from pipeline.system.pdf.repair import finish

# What a report may be made of, with the type each file is read as: never asked of the
# machine, which may differ.
_FILE_TYPES = {
    ".css": "text/css",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_DATA_TYPES = ("image/svg+xml", "image/png")
_LISTENED = ("weasyprint", "fontTools")
_MANY_PAGES = 20  # a letter leaves no waste to speak of, however much was held before it
_MUCH_MEMORY = 450  # MiB after the layout of some seventy pages of tables
_HARMLESS = (SAID_OF_FONTS,)  # the way that was chosen


def render_pdf(
    html: str,
    output: Path,
    *,
    base_folder: Path,
    title: str,
    subject: str,
    language: str = "en",
    date: datetime,
    attachments: list[tuple[str, bytes, str]],
) -> PdfFigures:
    """Render `html` to `output` as a PDF/A-3a that is also PDF/UA-1; nothing is written
    unless it conforms.

    Relative URLs are resolved in `base_folder`, and only files below it and the report
    font can be opened. `date` is the date of the document and of its attachments (UTC
    when it has no zone). An attachment is name (`.csv`), content and description.
    Returns what is in the finished bytes and what their check came to.
    Raises RenderError with every message of the layout engine or every failed check.
    """
    _check_arguments(title, subject, language=language, attachments=attachments)
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    messages: list[str] = []
    with _listening(messages), collector_at_rest():
        content = _write(
            html,
            base_folder,
            title=title,
            subject=subject,
            language=language,
            date=date,
            attachments=attachments,
        )
    if messages:
        raise _failure(
            output,
            "the layout engine reported",
            messages=messages,
            do="repair the template, style sheet or chart named",
        )
    figures = check_pdf(content, title=title, language=language, date=date)
    if faults := figures.conformance.faults():
        raise _failure(
            output,
            "the PDF does not conform",
            messages=faults,
            do="repair the template or text that causes it",
        )
    write_file(output, content)
    return figures


def _failure(output: Path, what: str, *, messages: Iterable[str], do: str) -> RenderError:
    return RenderError(
        "\n  ".join([f"{what}:", *dict.fromkeys(messages)]), where=output.name, do=do
    )


def _check_arguments(
    title: str, subject: str, *, language: str, attachments: list[tuple[str, bytes, str]]
) -> None:
    for name, value in (("title", title), ("subject", subject), ("language", language)):
        if not value.strip():
            raise RenderError(
                f"the report has no {name}", do=f"give the {name} in the report's settings"
            )
    names = [name for name, _, _ in attachments]
    for name, _, description in attachments:
        if (
            not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.csv", name)
            or names.count(name) > 1
            or not description.strip()
        ):
            raise RenderError(
                f"attachment '{name}' cannot be embedded",
                allowed=(
                    "names of letters, digits, '.', '_', '-' ending in .csv, each once, each with a"
                    " description"
                ),
                do="rename the data file or describe it",
            )


@contextmanager
def _listening(messages: list[str]) -> Iterator[None]:
    """Collect what the layout engine and the font library complain about, whatever the
    caller's logging set-up.
    """

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if not message.startswith(_HARMLESS):
                messages.append(_shortened(message))

    collector = Collector(logging.WARNING)
    loggers = [logging.getLogger(name) for name in _LISTENED]
    before = [(logger.level, logger.propagate, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.addHandler(collector)
        logger.setLevel(logging.WARNING if logger.name == "weasyprint" else logging.ERROR)
        logger.propagate, logger.disabled = False, False
    try:
        yield
    finally:
        for logger, (level, propagate, disabled) in zip(loggers, before, strict=True):
            logger.removeHandler(collector)
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled


def _shortened(message: str) -> str:
    # A data URL is a whole chart: its first characters say which kind of file it was,
    # the rest hides the message.
    return re.sub(r"(data:[^,'\"\s]{1,40},)[^'\"\s]{20,}", r"\1...", message)[:600]


# --- write ----------------------------------------------------------------------------


def _write(
    html: str,
    base_folder: Path,
    *,
    title: str,
    subject: str,
    language: str,
    date: datetime,
    attachments: list[tuple[str, bytes, str]],
) -> bytes:
    from weasyprint import HTML, Attachment

    fetcher = _project_files((base_folder.resolve(), font_folder()))
    # The slash makes it a folder: without it, relative URLs would start from its
    # parent.
    parsed = HTML(string=html, base_url=base_folder.resolve().as_uri() + "/", url_fetcher=fetcher)
    with plain_lengths_taken_at_once():
        document = parsed.render()
    del parsed
    if len(document.pages) > _MANY_PAGES:
        collect_above(_MUCH_MEMORY)
    # the engine gives what stands inside a link a second link, under the wrong tag
    for page in document.pages:
        page.links[:] = [link for link in page.links if link[3].link]
    metadata = document.metadata
    metadata.title, metadata.description, metadata.lang = title, subject, language
    metadata.authors, metadata.keywords, metadata.generator, metadata.custom = [], [], None, {}
    metadata.created = metadata.modified = date.strftime("%Y-%m-%dT%H:%M:%SZ")
    embedded = [
        Attachment(
            string=data,
            name=name,
            description=text,
            created=date,
            modified=date,
            relationship="Data",
        )
        for name, data, text in sorted(attachments)  # a name tree has to be in order
    ]
    with (
        fonts_cut_by_fonttools(),
        layout_rules_dropped_unread(),
        fonts_dated(date),
        objects_packed_once(),
        pages_and_numbers_remembered(),
    ):
        content: bytes = document.write_pdf(
            finisher=finish, pdf_variant="pdf/a-3a", pdf_tags=True, attachments=embedded
        )
    return content


def _project_files(roots: tuple[Path, ...]) -> Any:
    """A URL fetcher that opens data URLs and files below `roots`, links resolved, and
    nothing else.
    """
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class ProjectFiles(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            parts = urlsplit(url)
            if parts.scheme == "data" and parts.path.lower().startswith(_DATA_TYPES):
                return super().fetch(url, headers)
            if parts.scheme != "file" or parts.netloc:
                raise ValueError("only files of the project may be used in a report")
            path = Path(url2pathname(parts.path)).resolve()
            if path.suffix not in _FILE_TYPES or not any(
                path.is_relative_to(root) for root in roots
            ):
                raise ValueError("only files of the project may be used in a report")
            return URLFetcherResponse(
                url, path.read_bytes(), {"Content-Type": _FILE_TYPES[path.suffix]}
            )

    return ProjectFiles(allowed_protocols=("data", "file"), allow_redirects=False)

"""How does a report become a PDF? One file that is PDF/A-3a and PDF/UA-1 at once, the
same bytes from the same HTML.

The steps, in order: parse the HTML with a fetcher that opens only the project's own
files, lay it out, set the metadata from the arguments, write the PDF with its
attachments, repair what the layout engine leaves out of tags and metadata, check the
finished bytes, and only then put them in place. Whatever the layout engine logs is a
failure.
"""

from __future__ import annotations

import gc
import hashlib
import io
import logging
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipeline.errors import RenderError
from pipeline.system.files import write_file

FONT_FAMILY = "Source Sans Pro"
FONT_WEIGHTS = {400: "Regular", 600: "Semibold", 700: "Bold"}

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
_INFO_KEYS = {"/Title", "/Subject", "/Producer", "/CreationDate", "/ModDate"}
_LINK_SCHEMES = ("https", "http", "mailto")
_LISTENED = ("weasyprint", "fontTools")
# Chosen below: fonts are cut down to their used characters by the library that pip
# installs.
_HARMLESS = ("Using fontTools instead of HarfBuzz-Subset",)

# PDF/A knows no `pdfuaid`, so the file has to describe that schema itself.
_UA_METADATA = b"""
<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


@dataclass(frozen=True)
class PdfFigures:
    """What was written. `tables` counts the parts of a table on different pages each as
    one; `fonts` are the faces.
    """

    pages: int
    bytes: int
    sha256: str
    tables: int
    figures: int
    attachments: tuple[str, ...]
    fonts: tuple[str, ...]


def font_folder() -> Path:
    """Where the installed font package keeps its files."""
    import font_source_sans_pro

    return Path(font_source_sans_pro.font_directory).resolve()


def font_faces() -> dict[int, str]:
    """File URL of each weight of the report font, for the template's `fonts`."""
    return {
        weight: (font_folder() / f"SourceSansPro-{face}.ttf").as_uri()
        for weight, face in FONT_WEIGHTS.items()
    }


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
    Raises RenderError with every message of the layout engine or every failed check.
    """
    _check_arguments(title, subject, language=language, attachments=attachments)
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    messages: list[str] = []
    with _listening(messages), _collector_at_rest():
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
    failed, figures = check_pdf(content, title=title, language=language, date=date)
    if failed:
        raise _failure(
            output,
            "the PDF does not conform",
            messages=failed,
            do="repair the template or text that causes it",
        )
    write_file(output, content)
    return figures


def _failure(output: Path, what: str, *, messages: list[str], do: str) -> RenderError:
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


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    # Layout makes millions of objects and drops few before its end: looking for waste
    # took a quarter of the time.
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


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
    document = parsed.render()
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
    with _fonts_without_clock_and_machine(date):
        content: bytes = document.write_pdf(
            finisher=_finish, pdf_variant="pdf/a-3a", pdf_tags=True, attachments=embedded
        )
    return content


@contextmanager
def _fonts_without_clock_and_machine(date: datetime) -> Iterator[None]:
    """Cut fonts with fontTools, dated by the document.

    HarfBuzz would cut them to other bytes where the machine has it, and fontTools dates
    them by the clock.
    """
    from weasyprint.pdf import fonts

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    cutter = fonts.harfbuzz_subset
    os.environ["SOURCE_DATE_EPOCH"] = str(int(date.timestamp()))
    fonts.harfbuzz_subset = None
    try:
        yield
    finally:
        fonts.harfbuzz_subset = cutter
        if epoch is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = epoch


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


def _finish(document: Any, pdf: Any) -> None:
    """Complete what the layout engine leaves out, just before the file is written."""
    import pydyf  # type: ignore[import-untyped]

    _add_ua_metadata(pdf)
    _tag_links_only(pdf)
    _link_table_heads(pdf)
    if "AF" in pdf.catalog:  # the engine lists each attachment twice
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def _add_ua_metadata(pdf: Any) -> None:
    # XMP allows one rdf:RDF only, so the fragment goes inside it; uncompressed, for
    # readers that do not parse PDF.
    for item in pdf.objects:
        if getattr(item, "extra", {}).get("Type") == "/Metadata":
            item.stream = [
                b"".join(item.stream).replace(b"</rdf:RDF>", _UA_METADATA + b"</rdf:RDF>")
            ]
            item.compress = False


def _tag_links_only(pdf: Any) -> None:
    """What a style sheet puts into a link, such as the number of a page, is tagged as a
    link that leads nowhere.
    """
    for item in pdf.objects:
        is_link = isinstance(item, dict) and item.get("S") == "/Link"
        if is_link and not any(kid.get("Type") == "/OBJR" for kid in _objects(pdf, item)):
            item["S"] = "/Span"


def _link_table_heads(pdf: Any) -> None:
    """Say for every head cell what it heads, and for every data cell by which cells it
    is headed.

    The engine writes no Scope and no index of the cells' IDs, and under a head of two
    rows it links data cells to the wrong column.
    """
    import pydyf

    elements: list[Any] = [item for item in pdf.objects if isinstance(item, dict)]
    heads = {
        item["ID"].string: item for item in elements if item.get("S") == "/TH" and "ID" in item
    }
    if heads:
        names = [
            part for name in sorted(heads) for part in (heads[name]["ID"], heads[name].reference)
        ]
        root = next(item for item in elements if item.get("Type") == "/StructTreeRoot")
        root["IDTree"] = pydyf.Dictionary({"Names": pydyf.Array(names)})
    for item in elements:
        if item.get("S") == "/Table":
            rows = [
                (part["S"] == "/THead", _kids(pdf, row))
                for part in _kids(pdf, item)
                if part["S"] in ("/THead", "/TBody", "/TFoot")
                for row in _kids(pdf, part)
            ]
            _link_rows(rows)


def _kids(pdf: Any, element: Any) -> list[Any]:
    """Children of a structure element that are structure elements themselves."""
    return [kid for kid in _objects(pdf, element) if kid.get("Type") == "/StructElem"]


def _objects(pdf: Any, element: Any) -> list[Any]:
    """Children of a structure element that are no marked content: elements, and
    references to annotations.
    """
    kids = [
        pdf.objects[int(bytes(kid).split()[0])] for kid in element["K"] if isinstance(kid, bytes)
    ]
    return [kid for kid in kids if isinstance(kid, dict)]


def _link_rows(rows: list[tuple[bool, list[Any]]]) -> None:
    import pydyf

    column_heads: dict[int, list[Any]] = defaultdict(list)
    taken: dict[int, int] = defaultdict(int)  # column -> rows still covered by a cell from above
    group: list[Any] = []
    for in_head, cells in rows:
        column, row_heads = 0, []
        for cell in cells:
            while taken[column]:
                taken[column] -= 1
                column += 1
            attributes = cell["A"]
            width = attributes.get("ColSpan", 1)
            height = attributes.get("RowSpan", 1)
            columns = range(column, column + width)
            for covered in columns:
                taken[covered] = height - 1
            if cell["S"] == "/TH" and in_head:
                attributes["Scope"] = "/Column"
                for covered in columns:
                    column_heads[covered].append(cell["ID"])
            elif cell["S"] == "/TH":
                attributes["Scope"] = "/Row"
                if len(cells) == 1:  # a group head of its own row heads the rows below it
                    group = [cell["ID"]]
                row_heads.append(cell["ID"])
            else:
                heads = [
                    *(head for covered in columns for head in column_heads[covered]),
                    *group,
                    *row_heads,
                ]
                attributes["Headers"] = pydyf.Array(dict.fromkeys(heads))
            column += width


# --- check ----------------------------------------------------------------------------


def check_pdf(
    content: bytes, *, title: str, language: str = "en", date: datetime
) -> tuple[list[str], PdfFigures]:
    """Look at the finished bytes with another library: what is wrong with them, and
    what is in them.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        elements = list(_structure(pdf))
        fonts, font_failures = _check_fonts(pdf)
        failed = [
            *_check_catalog(pdf, title, language=language),
            *_check_information(pdf, title, date=date),
            *_check_tags(elements),
            *_check_links(pdf),
            *font_failures,
            *_check_actions(pdf),
            *([] if len(pdf.pages) else ["the file has no page, so nothing was looked at"]),
        ]
        figures = PdfFigures(
            pages=len(pdf.pages),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            tables=sum(1 for element in elements if element.S == "/Table"),
            figures=sum(1 for element in elements if element.S == "/Figure"),
            attachments=tuple(sorted(pdf.attachments)),
            fonts=fonts,
        )
    return failed, figures


def _structure(pdf: Any) -> Iterator[Any]:
    """Structure elements in reading order."""
    import pikepdf

    waiting = [pdf.Root.StructTreeRoot] if "/StructTreeRoot" in pdf.Root else []
    while waiting:
        element = waiting.pop()
        if not isinstance(element, pikepdf.Dictionary):
            continue
        if "/S" in element:
            yield element
        kids = element.get("/K", [])
        waiting.extend(reversed(list(kids) if isinstance(kids, pikepdf.Array) else [kids]))


def _check_catalog(pdf: Any, title: str, *, language: str) -> Iterator[str]:
    root = pdf.Root
    if not root.get("/MarkInfo", {}).get("/Marked", False) or "/StructTreeRoot" not in root:
        yield "the document is not tagged"
    if str(root.get("/Lang", "")) != language:
        yield f"the language is '{root.get('/Lang', '')}', not '{language}'"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "a reader would show the file name, not the title"
    if not any(intent.get("/S") == "/GTS_PDFA1" for intent in root.get("/OutputIntents", [])):
        yield "there is no output intent for colours"
    if "/Outlines" not in root:
        yield "there are no bookmarks: the document has no headings"
    for file in root.get("/AF", []):
        stream = file.EF.F
        if file.get("/AFRelationship") != "/Data" or stream.get("/Subtype") != "/text/csv":
            yield f"attachment {file.UF} is not marked as CSV data"


def _check_information(pdf: Any, title: str, *, date: datetime) -> Iterator[str]:
    stamp = date.strftime("D:%Y%m%d%H%M%SZ")
    info = {key: str(value) for key, value in pdf.docinfo.items()}
    if unexpected := sorted(set(info) - _INFO_KEYS):
        yield f"the document information holds {', '.join(unexpected)}"
    if info.get("/Title") != title:
        yield "the title is not in the document information"
    if {info.get("/CreationDate"), info.get("/ModDate")} != {stamp}:
        yield f"the document's dates are not {stamp}"
    for file in pdf.Root.get("/AF", []):
        if {str(file.EF.F.Params.get(key)) for key in ("/CreationDate", "/ModDate")} != {stamp}:
            yield f"the dates of attachment {file.UF} are not {stamp}"
    with pdf.open_metadata() as xmp:
        expected = {
            "dc:title": title,
            "pdfaid:part": "3",
            "pdfaid:conformance": "A",
            "pdfuaid:part": "1",
        }
        for name, value in expected.items():
            if xmp.get(name) != value:
                yield f"the metadata says {name} is {xmp.get(name)!r}, not {value!r}"


def _check_tags(elements: list[Any]) -> Iterator[str]:
    level = 0
    for element in elements:
        kind = str(element.S)
        if kind == "/Figure" and not str(element.get("/Alt", "")).strip():
            yield "a figure has no alternative text"
        if kind == "/TH" and "/Scope" not in element.get("/A", {}):
            yield "a table head does not say whether it heads a row or a column"
        if kind == "/Link" and not element.get("/K"):
            yield "a link has no content"
        if re.fullmatch(r"/H[1-6]", kind):
            if int(kind[2]) > level + 1:
                yield (
                    f"a heading of level {kind[2]} follows one of level {level or 'none'}: a level"
                    " is skipped"
                )
            level = int(kind[2])


def _check_links(pdf: Any) -> Iterator[str]:
    """Whoever cannot see a link is told of it by its tag alone."""
    listed = list(pdf.Root.get("/StructTreeRoot", {}).get("/ParentTree", {}).get("/Nums", []))
    parents = {
        int(number): parent for number, parent in zip(listed[::2], listed[1::2], strict=True)
    }
    for number, page in enumerate(pdf.pages, 1):
        for item in page.get("/Annots", []):
            parent = parents.get(int(item.get("/StructParent", -1)))
            if item.get("/Subtype") == "/Link" and (parent is None or parent.get("/S") != "/Link"):
                yield (
                    f"page {number}: a link to {item.get('/Dest', 'elsewhere')} is not tagged as a"
                    " link"
                )


def _check_fonts(pdf: Any) -> tuple[tuple[str, ...], list[str]]:
    import pikepdf

    names = set()
    failed = []
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary) or item.get("/Type") != "/Font":
            continue
        name = str(item.get("/BaseFont", "")).split("+")[-1].lstrip("/")
        for part in item.get("/DescendantFonts", [item]):
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(
                part.get("/FontDescriptor", {}).keys()
            ):
                failed.append(f"font {name} is not embedded")
        names.add(name)
        if not name.startswith(FONT_FAMILY.replace(" ", "-")) and "/ToUnicode" in item:
            # Fonts of the machine make other bytes on another machine.
            letters = " ".join(_characters(item.ToUnicode.read_bytes()))
            failed.append(f"font {name} of this machine was used: {FONT_FAMILY} has no {letters}")
    return tuple(sorted(names)), failed


def _characters(character_map: bytes) -> list[str]:
    codes = re.findall(rb"<[0-9a-f]+>\s*<([0-9a-f]+)>\s*\n", character_map, flags=re.I)
    texts = sorted(
        {bytes.fromhex(code.decode()).decode("utf-16-be", "replace") for code in codes} - {" "}
    )
    return [f"{text} (U+{ord(text[0]):04X})" for text in texts if text]


def _check_actions(pdf: Any) -> Iterator[str]:
    """No script, nothing that starts by itself, no link to a file: its address would
    tell who built it and where.
    """
    import pikepdf

    if {"/OpenAction", "/AA"} & set(pdf.Root.keys()) or "/JavaScript" in pdf.Root.get("/Names", {}):
        yield "the document starts an action when it is opened"
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary):
            continue
        if item.get("/S") in ("/JavaScript", "/Launch") or "/JS" in item:
            yield "the document holds a script or starts a program"
        for action in (item, item.get("/A")):
            if isinstance(action, pikepdf.Dictionary) and action.get("/S") == "/URI":
                scheme = urlsplit(str(action.URI)).scheme
                if scheme not in _LINK_SCHEMES:
                    yield f"a link leads to a '{scheme}' address"

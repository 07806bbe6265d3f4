"""Is this archive safe to open as a workbook? Looks at its parts before any library
unpacks them.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib

from pipeline.returns.formats.bounds import MAX_MERGED
from pipeline.returns.formats.raw import DamagedFile

MAX_FILE = 20_000_000  # bytes; a filled form is below half a million
MAX_INFLATED = 80_000_000
MAX_PARTS = 500
MAX_TAG = (
    100_000  # bytes of one tag: the parser starts anew at a long one with every piece that it reads
)
MAX_NAME = 200  # characters of the name of a part
MAX_ELEMENTS = 500_000  # of all parts; a full form has about twenty thousand
MAX_STYLES = 65_000  # what Excel itself allows; each of them becomes an object
MAX_RULES = 20_000  # ranges of drop-downs and conditional formats

_ACTIVE = re.compile(
    r"vbaProject|/macrosheets/|/dialogsheets/|/externalLinks/|/embeddings/|/activeX/|/ctrlProps/|connections\.xml"
    r"|/queryTables/|customUI/|/webextensions/|^(Basic|Scripts|Dialogs|Object [^/]*)/",
    re.IGNORECASE,
)
# What a part is for, whatever name it was given: the ends of the types of relationships
# and contents.
_ACTIVE_TYPE = re.compile(
    rb"(?:/|[.+-])(vbaProject|xl(?:Intl)?Macrosheet|dialogsheet|externalLink|oleObject|package|control|activeX"
    rb"|activeXControlBinary|ctrlProp|connections|queryTable|attachedTemplate|extensibility|webextension\w*|attachedToolbars"
    rb"|volatileDependencies|sheet\.macroEnabled\.main|addin\.macroEnabled\.main)(?:\+xml)?[\"']"
)
_TYPE = re.compile(rb"\s(?:Type|ContentType)\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*')")
_RELATIONSHIP = re.compile(rb"<(?:[^\s<>/:]+:)?Relationship\s[^<>]*>")
_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
_HYPERLINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']")
_RELATIONS_OF_SHEETS = ("xl/worksheets/_rels/", "xl/drawings/_rels/")
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_LONG_TAG = re.compile(rb"<[^<>]{%d}" % MAX_TAG)
_INCLUDE = re.compile(rb"www\.w3\.org/2001/XInclude|<\?xml-stylesheet")
_ENCODING = re.compile(rb"\s*<\?xml[^<>]*?encoding\s*=\s*[\"']([^\"']*)")
# In all of these, signs and Latin letters are the bytes that the patterns below look
# for.
_ENCODINGS = re.compile(
    rb"utf-?8|utf-16|(?:us-)?ascii|iso-8859-[0-9]{1,2}|windows-125[0-8]", re.IGNORECASE
)
_MERGE_TAG = re.compile(rb"<(?:[^\s<>/:]+:)?mergeCell[\s/>]")
_MERGED = re.compile(
    rb"<(?:[^\s<>/:]+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']"
)
_STYLE = re.compile(rb"<(?:[^\s<>/:]+:)?(?:xf|cellStyle|font|fill|border|dxf|numFmt)[\s/>]")
_RULE = re.compile(rb"<(?:[^\s<>/:]+:)?(?:dataValidation|conditionalFormatting|cfRule)[\s/>]")
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"

# What the standard library raises on an archive that is broken, encrypted or compressed
# in an unknown way.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


def check_archive(data: bytes, most_elements: int = MAX_ELEMENTS) -> list[str]:
    """Names of macros, links and embedded objects in a workbook; a file that has any is
    not read.

    Raises DamagedFile when the bytes are no workbook, or one that would inflate or
    expand beyond bounds.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _check_parts(archive, most_elements)
    except DAMAGE as problem:
        raise DamagedFile(
            "unreadable-file", f"a damaged or incomplete workbook ({problem})"
        ) from problem


def _check_parts(archive: zipfile.ZipFile, most_elements: int) -> list[str]:
    parts = archive.infolist()
    # as they stand there: the library cuts them off at a zero byte
    names = [p.orig_filename for p in parts]
    # Programs differ in which of two parts of one name they read, some of them also
    # when only the case differs.
    if (
        len({n.replace("\\", "/").casefold() for n in names}) != len(names)
        or len(parts) > MAX_PARTS
    ):
        raise DamagedFile(
            "unsafe-file", f"an archive of {len(parts)} parts, or with parts of the same name"
        )
    if any(stat.S_ISLNK(p.external_attr >> 16) for p in parts):
        raise DamagedFile("unsafe-file", "a link to a file elsewhere inside the archive")
    if strange := [n for n in names if _leads_outside(n)]:
        raise DamagedFile(
            "unsafe-file", f"a part whose name leads out of the archive: {strange[0][:60]!a}"
        )
    # The reader never yields more bytes of a part than it declares, so the declared
    # sizes are a true bound.
    inflated = sum(p.file_size for p in parts)
    if inflated > MAX_INFLATED:
        raise DamagedFile("unsafe-file", f"{inflated:,} bytes when unpacked")
    if any(p.flag_bits & 1 for p in parts):
        raise DamagedFile("password-protected", "a workbook protected by a password")
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read(
        "META-INF/manifest.xml"
    ):
        raise DamagedFile("password-protected", "a workbook protected by a password")
    active = [n for n in names if _ACTIVE.search(n)]
    merged = elements = 0
    for part in parts:
        content = archive.read(part)
        # A part is what it holds: the library follows references to parts of any name.
        if part.filename.lower().endswith((".xml", ".rels", ".vml")) or _begins_as_xml(content):
            content = _plain(part.filename, content)
            elements += content.count(b"<")
            if elements > most_elements:
                raise DamagedFile("unsafe-file", f"more than {most_elements:,} elements")
            _check_counts(part.filename, content)
            merged += _merged_cells(part.filename, content)
            active += _active_types(part.filename, content)
            if _links_outside(part.filename, content):
                active.append(part.filename)
        elif part.filename == "mimetype" and content.strip() != _ODS_TYPE:
            raise DamagedFile("unreadable-file", "an OpenDocument file that is no workbook")
    if merged > MAX_MERGED:
        raise DamagedFile("unsafe-file", f"{merged:,} cells under merged ranges")
    return sorted(set(active))


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    names_elsewhere = name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]
    return names_elsewhere or len(name) > MAX_NAME or any(ord(c) < 32 for c in name)


def _plain(name: str, content: bytes) -> bytes:
    """An XML part as bytes that can be searched; raises DamagedFile when it hides what
    it holds.
    """
    # In UTF-16 every other byte is zero: without them a search for bytes finds what is
    # there.
    content = (
        content.replace(b"\0", b"")
        .removeprefix(b"\xef\xbb\xbf")
        .removeprefix(b"\xff\xfe")
        .removeprefix(b"\xfe\xff")
    )
    declared = _ENCODING.match(content)
    if content.strip() and (
        not content.lstrip().startswith(b"<")
        or (declared and not _ENCODINGS.fullmatch(declared.group(1)))
    ):
        raise DamagedFile("unsafe-file", f"an encoding that hides what stands in {name}")
    if _DOCTYPE.search(content):
        raise DamagedFile("unsafe-file", f"a document type declaration in {name}")
    if _LONG_TAG.search(content):
        raise DamagedFile("unsafe-file", f"a tag of more than {MAX_TAG:,} bytes in {name}")
    if _INCLUDE.search(content):
        raise DamagedFile("unsafe-file", f"an include or style sheet from elsewhere in {name}")
    return content


def _begins_as_xml(content: bytes) -> bool:
    return content[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def _active_types(name: str, content: bytes) -> list[str]:
    """What acts or leads elsewhere among the types that a list of relationships or
    contents names.
    """
    if not (name.endswith(".rels") or name == "[Content_Types].xml"):
        return []
    found = {m.group(1).decode() for t in _TYPE.findall(content) for m in _ACTIVE_TYPE.finditer(t)}
    return [f"{name}: {what}" for what in sorted(found)]


def _check_counts(name: str, content: bytes) -> None:
    for pattern, limit, what in (
        (_STYLE, MAX_STYLES, "styles"),
        (_RULE, MAX_RULES, "drop-downs and formats"),
    ):
        if (
            content.count(b"<") > limit
            and (number := sum(1 for _ in pattern.finditer(content))) > limit
        ):
            raise DamagedFile("unsafe-file", f"{number:,} {what} in {name}")


def _links_outside(name: str, content: bytes) -> bool:
    """True when a part refers to something outside of the file. A hyperlink of a cell
    is text until somebody clicks.
    """
    # elsewhere a link may be fetched as the file is opened
    in_sheet = name.startswith(_RELATIONS_OF_SHEETS)
    return any(
        _EXTERNAL.search(tag) and not (in_sheet and _HYPERLINK.search(tag))
        for tag in _RELATIONSHIP.findall(content)
    )


def _merged_cells(name: str, content: bytes) -> int:
    """The number of cells under merged ranges in one XML part."""
    ranges = list(_MERGED.finditer(content))
    if len(ranges) != len(_MERGE_TAG.findall(content)):
        raise DamagedFile("unsafe-file", f"a merged range that cannot be read in {name}")
    return sum(_area(m) for m in ranges)


def _area(match: re.Match[bytes]) -> int:
    left, top, right, bottom = match.groups()
    return (abs(int(bottom) - int(top)) + 1) * (abs(_number(right) - _number(left)) + 1)


def _number(letters: bytes) -> int:
    result = 0
    for letter in letters:
        result = result * 26 + letter - 64
    return result

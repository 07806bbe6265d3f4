"""Which edit of a file changes nothing that is made of it? A comment, and lines left
blank.

A file has the same meaning as before where its digest is the same: of Python, SQL,
style sheets, templates and catalogues what stands outside of comments, of YAML what is
read, of all others their bytes. Where a file cannot be read as what its name says, its
bytes count: whoever reads it says what is wrong.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PYTHON = re.compile(
    r"(?P<kept>'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\""
    r"|'(?:\\.|[^\\\n'])*'|\"(?:\\.|[^\\\n\"])*\")"
    r"|[ \t]*\#[^\n]*|(?P<line>[ \t]*\n(?:[ \t]*(?:\#[^\n]*)?\n)*)",
    re.DOTALL,
)
_STYLE = re.compile(
    r"(?P<kept>\"(?:\\.|[^\\\"])*\"|'(?:\\.|[^\\'])*')|(?P<line>(?:\s|/\*.*?\*/)+)", re.DOTALL
)
# One comment of a check says something to the pipeline: see pipeline/numbers/sql/runner.py.
_SQL = re.compile(
    r"(?P<kept>'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"|--[ ]*May be empty:[^\n]*)"
    r"|(?P<line>(?:\s|--(?![ ]*May be empty:)[^\n]*|/\*.*?\*/)+)",
    re.DOTALL,
)

# A comment takes the end of its line with it, as the templates are read (`trim_blocks`).
_TEMPLATE = re.compile(
    r"(?P<kept>\{%-?\s*raw\b.*?\bendraw\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}|\{#-.*?#\}|\{#[^#]*-#\})"
    r"|(?P<line>)\{#.*?#\}\n?",
    re.DOTALL,
)
# Flags of an entry (`#,`) say whether it is used.
_CATALOGUE = re.compile(r"(?P<kept>#,[^\n]*)|(?P<line>)^(?:#[^\n]*)?\n", re.MULTILINE)


def digest_of(path: Path) -> str:
    """The digest of what a file means. Raises OSError where it cannot be read."""
    data = path.read_bytes()
    reduce = _KINDS.get(path.suffix)
    if reduce:
        with suppress(ValueError):  # no UTF-8 is one too
            data = reduce(data.decode("utf-8")).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()


def bytes_of(path: Path) -> str:
    """The digest of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def without_comments(code: str) -> str:
    """Python code without comments and blank lines."""
    return _without(_PYTHON, "\n", code).lstrip("\n")


def _without(pattern: re.Pattern[str], gap: str, text: str) -> str:
    def put(found: re.Match[str]) -> str:
        return found["kept"] or (gap if found["line"] else "")

    return pattern.sub(put, text)


def _style(text: str) -> str:
    return _without(_STYLE, " ", text).strip()


def _sql(text: str) -> str:
    return _without(_SQL, " ", text).strip()


def _yaml(text: str) -> str:
    from pipeline.system.yaml_files import written_in

    # In their order: a list of chapters and the columns of a table stand as they are written.
    return json.dumps(written_in(text), default=str)


def _template(text: str) -> str:
    return _without(_TEMPLATE, "", text)


def _catalogue(text: str) -> str:
    return _without(_CATALOGUE, "", text)


_KINDS: dict[str, Callable[[str], str]] = {
    ".py": without_comments,
    ".css": _style,
    ".sql": _sql,
    ".yaml": _yaml,
    ".j2": _template,
    ".po": _catalogue,
}

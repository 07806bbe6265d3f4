"""What does the desk lead to? The page itself, the files that it links to, and what
linked pages are made of.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

PAGE = "index.html"
_ROUND_PAGE = re.compile(r"round-[0-9]{4}\.html")
# Where the files of a round lie that are for reading. Whatever a page links to, nothing
# else is given: no register, key, password, proof, database, archive or working file
# lies in one of these.
_ALWAYS_FOR_READING = ("findings", "changes")
_NEVER = (".duckdb", ".wal")
_STYLED = re.compile(r"url\(\s*['\"]?([^'\")]+)")


def page_of(round_: int) -> str:
    """The name of the page on a round, beside `index.html`, which is one of them."""
    return f"round-{round_}.html"


class _Links(HTMLParser):
    """Collects what the tags of a page name as another file."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in ("href", "src") and value]


class Links:
    """The files of a folder that its page leads to. A page that was written anew is
    read again.
    """

    def __init__(self, folder: Path, *, reports: Sequence[str]) -> None:
        """`reports` are those whose finished versions are for reading."""
        self._folder = folder.resolve()
        names = "|".join((*_ALWAYS_FOR_READING, *map(re.escape, reports)))
        self._for_reading = re.compile(rf"[0-9]{{4}}/({names})/.+")
        self._read: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {}

    def listed(self) -> frozenset[str]:
        """Paths from the folder, with `/`: what the page links to, and so on from one
        linked page to the next.
        """
        found = {PAGE}
        open_ = [PAGE]
        while open_:
            for target in self._links(open_.pop()):
                if (
                    target not in found
                    and (self._for_reading.fullmatch(target) or _ROUND_PAGE.fullmatch(target))
                    and not target.endswith(_NEVER)
                ):
                    found.add(target)
                    open_.append(target)
        return frozenset(found)

    def open(self, path: str) -> BinaryIO | None:
        """A listed file, opened for reading; None for whatever else there is, and for
        links, folders and pipes.
        """
        return self._open(path) if path in self.listed() else None

    def _links(self, page: str) -> tuple[str, ...]:
        if not page.endswith((".html", ".css")):
            return ()
        file = self._open(page)
        if file is None:
            return ()
        with file:
            now = os.fstat(file.fileno())
            state = (now.st_ino, now.st_size, now.st_mtime_ns)
            if page not in self._read or self._read[page][0] != state:
                text = file.read().decode("utf-8", "replace")
                self._read[page] = (state, tuple(_targets(page, text)))
        return self._read[page][1]

    def _open(self, path: str) -> BinaryIO | None:
        """Walks down folder by folder, so that no link that somebody puts in the way
        meanwhile is followed.
        """
        *folders, name = path.split("/")
        at = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        except OSError:
            return None
        finally:
            os.close(at)
        if not stat.S_ISREG(os.fstat(found).st_mode):
            os.close(found)
            return None
        return os.fdopen(found, "rb")


def _targets(page: str, text: str) -> Iterator[str]:
    """The files that a page or a style sheet names, as paths from the folder of the
    desk; none outside of it.
    """
    if page.endswith(".css"):
        named = _STYLED.findall(text)
    else:
        parser = _Links()
        parser.feed(text)
        named = parser.found
    for link in named:
        try:
            parts = urlsplit(link)
        except ValueError:
            continue
        if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
        # what leads out of the folder too
        hidden = any(part.startswith(".") for part in target.split("/"))
        if not hidden and "\0" not in target:
            yield target

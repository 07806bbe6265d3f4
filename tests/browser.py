"""How does a page behave in a real browser? Debian's Chromium without a network, and
the rules of axe-core.

`with chromium() as browser:` starts it; `opened(browser, address, width)` gives a page
at a file address or at a server on the loopback, with all that it asked for and all
that went wrong; `broken_rules(page)` asks axe-core.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Opened:
    """A page in a browser: the addresses it asked for, and what the console and failed
    requests told.
    """

    page: Page
    asked: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium with a new profile. The test is skipped where the Debian package is not
    installed.
    """
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        pytest.skip("the Debian package chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, address: str, width: int = 1280, *, judged: bool = False
) -> Iterator[Opened]:
    """A page at an address, as wide as asked, in a context of its own that is offline
    when the page is a file.

    A `judged` page lets axe-core in, which the page's own policy would refuse.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        offline=address.startswith("file:"),
        bypass_csp=judged,
    )
    try:
        page = context.new_page()
        found = Opened(page)
        page.on("request", lambda request: found.asked.append(request.url))
        page.on(
            "requestfailed", lambda request: found.troubles.append(f"not loaded: {request.url}")
        )
        page.on(
            "console",
            lambda said: (
                found.troubles.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: found.troubles.append(str(error)))
        page.goto(address)
        yield found
    finally:
        context.close()


def broken_rules(page: Page, without: Sequence[str] = ()) -> list[str]:
    """Each violation that axe-core finds, of any of its rules but those named: rule,
    what it asks for, the elements.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {
        "resultTypes": ["violations"],
        "rules": {rule: {"enabled": False} for rule in without},
    }
    answer: dict[str, Any] = Axe().run(page, options=options).response
    assert answer["passes"], "axe-core judged nothing"
    return [
        f"{v['id']}: {v['help']}: {'; '.join(str(n['target']) for n in v['nodes'][:5])}"
        for v in answer["violations"]
    ]


_CUT = """() => [...document.querySelectorAll('body *')].filter(e => {
    if (e.closest('thead, script, style, .skip') || !e.checkVisibility()) return false;
    const box = e.getBoundingClientRect(), own = getComputedStyle(e);
    if (!box.width || own.display === 'inline') return false;
    return box.right > innerWidth + 1 || box.left < -1 || e.scrollWidth > e.clientWidth + 1;
}).map(e => `${e.tagName.toLowerCase()}.${e.className}: ${e.textContent.trim().slice(0, 60)}`)"""


def cut_off(page: Page) -> list[str]:
    """What a reader sees a part of only, or only after scrolling sideways: elements that
    reach over the edge of the screen, or whose content reaches over theirs. Folds are
    opened first; heads of tables that a narrow page hides do not count.
    """
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert page.evaluate("document.querySelectorAll('body *').length") > 10
    found: list[str] = page.evaluate(_CUT)
    return found

"""Does everything that a page names exist: files, folders, make targets, headings, and
a line in the index for each page?
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest
from builds import BUILT, NOT_COPIED, ROOT
from pages import FOLLOWED, Edit, steps_of

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "returns/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
# What a page may name though the tree does not have it, and why.
EXCEPTIONS = {
    r"(outputs|records)/.*|\.build/.*|\.venv(/.*)?": (
        "a build or a check makes it, and git does not keep it"
    ),
    r"(releases|stores|proof|work|data|html|copies|passwords|restricted)/.*": (
        "below the folder of outputs or releases that the page names"
    ),
    r"(findings|manifest|edition|changes|validation)\.json|(cells|changes|queries)\.csv"
    r"|changes\.pdf|gate\.(pdf|html|json)|sheet\.json|(heads|entered)\.jsonl|warehouse\.duckdb|public\.withheld\.csv"
    r"|THB_VICTIMS\.csv|selec-[\w<>-]+(\.key-findings)?\.(pdf|xlsx)|<report>\.accepted\.csv|index\.html"
    r"|ro-crate-metadata\.json": (
        "a file that a build or a move makes, where the page says in which folder"
    ),
    r"release_policy\.json|thb\.odcs\.json": "a copy as JSON, made for the verifier",
    r"returns/.*/(queries\.(csv|jsonl)|RO\.2\.xlsx|<STATE>\..*)|returns/2023/.*": (
        "a file that a state or an analyst adds"
    ),
    r"(thb/)?(RO|BG|UA|<STATE>)[._].*\.(xlsx|csv|parquet)": "a name that a state may give its file",
    r"RO-(thb-)?2022-[\w-]+\.(pdf|csv|xlsx)": "what goes back to a state",
    r"templates/<report>/narrative/2023/|narrative/<round>/<chapter>\.md": (
        "the texts of a round, which somebody adds"
    ),
    r"(data_contracts/)?mail\.yaml": "the settings of mail, which the Center writes",
    r"data_glotip\.xlsx": "the file of a publisher",
    r"(report/chapter|cyber/attacks)/.*": "a place in a report and no path",
    r"14/04/2025|n/a|δ/υ|SELEC/THB/.*": "no path",
}
_ENDINGS = (
    "csv|css|duckdb|gz|html|j2|json|jsonl|lock|md|mk|parquet|pdf|po|pot|py|sh|sql|svg|toml|txt"
    "|xlsx|xml|yaml|yml"
)
_PATH = re.compile(
    r"[\w.<>*-]+(?:/[\w.<>*-]+)+/?|[\w<>*.-]+/"
    rf"|[\w<>*-][\w.<>*-]*\.(?:{_ENDINGS})"
)
_FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)


@cache
def tree() -> str:
    """Every file and folder of the project, a line each."""
    found: list[str] = []
    for folder, folders, files in os.walk(ROOT):
        left_out = (*NOT_COPIED, ".git", *(BUILT if Path(folder) == ROOT else ()))
        folders[:] = [name for name in folders if name not in left_out]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in folders + files]
    return "\n".join(sorted(found))


def is_there(name: str) -> bool:
    """Whether a file or folder has this path, or ends with it; `<x>` and `*` stand for
    any name.
    """
    pattern = re.sub(r"<[^>]*>", "[^/\n]+", re.escape(name.rstrip("/"))).replace(r"\*", "[^/\n]*")
    return re.search(rf"^(?:.*/)?{pattern}$", tree(), re.MULTILINE) is not None


def made_by(page: Path) -> set[str]:
    """The files that a page which is followed tells its reader to make."""
    if page.stem not in FOLLOWED:
        return set()
    return {step.path for step in steps_of(page) if isinstance(step, Edit) and step.how == "make"}


def named_paths(page: Path) -> set[str]:
    """The paths and file names in the code spans of a page, and in its commands."""
    text = page.read_text(encoding="utf-8")
    spans = " ".join(re.findall(r"`([^`]+)`", _FENCED.sub("", text)))
    words = (word.strip(",;:()\"'") for word in spans.split())
    return {word for word in words if _PATH.fullmatch(word)}


def is_excepted(name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in EXCEPTIONS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_folder_that_a_page_names_is_there(page: Path) -> None:
    names = named_paths(page) - made_by(page)
    assert not sorted(name for name in names if not is_there(name) and not is_excepted(name))


def test_the_pages_name_many_files_and_every_exception_is_needed() -> None:
    names = {name for page in PAGES for name in named_paths(page)}
    assert len(names) > 200
    for pattern in EXCEPTIONS:
        excused = [name for name in names if re.fullmatch(pattern, name)]
        assert any(not is_there(name) for name in excused), pattern


def test_a_name_that_is_gone_would_be_found() -> None:
    assert is_there("pipeline/returns/intake/parse.py")
    assert is_there("intake/parse.py")
    assert is_there("templates/<report>/exhibits.yaml")
    assert not is_there("pipeline/charts.py")
    assert not is_excepted("pipeline/charts.py")


def test_what_a_page_names_in_a_file_stands_in_it() -> None:
    """`REPORTS` of `pipeline/report/charts/palette.py`."""
    found = 0
    for page in PAGES:
        text = " ".join(page.read_text(encoding="utf-8").split())
        for name, path in re.findall(r"`(\w+)` (?:of|in) `([\w/.]+\.(?:py|yaml|csv))`", text):
            if (ROOT / path).is_file():
                found += 1
                assert name in (ROOT / path).read_text(encoding="utf-8"), f"{page}: {name}"
    assert found > 5


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(" ".join(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)).split())


def named_targets(page: Path) -> set[str]:
    """The targets in code spans and commands: `make explain KEY=...`."""
    text = page.read_text(encoding="utf-8")
    spans = [*re.findall(r"`([^`\n]+)`", text), *"\n".join(_FENCED.findall(text)).splitlines()]
    told = (re.match(r" *(?:\w+=\S+ )*make(?: \w+=\S*)* ([a-z][a-z-]*)", span) for span in spans)
    return {match[1] for match in told if match}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_is_there(page: Path) -> None:
    assert named_targets(page) <= targets()


def test_the_pages_name_nearly_every_target() -> None:
    named = {target for page in PAGES for target in named_targets(page)}
    assert targets() - named == set()


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_page_and_a_heading_of_it(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    for target, heading in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", text):
        if "://" in target:
            continue
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert not heading or heading in anchors(linked), f"{target}#{heading}"


def test_the_index_has_a_line_for_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = re.findall(r"\]\(([^)#\s]+)", index.read_text(encoding="utf-8"))
    listed = {(index.parent / target).resolve() for target in linked}
    pages = {p for p in (ROOT / "docs").rglob("*.md") if p.parent.name != "examples"}
    assert pages - {index} <= listed


def test_the_readme_is_a_short_way_in() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) < 900
    first = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[0]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == [
        "make reports",
        "make test",
    ]
    assert text.index(first) < 60
    assert {"docs/architecture.md", "docs/README.md"} <= set(re.findall(r"\]\(([^)#\s]+)", text))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_one_short_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 35
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "What would change our mind",
    ]


def test_the_glossary_says_each_word_once_in_a_sentence_or_two() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    lines = [
        line
        for line in re.findall(r"^\| ([a-z][a-z -]+) \| (.+) \|$", text, re.MULTILINE)
        if line != ("word", "meaning")
    ]
    words = [word for word, _ in lines]
    assert sorted(set(words)) == sorted(words)
    needed = (
        "return round cube cell key vintage edition version master draft submission finding query"
        " store exhibit binding claim coverage withheld suppressed missing certificate"
        " counter-table ledger"
    )
    assert set(needed.split()) <= set(words)
    assert all(meaning.endswith(".") for _, meaning in lines)

"""Which edits change the meaning of a file? Comments do not; everything else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.system.meaning import digest_of

# ending, before, after
SAME = [
    (".py", "x = 1\n", "# why\n\nx = 1  # because\n"),
    (".py", 'x = "a"\n', 'x = "a"  # "b"\n'),
    (".sql", "select 1\n", "-- why\nselect /* one */ 1 -- end\n"),
    (".css", "a { top: 0 }\n", "/* why */\na {\n  top: 0 }\n"),
    (".yaml", "a: 1\nb: [2]\n", "# why\na: 1   # one\nb:\n  - 2\n"),
    (".j2", "<p>a</p>\n", "{# why #}\n<p>a</p>\n"),
    (".j2", "<p>a</p>\n", "<p>{# why\nin two lines #}a</p>\n"),
    (".po", 'msgid "a"\nmsgstr "b"\n', '#: file.py\n\nmsgid "a"\n# why\nmsgstr "b"\n'),
]
ANOTHER = [
    (".py", "x = 1\n", "x = 2\n"),
    (".py", 'x = "# a"\n', 'x = "# b"\n'),
    (".py", 'x = """\n# a\n"""\n', 'x = """\n# b\n"""\n'),
    (".py", "if x:\n    y = 1\n    z = 1\n", "if x:\n    y = 1\nz = 1\n"),
    (".sql", "select '-- a'\n", "select '-- b'\n"),
    (".sql", "-- May be empty: a\nselect 1\n", "select 1\n"),
    (".css", 'a { content: "/* a */" }\n', 'a { content: "/* b */" }\n'),
    (".yaml", "a: '# x'\n", "a: '# y'\n"),
    (".yaml", "a: 1\nb: 2\n", "b: 2\na: 1\n"),
    (".j2", "<p>a</p>\n", "<p>a</p>\n\n"),
    (".j2", "a\nb\n", "a\n{#- gone with the line before -#}\nb\n"),
    (".j2", '{{ "{# a #}" }}', '{{ "{# b #}" }}'),
    (".j2", '{% set x = "{# a #}" %}', '{% set x = "{# b #}" %}'),
    (".j2", "{% raw %}{# a #}{% endraw %}", "{% raw %}{# b #}{% endraw %}"),
    (".po", 'msgid "a"\nmsgstr "b"\n', '#, fuzzy\nmsgid "a"\nmsgstr "b"\n'),
    (".po", 'msgid "# a"\nmsgstr "b"\n', 'msgid "# c"\nmsgstr "b"\n'),
    (".md", "a\n", "a\n# b\n"),
    (".csv", "a\n", "a\n# b\n"),
]


def digest(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return digest_of(path)


@pytest.mark.parametrize(("ending", "before", "after"), SAME)
def test_a_comment_changes_no_meaning(ending: str, before: str, after: str, tmp_path: Path) -> None:
    assert digest(tmp_path, f"a{ending}", before) == digest(tmp_path, f"a{ending}", after)


@pytest.mark.parametrize(("ending", "before", "after"), ANOTHER)
def test_whatever_is_no_comment_does(ending: str, before: str, after: str, tmp_path: Path) -> None:
    assert digest(tmp_path, f"a{ending}", before) != digest(tmp_path, f"a{ending}", after)


@pytest.mark.parametrize("ending", [".py", ".sql", ".css", ".yaml", ".j2", ".po"])
def test_bytes_count_where_a_file_is_none_of_its_kind(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    found = []
    for data in (b"\xff\xfe {#", b"\xff\xff {#"):
        path.write_bytes(data)
        found.append(digest_of(path))
    assert found[0] != found[1]

"""Is each patch of a library still needed, and still made for the version installed?"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import pikepdf
import pytest
from builds import ROOT
from fontTools.misc.timeTools import epoch_diff  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from pipeline.system.patches import (
    PATCHES,
    Patch,
    fonts_cut_by_fonttools,
    fonts_dated,
    layout_rules_dropped_unread,
    objects_packed_once,
    pages_and_numbers_remembered,
    plain_lengths_taken_at_once,
)
from pipeline.system.pdf.fonts import font_faces

DATE = datetime(2023, 6, 30, 12, tzinfo=UTC)


class Cutter:
    """Stands for HarfBuzz on a machine that has it: notes that it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        raise LookupError(name)


# Lengths of every kind, in boxes of every kind.
LENGTHS = """
    <style>p { width: 50%; min-width: auto; max-height: 5% } td { padding: 1% 2px }</style>
    <p style="width: calc(40% + 3px); margin: auto; height: 1cm">A<p style="margin: 2% 1em">B
    <table style="width: 80%; min-width: 3cm"><tr><td>C<td style="width: 20%; height: 12%">D</table>
    <div style="position: absolute; left: 10%; top: auto; right: 3mm; min-height: 10%">E</div>
    <div style="float: left; width: min(30%, 4cm); box-sizing: border-box; padding: 3%">F</div>
"""


def document(body: str = "<p>Abc") -> Any:
    from weasyprint import HTML

    face = f'@font-face {{ font-family: "Report"; src: url("{font_faces()[400]}") }}'
    return HTML(string=f'<style>{face} * {{ font-family: "Report" }}</style>{body}').render()


def date_of_font(content: bytes) -> datetime:
    """When the font of a PDF says that it was changed."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        (font,) = (
            bytes(item.FontFile2.read_bytes())
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item
        )
    return datetime.fromtimestamp(TTFont(io.BytesIO(font))["head"].modified + epoch_diff, UTC)


def needs_fonttools() -> None:
    from weasyprint.pdf import fonts

    with pytest.MonkeyPatch.context() as machine:
        cutter = Cutter()
        machine.setattr(fonts, "harfbuzz_subset", cutter)
        with fonts_cut_by_fonttools():
            document().write_pdf()
        assert cutter.asked == 0
        assert fonts.harfbuzz_subset is cutter
        with pytest.raises(LookupError):
            document().write_pdf()
        assert cutter.asked == 1


def needs_dates() -> None:
    with ExitStack() as stack:
        stack.enter_context(fonts_cut_by_fonttools())
        assert abs(date_of_font(document().write_pdf()) - datetime.now(UTC)) < timedelta(hours=1)
        stack.enter_context(fonts_dated(DATE))
        assert date_of_font(document().write_pdf()) == DATE


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout + done.stderr


def written(patch: AbstractContextManager[None]) -> bytes:
    """A dated PDF with everything that a report has: tags, packed objects, an identifier."""
    with fonts_cut_by_fonttools(), fonts_dated(DATE), patch:
        content: bytes = document(LENGTHS).write_pdf(pdf_variant="pdf/a-3a", pdf_tags=True)
    return content


def counted(patch: AbstractContextManager[None], owner: Any, *, name: str) -> tuple[int, bytes]:
    """How often a function is called while a PDF is written, and the PDF."""
    calls = []
    whole = getattr(owner, name)

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return whole(*arguments, **options)

    with pytest.MonkeyPatch.context() as library:
        library.setattr(owner, name, call)
        content = written(patch)
    return len(calls), content


def needs_unread_rules() -> None:
    from fontTools.ttLib.tables import otBase  # type: ignore[import-untyped]

    reads = {"owner": otBase.OTTableReader, "name": "readUShort"}
    today, before = counted(nullcontext(), **reads)
    ours, after = counted(layout_rules_dropped_unread(), **reads)
    assert 10 * ours < today
    assert after == before


def needs_one_packing() -> None:
    import zlib

    today, before = counted(nullcontext(), zlib, name="compressobj")
    ours, after = counted(objects_packed_once(), zlib, name="compressobj")
    assert ours < today
    assert after == before


def needs_plain_lengths() -> None:
    from weasyprint.layout import percent

    today, before = counted(nullcontext(), percent, name="percentage")
    ours, after = counted(plain_lengths_taken_at_once(), percent, name="percentage")
    assert 0 < 10 * ours < today
    assert after == before


NUMBERS = (0.0, -0.0, 1.0, 1, True, 0.1, -2.5, 1e-9, 123456789.0, 1 / 3, "0.1", b"0.1", 10.0, 10)


def needs_remembered_pages() -> None:
    import pydyf  # type: ignore[import-untyped]

    before = written(nullcontext())
    pdf = pydyf.PDF()
    pdf.add_page(pydyf.Dictionary())
    assert pdf.page_references is not pdf.page_references
    said = [pydyf.Array([number]).data for number in NUMBERS]
    with pages_and_numbers_remembered():
        assert pdf.page_references is pdf.page_references
        first = pdf.page_references
        pdf.add_page(pydyf.Dictionary())
        assert len(pdf.page_references) == len(first) + 1
        assert [pydyf.Array([number]).data for number in NUMBERS * 2] == said * 2
    assert len(pdf.page_references) == 2
    assert written(pages_and_numbers_remembered()) == before


def needs_quiet_import() -> None:
    told = "; print(logging._warnings_showwarning)"
    assert run(f"import logging, great_expectations{told}").startswith("<function")
    ours = "from pipeline.system.patches import import_great_expectations as load; load()"
    assert run(f"import logging; {ours}{told}").strip() == "None"
    before = "logging.captureWarnings(True)"
    assert run(f"import logging; {before}; {ours}{told}").startswith("<function")
    loaded = "; import sys; print(*(n in sys.modules for n in ('scipy.stats', 'altair')))"
    assert run(f"import great_expectations{loaded}").split() == ["True", "True"]
    assert run(f"{ours}{loaded}").split() == ["False", "False"]
    used = (
        "; from great_expectations.expectations.core import"
        " expect_column_kl_divergence_to_be_less_than as of; print(of.stats.norm.cdf(0))"
        "; import scipy.stats, altair; print(scipy.stats.norm.cdf(0), altair.Chart)"
    )
    assert run(f"{ours}{used}").split()[:2] == ["0.5", "0.5"]


NEEDS: dict[str, Callable[[], None]] = {
    "fonts_cut_by_fonttools": needs_fonttools,
    "fonts_dated": needs_dates,
    "layout_rules_dropped_unread": needs_unread_rules,
    "objects_packed_once": needs_one_packing,
    "pages_and_numbers_remembered": needs_remembered_pages,
    "plain_lengths_taken_at_once": needs_plain_lengths,
    "import_great_expectations": needs_quiet_import,
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("patch", PATCHES, ids=lambda p: p.name)
def test_each_patch_is_still_needed_and_does_what_it_says(patch: Patch) -> None:
    NEEDS[patch.name]()


@pytest.mark.parametrize("patch", PATCHES, ids=lambda p: p.name)
def test_each_patch_was_looked_at_in_the_installed_version(patch: Patch) -> None:
    """After an upgrade: read what the library does now, then say the new version."""
    assert version(patch.library) == patch.version
    assert patch.reason


def test_every_function_of_the_room_is_a_patch() -> None:
    tree = ast.parse((ROOT / "pipeline/system/patches.py").read_text(encoding="utf-8"))
    functions = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert [name for name in functions if name[0] != "_"] == [p.name for p in PATCHES]
    assert len(PATCHES) > 3


def imported_from_elsewhere(tree: ast.AST) -> set[str]:
    """The names by which code knows what it imported from others than ourselves."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=aliases):
                names |= {(module, a.asname or a.name) for a in aliases}
            case ast.Import(names=aliases):
                names |= {(a.name, a.asname or a.name.split(".")[0]) for a in aliases}
    return {name for module, name in names if module.split(".")[0] != "pipeline"}


# What Python's own documentation tells programs to set.
SETTINGS = ("tempfile.tempdir",)


def reached_into(source: str) -> list[str]:
    """Where code sets a name in a module or class of a library, or takes all of its names
    to change them.
    """
    tree = ast.parse(source)
    imported = imported_from_elsewhere(tree)
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets):
                named = [
                    target.value.id
                    for target in targets
                    if isinstance(target, ast.Attribute)
                    and isinstance(target.value, ast.Name)
                    and ast.unparse(target) not in SETTINGS
                ]
            case ast.Call(func=ast.Name(id="setattr" | "vars"), args=[ast.Name(id=name), *_]):
                named = [name]
            case _:
                continue
        found += [f"{node.lineno}: {ast.unparse(node)}" for n in named if n in imported]
    return found


def test_no_other_module_reaches_into_a_library() -> None:
    modules = sorted((ROOT / "pipeline").rglob("*.py"))
    assert len(modules) > 200
    found = {
        str(path.relative_to(ROOT)): places
        for path in modules
        if path.name != "patches.py" and (places := reached_into(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "code",
    [
        "from weasyprint.pdf import fonts\nfonts.harfbuzz_subset = None",
        "import duckdb_engine\nvars(duckdb_engine).clear()",
        "import openpyxl as o\nsetattr(o, 'LXML', False)",
    ],
)
def test_one_that_did_would_be_found(code: str) -> None:
    assert reached_into(code)


def test_patches_load_no_library_before_it_is_needed() -> None:
    heavy = ("weasyprint", "great_expectations", "duckdb_engine", "fontTools")
    assert run(
        f"import sys, pipeline.system.patches; print([m for m in {heavy!r} if m in sys.modules])"
    ).strip() == str([])

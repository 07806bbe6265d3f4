"""How does the first page of a report look? As a small picture that stands in the page
itself.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path

from pipeline.system.files import write_file

WIDTH = 150  # pixels


def first_page(pdf: Path, digest: str, *, kept: Path) -> str:
    """A data URL of the first page. Pictures are kept in `kept` by the hash of their
    PDF: drawing one takes a while.
    """
    picture = kept / f"{digest[:24]}.png"
    if not picture.is_file():
        write_file(picture, _draw(pdf))
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def _draw(pdf: Path) -> bytes:
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        image = page.render(scale=WIDTH / page.get_width()).to_pil()
        out = io.BytesIO()
        image.convert("P", palette=1, colors=64).save(out, "PNG", optimize=True)
        return out.getvalue()

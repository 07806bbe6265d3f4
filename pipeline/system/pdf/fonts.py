"""Which font are reports set in, and where are its files? Read from the installed font
package; returns folder and file URLs.
"""

from __future__ import annotations

from pathlib import Path

FONT_FAMILY = "Source Sans Pro"
FONT_WEIGHTS = {400: "Regular", 600: "Semibold", 700: "Bold"}


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

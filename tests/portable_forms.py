"""Which selects do both engines read alike? Those of a file, over rows of what is rare."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "numbers/sql"
GIVEN = (_FOLDER / "forms_given.sql").read_text(encoding="utf-8")
FORMS = tuple(
    form.strip()
    for form in (_FOLDER / "forms.sql").read_text(encoding="utf-8").split(";")
    if form.strip()
)

"""Is every column of every view said in words? A frame is opened by people who have no
other page beside it.
"""

from __future__ import annotations

import pytest

from pipeline.selec.views import COLUMNS, VIEWS, View


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_each_column_has_its_words(view: View) -> None:
    assert [name for name in view.columns if name not in COLUMNS] == []

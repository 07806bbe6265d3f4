"""What is said of a version without a table, of which nobody can make a workbook?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.errors import UserError
from pipeline.report.open_data.workbook import workbook


def test_a_version_without_a_table_is_told_with_what_to_do() -> None:
    with pytest.raises(UserError, match="the version has no table") as caught:
        workbook([], {"title": "Annual Report"}, created=datetime(2023, 1, 1, tzinfo=UTC))
    assert "Annual Report" in f"{caught.value}"
    assert "dictionary" in f"{caught.value}"

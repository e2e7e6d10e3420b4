"""A day in a register is read as a column of a file's moments is, however it is read."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from connectors.intake.moments import MomentReader
from connectors.intake.setting_kinds import DateSettings
from connectors.refused import BadValue
from connectors.registers.values import parse
from metrics.registers.columns import MOMENT, Column

COLUMN = Column("at", "Thời điểm", MOMENT)


def _texts() -> list[str]:
    days = [date(1899, 12, 25) + timedelta(days=37 * step) for step in range(2000)]
    edges = ("29/02/2024", "29/02/2023", "2100-12-31", "2101-01-01", "1901-01-01", "31/12/1900")
    odd = ("15/10/2017", "2018-11-04", "00/00/2024", "13/13/2024", "2024-13-45",
           "tuần sau", "1/2/2024", "12/31/2024", "x", "05/06/0204", "1943-01-01")  # fmt: skip
    return [f"{day:%d/%m/%Y}" for day in days] + [*map(str, days[::7]), *edges, *odd]


@pytest.mark.parametrize("name", ["Asia/Ho_Chi_Minh", "America/Sao_Paulo"])
def test_a_day_is_the_moment_that_a_column_has(name: str) -> None:
    """São Paulo: on the first day of its summer there was no midnight."""
    texts, zone = _texts(), ZoneInfo(name)
    expected = MomentReader(DateSettings(), name, is_due=False).read(pl.Series("t", texts))
    for text, moment in zip(texts, expected, strict=True):
        if moment is None:
            with pytest.raises(BadValue):
                parse(COLUMN, text, zone)
        else:
            assert parse(COLUMN, text, zone) == moment, text

"""When a report is due, and what a file that says so may hold."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sending.plan import Every, Sending, sendings
from connectors.settings import Settings, SettingsError

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ENTRY = """
[[sending]]
name = "giao-ban"
report = "bao-cao-tuan"
every = "week"
day = 1
at = "07:00"
receivers = [{ account = "chu-tich", address = "chu-tich@ubnd.example" }]
"""


def read(tmp_path: Path, text: str) -> tuple[Sending, ...]:
    path = tmp_path / "gui.toml"
    path.write_text(text, encoding="utf-8")
    return sendings(Settings(sending_file=path))


def test_without_a_file_nothing_is_sent() -> None:
    assert sendings(Settings()) == ()


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(("day", "week", "month", "quarter")),
    st.integers(1, 7),
    st.times(),
)
def test_the_last_due_moment_is_the_newest_of_its_kind(
    now: datetime, every: Every, day: int, at: time
) -> None:
    sending = Sending("a", "b", "week", ("pdf",), every, day, at, None, None, ())
    moment = now.replace(tzinfo=UTC)
    due = sending.last_due(moment, ZONE)
    local = due.astimezone(ZONE)
    assert due <= moment
    assert local.timetz().replace(tzinfo=None) == at
    assert every != "week" or local.isoweekday() == day
    assert every not in ("month", "quarter") or local.day == day
    assert every != "quarter" or local.month in (1, 4, 7, 10)
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92}[every]
    assert moment - due < timedelta(days=longest + 1)
    # Asked at that very moment, it is that moment; a moment before, an earlier one.
    assert sending.last_due(due, ZONE) == due
    assert sending.last_due(due - timedelta(seconds=1), ZONE) < due


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "giao-ban"', 'name = "../x"', "name"),
        ('name = "giao-ban"\n', "", "thiếu name"),
        ("day = 1", "day = 8", "từ 1 đến 7"),
        ('at = "07:00"', 'at = "7 giờ"', "không dùng được"),
        ('every = "week"', 'every = "hour"', "every"),
        ("chu-tich@ubnd.example", "a@b.example, c@d.example", "địa chỉ thư"),
        ("chu-tich@ubnd.example", r"a@b.example\r\nBcc: c@d.example", "địa chỉ thư"),
        (', address = "chu-tich@ubnd.example"', "", "cần folder"),
        ("day = 1", "dya = 1", "không có khóa dya"),
        ("day = 1", 'day = 1\nfolder = "gần đây"', "đầy đủ"),
        ("day = 1", 'day = 1\nformats = ["exe"]', "formats"),
        ("[[sending]]", "[sending", "không đọc được"),
        (ENTRY.strip(), "", "ít nhất một"),
        (ENTRY, ENTRY + ENTRY, "name riêng"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in ENTRY
    with pytest.raises(SettingsError, match=r"^SENDING_FILE") as refused:
        read(tmp_path, ENTRY.replace(old, new))
    assert said in str(refused.value)


def test_what_the_file_says(tmp_path: Path) -> None:
    (one,) = read(tmp_path, ENTRY)
    assert (one.name, one.report, one.period, one.formats) == (
        "giao-ban", "bao-cao-tuan", "week", ("pdf",),
    )  # fmt: skip
    assert one.receivers[0].address == "chu-tich@ubnd.example"

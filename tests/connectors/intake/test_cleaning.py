"""Moments, words and numbers by themselves."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.intake.legacy import legacy_code
from connectors.intake.moments import MOMENT, MomentReader
from connectors.intake.numbers import number, whole_number
from connectors.intake.setting_kinds import DateSettings
from connectors.intake.words import each_distinct, fold, nearest, tidy, tidy_text

ZONE = "Asia/Ho_Chi_Minh"


def read(
    texts: list[str | None], *, due: bool = False, **settings: object
) -> list[datetime | None]:
    reader = MomentReader(DateSettings.model_validate(settings), ZONE, is_due=due)
    column = reader.read(pl.Series("x", texts, dtype=pl.String))
    assert column.dtype == MOMENT
    return column.to_list()


WAYS = (
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y%m%d%H%M%S",
    "%d-%m-%Y %H:%M:%S",
    "%H:%M:%S %d/%m/%Y",
)


@given(
    moments=st.lists(
        st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), min_size=1, max_size=6
    ),
    ways=st.lists(st.sampled_from(WAYS), min_size=6, max_size=6),
)
def test_every_way_of_writing_reads_back(moments: list[datetime], ways: list[str]) -> None:
    texts = [moment.strftime(way) for moment, way in zip(moments, ways, strict=False)]
    expected = [
        moment.replace(microsecond=0, tzinfo=ZoneInfo(ZONE)).astimezone(UTC) for moment in moments
    ]
    assert read(list(texts)) == expected


@given(st.dates(datetime(1990, 1, 1).date(), datetime(2090, 1, 1).date()))
def test_a_day_is_its_beginning_or_for_due_dates_its_end(day: object) -> None:
    text = day.strftime("%d/%m/%Y")  # type: ignore[attr-defined]
    begin = datetime.combine(day, time(0), ZoneInfo(ZONE)).astimezone(UTC)  # type: ignore[arg-type]
    assert read([text]) == [begin]
    assert read([text], due=True) == [begin + timedelta(days=1, milliseconds=-1)]


def test_own_formats_exclude_all_others() -> None:
    assert read(["12/31/2025"], formats=["MM/dd/yyyy"]) == [datetime(2025, 12, 30, 17, tzinfo=UTC)]
    assert read(["31/12/2025"], formats=["MM/dd/yyyy"]) == [None]
    assert read(["2025-12-31"], formats=["iso"]) == [datetime(2025, 12, 30, 17, tzinfo=UTC)]
    assert read(["31122025"], formats=["ddMMyyyy"]) == [datetime(2025, 12, 30, 17, tzinfo=UTC)]


def test_midnight_may_mean_no_hour() -> None:
    end = datetime(2025, 6, 10, 16, 59, 59, 999000, tzinfo=UTC)
    begin = datetime(2025, 6, 9, 17, 0, tzinfo=UTC)
    assert read(["10/06/2025 00:00"], due=True) == [begin]
    assert read(["10/06/2025 00:00"], due=True, midnight_is_no_hour=True) == [end]
    assert read(["10/06/2025"], due=True, due_time="17:00:00") == [
        datetime(2025, 6, 10, 10, 0, tzinfo=UTC)
    ]


def test_an_hour_that_the_zone_skips_is_no_moment() -> None:
    assert read(["2011-03-27 02:30:00"], zone="Europe/Amsterdam") == [None]
    assert read(["2011-03-27 03:30:00"], zone="Europe/Amsterdam") == [
        datetime(2011, 3, 27, 1, 30, tzinfo=UTC)
    ]


def test_columns_without_any_moment() -> None:
    assert read([]) == []
    assert read([None, None]) == [None, None]
    assert read(["x"]) == [None]


@pytest.mark.parametrize("text", ["1/2", "2025", "123456", "202506051", "05/06/25", "0", "99999"])
def test_what_is_no_moment(text: str) -> None:
    assert read([text]) == [None]


@given(st.text())
def test_a_column_is_tidied_as_one_text_is(text: str) -> None:
    assert tidy(pl.Series("x", [text])).to_list() == [tidy_text(text) or None] or text[:1] == "'"


@given(st.lists(st.sampled_from([" a", "b", "", "Ha\u0300", "c\u00a0d", None]), max_size=40))
def test_tidying_many_alike_is_tidying_each(texts: list[str | None]) -> None:
    expected = [None if text is None else tidy_text(text) or None for text in texts]
    assert tidy(pl.Series("x", texts, dtype=pl.String)).to_list() == expected


UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Controls, formats and separators of Unicode."""


@pytest.mark.parametrize("beside", ["Ha", "Hà", "Ha\u0300"])
def test_a_sign_is_mended_among_any_letters(beside: str) -> None:
    signs = [chr(code) for code in range(0x10000)]
    for sign in (sign for sign in signs if unicodedata.category(sign) in UNSEEN):
        text = f"{beside}{sign}b"
        assert tidy(pl.Series("x", [text])).to_list() == [tidy_text(text)], hex(ord(sign))


def test_words_are_compared_without_case_and_spaces() -> None:
    assert fold(" TRỰC  Tuyến ") == fold("trực tuyến")
    assert nearest("phuong ha dong", ["Phường Hà Đông", "Sở Y tế"])[0] == "Phường Hà Đông"


def test_each_distinct_value_is_asked_once() -> None:
    asked: list[str] = []

    def answer(text: str) -> int:
        asked.append(text)
        return len(text)

    found = each_distinct(pl.Series("x", ["a", "bb", None, "a"]), answer, pl.Int64)
    assert found.to_list() == [1, 2, None, 1]
    assert sorted(asked) == ["a", "bb"]


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("5", "auto", 5.0),
        ("5,5", "auto", 5.5),
        ("5.5", "auto", 5.5),
        ("1.234", "auto", 1234.0),
        ("1,234", "auto", 1.234),
        ("1,234,567", "auto", 1234567.0),
        ("1,234.5", "auto", 1234.5),
        ("0.123", "auto", 0.123),
        ("68.60", "auto", 68.6),
        ("1.234,5", "auto", 1234.5),
        ("1,234", ",", 1.234),
        ("1.234", ".", 1.234),
        ("-3", "auto", -3.0),
        ("1 234", "auto", 1234.0),
        ("x", "auto", None),
        ("", "auto", None),
    ],
)
def test_numbers(text: str, decimal: str, value: float | None) -> None:
    assert number(text, decimal) == value


def test_whole_numbers() -> None:
    assert whole_number("5,0", "auto") == 5
    assert whole_number("5,5", "auto") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Thµnh phè Hµ Néi, ®Êt ®ai, x©y dùng", "TCVN3 (ABC)"),
        ("Haø Noäi, phoøng Tö phaùp, ñaát ñai", "VNI"),
        ("Thành phố Hà Nội, đất đai, xây dựng", None),
        ("Thành phố Hà Nội (Müller & Søn, 20°C, §5)", None),
        ("Ha Noi", None),
        ("", None),
    ],
)
def test_legacy_codes(text: str, code: str | None) -> None:
    assert legacy_code(text) == code

"""Quality of the records: flaws that bend figures, and how far each source lags behind.

A check is a figure like any other: dossiers of the period that satisfy a named condition, over
all dossiers of the period. So its number, its share and the rows behind it come from one
declaration. The dossiers of the period are those to be resolved in it (column 3 of form II.06a:
received in the period or carried over into it).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

import narwhals as nw
import polars as pl

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import Ask
from metrics.core.clock import Calendar
from metrics.core.conditions import Condition
from metrics.core.figure import Figure
from metrics.core.measure import Facts, measure
from metrics.core.narrowing import Where, alive
from metrics.core.rows import rows

_BASIS: Final = "Quy ước kiểm tra dữ liệu của phần mềm"
_IN_ANOTHER: Final = "in_other_source"


def _of_period(flaw: nw.Expr, ask: Ask) -> nw.Expr:
    return is_.to_resolve(ask) & flaw


def without_due(ask: Ask) -> nw.Expr:
    """Has no due date of the chosen kind."""
    return _of_period(is_.unclassified(ask), ask)


def ended_before_received(ask: Ask) -> nw.Expr:
    """The record says that it ended before it was received."""
    return _of_period(ex.col("ended_before_received"), ask)


def unit_unknown(ask: Ask) -> nw.Expr:
    """The resolving or the receiving unit is not known."""
    return _of_period(ex.col("unit_id").is_null() | ex.col("receiving_unit_id").is_null(), ask)


def procedure_unknown(ask: Ask) -> nw.Expr:
    """The procedure is not known."""
    return _of_period(ex.col("procedure_id").is_null(), ask)


def channel_unknown(ask: Ask) -> nw.Expr:
    """The channel is none of the three that the forms know."""
    return _of_period(ex.col("channel").is_null(), ask)


def procedure_expired(ask: Ask) -> nw.Expr:
    """Received under a version of the procedure that was not in force."""
    return _of_period(ex.col("procedure_expired"), ask)


def in_other_source(ask: Ask) -> nw.Expr:
    """Another source has a dossier of the same code (a column that :func:`checks` adds)."""
    return _of_period(ex.col(_IN_ANOTHER), ask)


def noticed_late(ask: Ask) -> nw.Expr:
    """By T supplement had been asked for, later after the receipt than is allowed."""
    allowed = int(ask.threshold("notice_days").value)
    asked = ex.col("supplement_at") < is_.at(ask.moment)
    return _of_period(asked & (ex.col("supplement_wd") > allowed), ask)


def re_dated_repeatedly(ask: Ask) -> nw.Expr:
    """More than one apology with a new date was recorded, whenever it was."""
    return _of_period(ex.col("apologies") > 1, ask)


def _check(key: str, label: str, flaw: Condition, meaning: str, basis: str = _BASIS) -> Figure:
    return Figure(
        key=key,
        label=label,
        numerator=flaw,
        denominator=is_.to_resolve,
        meaning=meaning,
        basis=basis,
        better="down",
    )


DUPLICATE: Final = "in_other_source"

CHECKS: Final[dict[str, Figure]] = {
    check.key: check
    for check in (
        _check(
            "without_due",
            "Không có ngày hẹn trả",
            without_due,
            "Không phân loại được đúng hạn hay quá hạn; vẫn được đếm vào tổng số.",
        ),
        _check(
            "ended_before_received",
            "Kết thúc trước khi tiếp nhận",
            ended_before_received,
            "Ngày kết thúc sớm hơn ngày tiếp nhận; được tính như kết thúc ngay khi tiếp nhận.",
        ),
        _check(
            "unit_unknown",
            "Đơn vị chưa rõ",
            unit_unknown,
            "Nguồn không cho biết nơi tiếp nhận hoặc cơ quan giải quyết.",
        ),
        _check(
            "procedure_unknown",
            "Thủ tục chưa rõ",
            procedure_unknown,
            "Nguồn không cho biết thủ tục, nên cũng không biết lĩnh vực và thời hạn quy định.",
        ),
        _check(
            "channel_unknown",
            "Kênh tiếp nhận chưa rõ",
            channel_unknown,
            "Không phải trực tiếp, trực tuyến hay bưu chính công ích; biểu mẫu đếm vào cột "
            "“trực tiếp, bưu chính”.",
        ),
        _check(
            "procedure_expired",
            "Tiếp nhận theo thủ tục hết hiệu lực",
            procedure_expired,
            "Ngày tiếp nhận nằm ngoài thời gian có hiệu lực của phiên bản thủ tục.",
        ),
        _check(
            DUPLICATE,
            "Trùng mã giữa các nguồn",
            in_other_source,
            "Một nguồn khác có hồ sơ cùng mã, kể cả ngoài kỳ: có thể bị đếm hai lần.",
        ),
        _check(
            "re_dated_repeatedly",
            "Hẹn lại quá một lần",
            re_dated_repeatedly,
            "Có từ hai văn bản xin lỗi, hẹn lại trở lên; mỗi hồ sơ chỉ được hẹn lại một lần.",
            "Nghị định 118/2025/NĐ-CP (trước 01/7/2025: Nghị định 61/2018/NĐ-CP)",
        ),
        _check(
            "noticed_late",
            "Yêu cầu bổ sung muộn",
            noticed_late,
            "Lần yêu cầu bổ sung đầu tiên muộn hơn số ngày làm việc cho phép kể từ ngày tiếp nhận "
            "(mặc định 3; ngưỡng ở màn hình Quản trị).",
            "Nghị định 61/2018/NĐ-CP Điều 19 khoản 4 (từ 01/7/2025: chưa đối chiếu Nghị định "
            "118/2025/NĐ-CP)",
        ),
        _check(
            "late_entry",
            "Nhập phần mềm muộn",
            is_.late_entry,
            "Giải quyết đúng hạn nhưng phần mềm chỉ được cập nhật sau hẹn trả: nơi khác có thể "
            "thấy là quá hạn.",
        ),
    )
}
"""Every check by its key, in the order in which the screen lists them."""


@dataclass(frozen=True)
class _Marked:
    """Facts whose dossiers know whether another source has their code."""

    dossier: nw.LazyFrame[Any]
    pause: nw.LazyFrame[Any]
    step: nw.LazyFrame[Any]


def _marked(facts: Facts, everything: Facts, ask: Ask) -> _Marked:
    concerned = alive(facts.dossier, [ask])
    codes = concerned.select("code").unique()
    twice = (
        everything.dossier.select("code", "source_id")
        .join(codes, on="code", how="semi")
        .group_by("code")
        .agg(ex.col("source_id").min().alias("lowest"), ex.col("source_id").max().alias("highest"))
        .filter(ex.col("lowest") != ex.col("highest"))
        .select("code", ex.lit(True).alias(_IN_ANOTHER))
    )
    return _Marked(concerned.join(twice, on="code", how="left"), facts.pause, facts.step)


def checks(facts: Facts, everything: Facts, ask: Ask, where: Where | None = None) -> pl.DataFrame:
    """How many dossiers of the period fail each check.

    Args:
        facts: within the view; must hold the dossiers alive in the period.
        everything: all that the asker may see, of all periods: where twins are looked for.

    Returns:
        One row a check, in the order of :data:`CHECKS`: ``check`` (its key), ``count`` and ``of``
        (dossiers), ``share`` (0–1; null where ``of`` is 0).
    """
    marked = _marked(facts, everything, ask)
    measured = measure(marked, list(CHECKS.values()), [ask], (), where)
    order = pl.DataFrame({"figure": list(CHECKS), "place": range(len(CHECKS))})
    return (
        measured.join(order, on="figure")
        .sort("place")
        .select(
            pl.col("figure").alias("check"),
            pl.col("numerator").alias("count"),
            pl.col("denominator").alias("of"),
            pl.col("rate").alias("share"),
        )
    )


def failing(
    facts: Facts, everything: Facts, key: str, ask: Ask, where: Where | None = None
) -> nw.LazyFrame[Any]:
    """The dossiers that fail a check: exactly those that :func:`checks` counted, unsorted.

    Columns as :func:`metrics.core.rows.rows`. Raises KeyError for an unknown check.
    """
    wanted = CHECKS[key]
    marked = _marked(facts, everything, ask) if key == DUPLICATE else facts
    return rows(marked, wanted, ask, where)


def freshness(sources: pl.DataFrame, moment: datetime, calendar: Calendar) -> pl.DataFrame:
    """How far each source lags behind a moment, in working time.

    Args:
        sources: ``source_id``, ``data_until`` (local), ``fresh_within_hours`` (agreed working
            hours; null: nothing agreed).
        moment: the moment that figures are asked for; never the wall clock.

    Returns:
        By source: ``source_id``; ``behind_hours`` Float64, working hours from the end of its
        records to ``moment`` (null: no batch says how far they reach); ``behind_days`` Int64,
        whole working days of it; ``state`` String: ``fresh``, ``stale`` (later than agreed),
        ``not_agreed`` or ``unknown``.
    """
    latest = datetime.combine(calendar.last, time())
    found = [
        _lag(source, min(moment, latest), calendar) for source in sources.iter_rows(named=True)
    ]
    schema = {
        "source_id": pl.Int32,
        "behind_hours": pl.Float64,
        "behind_days": pl.Int64,
        "state": pl.String,
    }
    return pl.DataFrame(found, schema=schema, orient="row").sort("source_id")


def _lag(
    source: dict[str, Any], moment: datetime, calendar: Calendar
) -> tuple[int, float | None, int | None, str]:
    until, agreed = source["data_until"], source["fresh_within_hours"]
    if until is None:
        return source["source_id"], None, None, "unknown"
    minutes = calendar.working_minutes(until, moment) if until < moment else 0
    hours = minutes / 60
    days = minutes * 60_000 // calendar.hours.day_ms
    if agreed is None:
        return source["source_id"], hours, days, "not_agreed"
    return source["source_id"], hours, days, "stale" if hours > agreed else "fresh"

"""The digest of Monday morning: one's own scope in a page of plain sentences.

Whom to call, what one's own unit was asked, what falls due, which alerts are open: the same
functions as the home screen's, for the week that is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors.alerts.store import Found
from connectors.database.session import Database
from connectors.settings import Settings
from metrics.core.vietnamese import number
from metrics.dossiers.attention import Line
from metrics.registers.tasks import DEEDS
from metrics.tasks.requests import Request, requests, weekly
from metrics.tasks.review import programmes_in_view
from reports.alerts.letters import PLACE, Letter, address, sentence
from reports.alerts.scenes import Whose
from reports.material import Material, Rights
from reports.opening import Wanted, asked
from reports.schedules import last_whole

_MOST = 10


def of_week(
    settings: Settings, database: Database, whose: Whose, found: Sequence[Found], now: datetime
) -> Letter:
    """What a digest says as of ``now`` (local).

    Args:
        found: the account's open alerts. Raises as reports.opening.asked.
    """
    own = whose.account.unit_id
    period = last_whole("week", now, None)
    wanted = Wanted(period, None if own is None else str(own), now=now)
    material = Material(asked(settings, wanted, whose.units, Rights(), database))
    parts = (
        _calls(material),
        _asked(material, own),
        _falling_due(material),
        _open(found),
    )
    said = [line for part in parts if part for line in (*part, "")]
    whose_ = material.asked.whose
    label = f"{period.label[0].lower()}{period.label[1:]}"
    lines = [
        f"{whose_}, {label}. {material.asked.source}",
        "",
        *(said or ["Không có việc cần chỉ đạo, không có cảnh báo.", ""]),
        f"Mở Điều hành tuần: {address(settings, '')}",
        f"Cảnh báo của tôi: {address(settings, PLACE)}",
    ]
    return Letter(f"việc tuần này, {whose_}", lines)


def _calls(material: Material) -> list[str]:
    found = material.calls
    lines = [f"• {call.name}: {call.short}" for call in found.calls]
    rest = [*([found.sources] if found.sources else []), *found.rest]
    lines += [f"• {_line(one)}" for one in rest]
    if not lines:
        return []
    return ["CẦN CHỈ ĐẠO", *_first(lines)]


def _line(one: Line) -> str:
    return f"{one.subject}: {one.text}" if one.subject else one.text


def _first(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_MOST]
    if (more := len(lines) - _MOST) > 0:
        yield f"… và {number(more)} việc khác."


def _asked(material: Material, own: int | None) -> list[str]:
    """What one's own unit was asked and has not answered; without what was written there."""
    if own is None:
        return []
    facts, ask = material.whole, material.register_ask
    programmes = weekly(programmes_in_view(facts, ask, material.asked.units))
    mine = [one for one in requests(facts, ask, programmes) if one.unit == own and one.is_open]
    return ["ĐƯỢC YÊU CẦU", *_first([f"• {_request(one)}" for one in mine])] if mine else []


def _request(one: Request) -> str:
    due = "" if one.due_on is None else f", hạn {one.due_on:%d/%m}"
    late = f", quá hạn {number(one.days_past)} ngày" if one.days_past else ""
    return f"{DEEDS[one.what]} ngày {one.asked_on:%d/%m}{due}{late}."


def _falling_due(material: Material) -> list[str]:
    soon, late = material.listed("due_soon").total, material.listed("pending_overdue").total
    if not soon and not late:
        return []
    within = number(material.ask.within)
    return [
        "HỒ SƠ",
        f"• Sắp đến hạn trong {within} ngày làm việc: {number(soon)}; "
        f"quá hạn đang tồn: {number(late)}.",
    ]


def _open(found: Sequence[Found]) -> list[str]:
    if not found:
        return []
    return ["CẢNH BÁO ĐANG CÓ", *_first([f"• {sentence(one)}" for one in found])]

"""Whether a letter can be one of a dossier, and how it stands in the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, select

from connectors.database.models import Apology, Pause
from connectors.intake.recorded import Line
from connectors.overrides import thresholds_in
from connectors.registers import RegisterRefused
from metrics.registers.columns import Problem

_APOLOGY: Final = cast(Table, Apology.__table__)
_PAUSE: Final = cast(Table, Pause.__table__)
LONGEST: Final = {"reason": 1000, "number": 64, "signer": 255, "why": 1000}
"""Most letters of each text."""
_END_OF_DAY: Final = time(17)


@dataclass(frozen=True)
class Letter:
    """A written apology. ``number``: of the first of several; the others count on from it."""

    issued_on: date
    reason: str
    number: str | None = None
    signer: str | None = None
    new_due_on: date | None = None


class Unfit(Exception):
    """Why nothing can be recorded of one dossier, in Vietnamese."""


def counted_on(first: str | None) -> Iterator[str | None]:
    """The numbers of letters from the first on: "15/TXL" is followed by "16/TXL".

    One that does not begin with a number stands on each.
    """
    found = re.match(r"\d{1,9}", first or "")
    number = int(found[0]) if found else None
    while True:
        yield first
        if first is not None and found is not None and number is not None:
            number += 1
            first = f"{number:0{len(found[0])}}{first[found.end() :]}"
            found = re.match(r"\d+", first)


def tidied(letter: Letter, today: date) -> Letter:
    """The letter without needless spaces. Raises RegisterRefused for what no dossier can have."""
    texts = {
        name: " ".join((getattr(letter, name) or "").split()) or None
        for name in ("reason", "number", "signer")
    }
    problems = [
        Problem(_LABELS[name], None, f"dài {len(text)} ký tự, tối đa {LONGEST[name]}.")
        for name, text in texts.items()
        if text is not None and len(text) > LONGEST[name]
    ]
    if texts["reason"] is None:
        problems.append(Problem("Lý do", None, "hãy ghi lý do chậm trả kết quả."))
    if letter.issued_on > today:
        problems.append(Problem("Ngày ban hành", None, "ở sau hôm nay; hãy ghi khi đã ban hành."))
    if letter.new_due_on is not None and letter.new_due_on < letter.issued_on:
        problems.append(Problem("Ngày hẹn trả mới", None, "phải từ ngày ban hành trở đi."))
    if problems:
        raise RegisterRefused.of(problems)
    return replace(letter, reason=texts["reason"] or "", number=texts["number"],
                   signer=texts["signer"])  # fmt: skip


_LABELS: Final = {"reason": "Lý do", "number": "Số văn bản", "signer": "Người ký"}


def reason_for(why: str) -> str:
    tidy = " ".join(why.split())
    if not tidy or len(tidy) > LONGEST["why"]:
        what = "hãy ghi lý do." if not tidy else f"dài {len(tidy)} ký tự; hãy rút ngắn."
        raise RegisterRefused.of([Problem("Lý do sửa, rút", None, what)])
    return tidy


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def check(
    connection: Connection,
    found: Line,
    letter: Letter,
    zone: ZoneInfo,
    but: Line | None = None,
) -> None:
    """Whether the letter can be one of this dossier. ``but``: the record that it replaces."""
    if found.received_at is not None and letter.issued_on < day_of(found.received_at, zone):
        raise Unfit("ngày ban hành ở trước ngày tiếp nhận.")
    query = select(_APOLOGY).where(_APOLOGY.c.dossier_id == found.id)
    issued = [
        row for row in connection.execute(query) if but is None or row.record_id != but.first_id
    ]
    if any(day_of(row.issued_at, zone) == letter.issued_on for row in issued):
        raise Unfit(f"đã có văn bản xin lỗi ngày {letter.issued_on:%d/%m/%Y}.")
    if letter.new_due_on is None:
        return
    due = found.due_at if but is None or but.new_due_at is None else but.source_due_at
    if due is None:
        raise Unfit("chưa có hẹn trả nên chưa hẹn lại được.")
    if found.ended_at is not None and day_of(found.ended_at, zone) < letter.issued_on:
        raise Unfit("đã kết thúc trước ngày ban hành nên không hẹn lại.")
    if letter.new_due_on <= day_of(due, zone):
        raise Unfit(f"ngày hẹn trả mới phải sau hẹn trả hiện hành, {day_of(due, zone):%d/%m/%Y}.")
    try:
        most = thresholds_in(connection).on("reappointments_allowed", letter.issued_on)
    except KeyError as error:
        raise Unfit(str(error.args[0])) from error
    given = sum(row.new_due_at is not None for row in issued)
    if given == 0 and (but is None or but.new_due_at is None):
        given = _is_re_dated(connection, found)
    if given >= most.value:
        times = f"{given} lần" if given > 1 else "một lần"
        raise Unfit(f"đã hẹn lại {times}; chỉ được {most.value:.0f} lần ({most.document}).")


def _is_re_dated(connection: Connection, found: Line) -> bool:
    """Whether the source has moved the due date, and for no supplement."""
    due, original = found.due_at, found.due_original_at
    if due is None or original is None or due <= original:
        return False
    paused = select(_PAUSE.c.id).where(_PAUSE.c.dossier_id == found.id).limit(1)
    return connection.execute(paused).first() is None


def columns_of(found: Line, letter: Letter, zone: ZoneInfo) -> dict[str, Any]:
    """The letter in the table's columns: it counts from the beginning of its day of issue."""
    issued = datetime.combine(letter.issued_on, time(), zone)
    if found.received_at is not None:
        issued = max(issued, found.received_at)
    due = None
    if letter.new_due_on is not None:
        hour = _END_OF_DAY if found.due_at is None else found.due_at.astimezone(zone).time()
        due = datetime.combine(letter.new_due_on, hour if hour != time() else _END_OF_DAY, zone)
    return {
        "issued_at": issued,
        "number": letter.number,
        "reason": letter.reason,
        "signer": letter.signer,
        "new_due_at": due,
    }

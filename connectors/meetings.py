"""Review meetings: how their slides are arranged, what they decided and what became of it.

A meeting is of a unit (None: all units) and a period. Whoever writes needs that unit within the
scope; each change is audited in its own transaction. Nothing of it is a figure: it is read from
the database and not from the snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Unpack, cast

from sqlalchemy import Connection, Engine, Row, Table, delete, insert, select, update

from connectors import audit
from connectors.database.meetings import DecisionRow, MeetingRow, MeetingSlideRow
from connectors.database.session import read_transaction, write_transaction
from connectors.engine import Scope
from connectors.refused import RegisterRefused
from connectors.said import Said
from connectors.settings import Settings
from metrics.registers.columns import Problem

_MEETING: Final = cast(Table, MeetingRow.__table__)
_SLIDE: Final = cast(Table, MeetingSlideRow.__table__)
_DECISION: Final = cast(Table, DecisionRow.__table__)

OUTCOMES: Final = ("", "going", "done", "not_done")
"""What can have become of a decision; "": nobody has said."""
OVER: Final = frozenset({"done", "not_done"})
"""Outcomes after which later meetings are not reminded."""

MOST_WORDS: Final = 600
"""Characters of a presenter's own words on a slide: more cannot be read from afar."""
MOST_TEXT: Final = 500
_MOST_NAME: Final = 255


@dataclass(frozen=True)
class Of:
    """Which meeting: whose (None: of all units) and of which period (token and first day)."""

    unit_id: int | None
    period: str
    first_on: date


@dataclass(frozen=True)
class Slide:
    """A slide as it was prepared."""

    slide: str
    is_hidden: bool = False
    words: str = ""


@dataclass(frozen=True)
class Decision:
    """What a meeting asked, and what became of it. ``outcome``: of :data:`OUTCOMES`."""

    id: int
    slide: str | None
    text: str
    unit_id: int | None
    due_on: date | None
    outcome: str = ""
    outcome_note: str = ""


@dataclass(frozen=True)
class Meeting:
    """A meeting as it is kept: slides in their order, decisions in theirs."""

    held_on: date | None = None
    slides: tuple[Slide, ...] = ()
    decisions: tuple[Decision, ...] = ()


# -- reading ------------------------------------------------------------------------------


def meeting(database: Engine, of: Of, scope: Scope) -> Meeting | None:
    """What is kept of a meeting; None: nothing, or it is outside the scope."""
    if not _is_within(of.unit_id, scope):
        return None
    with read_transaction(database) as connection:
        found = connection.execute(_one(of)).one_or_none()
        if found is None:
            return None
        slides = connection.execute(
            select(_SLIDE).where(_SLIDE.c.meeting_id == found.id).order_by(_SLIDE.c.place)
        )
        return Meeting(
            found.held_on,
            tuple(Slide(row.slide, row.is_hidden, row.words) for row in slides),
            _decisions(connection, [found.id]),
        )


def earlier(database: Engine, of: Of, scope: Scope) -> tuple[Decision, ...] | None:
    """What earlier meetings of the same unit asked that this one has to hear of.

    Everything of the last meeting, and of those before it what is not over yet; the last
    meeting's first. None: no earlier meeting is known.
    """
    if not _is_within(of.unit_id, scope):
        return None
    with read_transaction(database) as connection:
        before = select(_MEETING.c.id).where(_whose(of), _MEETING.c.first_on < of.first_on)
        ids = list(connection.execute(before.order_by(_MEETING.c.first_on.desc())).scalars())
        if not ids:
            return None
        older = _decisions(connection, ids[1:]) if ids[1:] else ()
        open_ = tuple(each for each in older if each.outcome not in OVER)
        return _decisions(connection, ids[:1]) + open_


def _decisions(connection: Connection, meetings: Sequence[int]) -> tuple[Decision, ...]:
    rows = connection.execute(
        select(_DECISION)
        .where(_DECISION.c.meeting_id.in_(meetings), _DECISION.c.struck_at.is_(None))
        .order_by(_DECISION.c.id)
    )
    return tuple(
        Decision(
            row.id, row.slide, row.text, row.unit_id, row.due_on,
            row.outcome or "", row.outcome_note or "",
        )
        for row in rows
    )  # fmt: skip


def _whose(of: Of) -> Any:
    unit = _MEETING.c.unit_id
    return unit.is_(None) if of.unit_id is None else unit == of.unit_id


def _one(of: Of) -> Any:
    # Two units that became one may have held one each: the first one is kept.
    found = select(_MEETING).where(_whose(of), _MEETING.c.period == of.period)
    return found.order_by(_MEETING.c.id).limit(1)


# -- writing ------------------------------------------------------------------------------


def prepare(
    database: Engine,
    settings: Settings,
    of: Of,
    slides: Sequence[Slide],
    held_on: date | None = None,
    **said: Unpack[Said],
) -> None:
    """Keep how a meeting's slides are arranged: order, choice, own words.

    Raises RegisterRefused (Vietnamese; nothing is written): outside the scope, words too long.
    """
    for each in slides:
        if len(each.words) > MOST_WORDS:
            much = f"dài {len(each.words)} ký tự, tối đa {MOST_WORDS}; hãy rút ngắn."
            raise _refused("Lời của người trình bày", None, much)
    with write_transaction(database) as connection:
        found = _kept(connection, of, said)
        connection.execute(
            update(_MEETING)
            .where(_MEETING.c.id == found)
            .values(held_on=held_on, at=_utc(said), by=said["by"][:_MOST_NAME])
        )
        connection.execute(delete(_SLIDE).where(_SLIDE.c.meeting_id == found))
        rows = [
            {
                "meeting_id": found,
                "slide": each.slide,
                "place": place,
                "is_hidden": each.is_hidden,
                "words": each.words.strip(),
            }
            for place, each in enumerate(slides)
        ]
        if rows:
            connection.execute(insert(_SLIDE), rows)
        hidden = sum(each.is_hidden for each in slides)
        detail = {"slides": len(rows), "hidden": hidden}
        _note(connection, settings, "meeting_prepared", of, detail, said)


def decide(
    database: Engine,
    settings: Settings,
    of: Of,
    text: str,
    unit_id: int | None = None,
    due_on: date | None = None,
    slide: str | None = None,
    **said: Unpack[Said],
) -> int:
    """Note what the meeting decides; the decision's id.

    Raises RegisterRefused (Vietnamese; nothing is written): no text, too long, a unit or meeting
    outside the scope.
    """
    text = text.strip()
    if not 0 < len(text) <= MOST_TEXT:
        raise _refused("Việc giao", text[:60], f"cần từ 1 đến {MOST_TEXT} ký tự; hãy ghi lại.")
    if unit_id is not None:
        _check_scope("Đơn vị được giao", unit_id, said)
    with write_transaction(database) as connection:
        found = _kept(connection, of, said)
        values = {
            "meeting_id": found,
            "slide": slide,
            "text": text,
            "unit_id": unit_id,
            "due_on": due_on,
            "at": _utc(said),
            "by": said["by"][:_MOST_NAME],
        }
        added: int = connection.execute(
            insert(_DECISION).values(values).returning(_DECISION.c.id)
        ).scalar_one()
        _note(connection, settings, "decision_noted", of, {"decision": added}, said, unit_id)
    return added


def tell(
    database: Engine,
    settings: Settings,
    decision: int,
    outcome: str,
    note: str = "",
    **said: Unpack[Said],
) -> None:
    """Say what became of a decision. Raises RegisterRefused (Vietnamese; nothing is written)."""
    if outcome not in OUTCOMES:
        raise _refused("Kết quả", outcome, f"chỉ nhận: {', '.join(OUTCOMES[1:])}.")
    note = note.strip()
    if len(note) > MOST_TEXT:
        raise _refused("Kết quả", None, f"dài {len(note)} ký tự, tối đa {MOST_TEXT}.")
    values = {
        "outcome": outcome or None,
        "outcome_note": note or None,
        "told_at": _utc(said),
        "told_by": said["by"][:_MOST_NAME],
    }
    _change(database, settings, decision, "decision_told", values, {"outcome": outcome}, said)


def strike(database: Engine, settings: Settings, decision: int, **said: Unpack[Said]) -> None:
    """Take out a decision that was noted by mistake; it is kept, and shown nowhere."""
    values = {"struck_at": _utc(said), "struck_by": said["by"][:_MOST_NAME]}
    _change(database, settings, decision, "decision_struck", values, {}, said)


def _change(
    database: Engine,
    settings: Settings,
    decision: int,
    action: str,
    values: Mapping[str, Any],
    detail: Mapping[str, Any],
    said: Said,
) -> None:
    with write_transaction(database) as connection:
        row = connection.execute(
            select(_DECISION.c.unit_id, _MEETING)
            .join(_MEETING, _MEETING.c.id == _DECISION.c.meeting_id)
            .where(_DECISION.c.id == decision, _DECISION.c.struck_at.is_(None))
        ).one_or_none()
        if row is None:
            raise _refused("Việc giao", None, "không còn trong danh sách; hãy tải lại trang.")
        of = _of(row)
        _check_scope("Cuộc họp", of.unit_id, said)
        connection.execute(update(_DECISION).where(_DECISION.c.id == decision).values(values))
        told = {"decision": decision, **detail}
        _note(connection, settings, action, of, told, said, row[0])


def _of(row: Row[Any]) -> Of:
    found = row._mapping
    return Of(found[_MEETING.c.unit_id], found[_MEETING.c.period], found[_MEETING.c.first_on])


def _kept(connection: Connection, of: Of, said: Said) -> int:
    """The meeting's id, made where it is not kept yet."""
    _check_scope("Cuộc họp", of.unit_id, said)
    found = connection.execute(_one(of)).one_or_none()
    if found is not None:
        return int(found.id)
    values = {
        "unit_id": of.unit_id,
        "period": of.period,
        "first_on": of.first_on,
        "at": _utc(said),
        "by": said["by"][:_MOST_NAME],
    }
    made = insert(_MEETING).values(values).returning(_MEETING.c.id)
    return int(connection.execute(made).scalar_one())


def _is_within(unit: int | None, scope: Scope) -> bool:
    """A meeting of all units is in nobody's scope but of those who see all."""
    return scope.units is None or unit in scope.units


def _check_scope(column: str, unit: int | None, said: Said) -> None:
    if not _is_within(unit, said["scope"]):
        raise _refused(column, None, "ngoài phạm vi của tài khoản.")


def _refused(column: str, value: str | None, why: str) -> RegisterRefused:
    return RegisterRefused.of([Problem(column, value, why)])


def _utc(said: Said) -> datetime:
    return said["at"].astimezone(UTC)


def _note(
    connection: Connection,
    settings: Settings,
    action: str,
    of: Of,
    detail: Mapping[str, Any],
    said: Said,
    unit: int | None = None,
) -> None:
    audit.append(
        connection,
        action,
        actor=said["actor"],
        subject=f"Cuộc họp {of.period}",
        unit_id=of.unit_id if unit is None else unit,
        detail={"period": of.period, **detail},
        keys=settings.audit_keys,
    )

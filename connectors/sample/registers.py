"""The sample's tasks, inspections, targets, reported values: registers.toml, beside this.

Beside them the published examples are loaded, so that every screen has something to show. All of
it is written by :data:`BY`, and that is how it is known when it has to go.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from connectors.database.models import Unit
from connectors.registers.examples import load_examples_within
from connectors.registers.store import BY_SAMPLE as BY
from connectors.registers.writer import Writer
from connectors.settings import Settings
from metrics.registers import REGISTERS

_FILE: Final = Path(__file__).with_name("registers.toml")
_SOURCE: Final = "Dữ liệu minh họa"
_AT: Final = time(16, 30)
_TWO_WEEKS: Final = timedelta(days=14)
_STATES: Final = {"planned": (False, False), "launched": (True, False), "done": (True, True)}
"""What an update says: launched, completed."""

_LED: Final = ("commune", "department")
"""Kinds of units whose heads are made up, too."""

Values = dict[str, Any]


def load_registers(connection: Connection, settings: Settings, end: date) -> None:
    """Write the examples and the sample's own rows, as they stood on the sample's last day.

    ``end``: the last day of the sample's dossiers. The same ``end`` gives the same rows.
    """
    now = datetime.combine(end, time(23, 59), settings.zone).astimezone(UTC)
    load_examples_within(connection, settings, by=BY, now=now)
    for register, rows in made(connection, end, settings.zone).items():
        writer = Writer(connection, REGISTERS[register], settings.zone, BY, now)
        for values in rows:
            writer.put(writer.typed(values))
        writer.finish()
    for values in events(connection, end, settings.zone):
        # Entered on its own day: what was known before it does not know it.
        day = datetime.combine(values["from_on"], _AT, settings.zone).astimezone(UTC)
        writer = Writer(connection, REGISTERS["event"], settings.zone, BY, min(day, now))
        writer.put(writer.typed(values))
        writer.finish()


def events(connection: Connection, end: date, zone: ZoneInfo) -> list[Values]:
    """The sample's own events."""
    return list(_Rows(_Units(connection, end), end, zone).events())


def made(connection: Connection, end: date, zone: ZoneInfo) -> dict[str, list[Values]]:
    """The sample's own rows by register, parents before children, columns as declared."""
    return _Rows(_Units(connection, end), end, zone).all()


class _Units:
    """Units by the name that they have on the last day; another of its kind where there is none."""

    def __init__(self, connection: Connection, day: date) -> None:
        query = select(Unit.id, Unit.name, Unit.kind, Unit.scheme, Unit.code).where(
            Unit.valid_from.is_(None) | (Unit.valid_from <= day),
            Unit.valid_to.is_(None) | (Unit.valid_to >= day),
        )
        # Of Hà Nội only: the examples bring units of other places.
        rows = [row for row in connection.execute(query.order_by(Unit.id)) if row.scheme != "vi-du"]
        self._by_name = {row.name: int(row.id) for row in reversed(rows)}
        self._communes = [int(row.id) for row in rows if row.kind == "commune"]
        self.led = [(int(row.id), row.kind) for row in rows if row.kind in _LED]
        self.city = next(int(row.id) for row in rows if (row.scheme, row.code) == ("gso", "01"))
        self._stands_in: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        if name in self._by_name:
            return self._by_name[name]
        if not name.startswith(("Phường ", "Xã ")) or not self._communes:
            return self.city
        taken = self._stands_in.setdefault(name, len(self._stands_in))
        return self._communes[taken % len(self._communes)]


class _Rows:
    def __init__(self, units: _Units, end: date, zone: ZoneInfo) -> None:
        self._units, self._end, self._zone = units, end, zone
        self._given = _given()
        # Early in a year the plan of the year before still runs.
        year = (end - timedelta(days=60)).year
        self._year = year
        self._from = date(year, 1, 1)
        self._to = date(year, 12, 31) if end.year == year else date(end.year, 3, 31)

    def all(self) -> dict[str, list[Values]]:
        return {
            "programme": list(self._programmes()),
            "task": [values for values, _ in self._tasks()],
            "task_update": list(self._updates()),
            "reminder": list(self._reminders()),
            "inspection": list(self._inspections()),
            "finding": list(self._findings()),
            "finding_check": list(self._checks()),
            "target": list(self._targets()),
            "commitment": list(self._commitments()),
            "indicator_value": list(self._values()),
            "survey": list(self._surveys()),
            "unit_head": list(self._heads()),
            "feedback": list(self._feedback()),
        }

    def _day(self, offset: int, first: date = date.min, last: date = date.max) -> date:
        return min(max(self._end + timedelta(days=offset), first), last)

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, _AT, self._zone).astimezone(UTC)

    # Tasks

    def _programmes(self) -> Iterator[Values]:
        spans = {
            "plan": (self._from, self._to),
            "meeting": (self._end - timedelta(days=120), None),
        }
        for key, given in self._given["programme"].items():
            first, last = spans[key]
            yield given | {
                "name": given["name"].format(year=self._year),
                "unit_id": self._units.city,
                "issued_on": first,
                "period_from": first,
                "period_to": last,
                "source": _SOURCE,
            }

    def _tasks(self) -> Iterator[tuple[Values, Mapping[str, Any]]]:
        numbers: dict[str, int] = {}
        for given in self._given["task"]:
            key = given["programme"]
            numbers[key] = numbers.get(key, 0) + 1
            last = self._to if key == "plan" else date.max
            assigned = (
                self._day(given["assigned"]) if "assigned" in given else self._from + _TWO_WEEKS
            )
            due = None if given.get("standing") else self._day(given["due"], assigned, last)
            yield (
                {
                    "programme": self._given["programme"][key]["code"],
                    "code": str(numbers[key]),
                    "name": given["name"],
                    "unit_id": self._units[given["unit"]],
                    # A post, not a person.
                    "person": f"Người đứng đầu {given['unit']}",
                    "area": given["area"],
                    "assigned_on": assigned,
                    "due_on": due,
                    "is_standing": bool(given.get("standing")),
                    "product": given.get("product", "Báo cáo kết quả"),
                    "responsibility": "Chủ trì thực hiện, báo cáo hằng tuần",
                    "authority": "Chủ tịch UBND Thành phố",
                    "source": _SOURCE,
                },
                given,
            )

    def _updates(self) -> Iterator[Values]:
        for task, given in self._tasks():
            for offset, state, note in given.get("updates", ()):
                day = self._day(offset, task["assigned_on"] + timedelta(days=1))
                if day > self._end:
                    continue
                launched, completed = _STATES[state]
                yield {
                    "programme": task["programme"],
                    "task": task["code"],
                    "at": self._moment(day + timedelta(days=offset == 0)),
                    "is_launched": launched,
                    "is_completed": completed,
                    "completed_on": day if completed else None,
                    "note": note,
                    "by": _SOURCE,
                }

    def _reminders(self) -> Iterator[Values]:
        for task, given in self._tasks():
            for offset in given.get("reminders", ()):
                yield {
                    "programme": task["programme"],
                    "task": task["code"],
                    "at": self._moment(self._day(offset)),
                    "document": "Văn bản đôn đốc (minh họa)",
                    "by": _SOURCE,
                }

    # Inspections

    def _inspections(self) -> Iterator[Values]:
        for given in self._given["inspection"]:
            day = self._day(given["day"])
            concluded = given.get("conclusion")
            yield {
                "code": given["code"],
                "campaign": "Kiểm tra cải cách hành chính (minh họa)",
                "kind": given["kind"],
                "is_digital": bool(given.get("digital")),
                "unit_id": self._units[given["unit"]],
                "from_on": day,
                "to_on": day,
                "date_precision": "day",
                "topics": given["topics"],
                "team": "Đoàn kiểm tra cải cách hành chính của Thành phố",
                "basis": "Kế hoạch kiểm tra năm (minh họa)",
                "conclusion_no": concluded,
                "concluded_on": day + timedelta(days=7) if concluded else None,
                "parent": given.get("after"),
                "source": _SOURCE,
            }

    def _numbered(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for place, given in enumerate(self._given["finding"], start=1):
            yield f"MH-TT-{place:02d}", given

    def _findings(self) -> Iterator[Values]:
        plain = ("inspection", "kind", "description", "responsible", "recommendation", "repeats")
        for code, given in self._numbered():
            yield {name: given.get(name) for name in plain} | {
                "code": code,
                "fix_by": self._day(given["fix_by"]),
                "reported_on": self._day(given["reported"]) if "reported" in given else None,
                "source": _SOURCE,
            }

    def _checks(self) -> Iterator[Values]:
        visits = {given["day"]: given for given in self._given["inspection"] if "after" in given}
        for code, given in self._numbered():
            for offset, fixed, note in given.get("checks", ()):
                visit = visits.get(offset)
                own = visit is not None and visit["after"] == given["inspection"]
                yield {
                    "finding": code,
                    "inspection": visit["code"] if visit is not None and own else None,
                    "checked_on": self._day(offset),
                    "is_fixed": fixed,
                    "note": note,
                    "by": _SOURCE,
                }

    # Targets

    def _targets(self) -> Iterator[Values]:
        plain = ("code", "name", "metric_kind", "metric", "definition", "operator", "low", "high")
        for given in self._given["target"]:
            yield {name: given.get(name) for name in plain} | {
                "programme": self._given["programme"]["plan"]["code"],
                "unit_id": self._units.city,
                "period_from": self._from,
                "period_to": self._to,
                "source": _SOURCE,
            }

    def _commitments(self) -> Iterator[Values]:
        for given in self._given["target"]:
            for name in given.get("signed", ()):
                yield {
                    "programme": self._given["programme"]["plan"]["code"],
                    "target": given["code"],
                    "unit_id": self._units[name],
                    "position": "Người đứng đầu",
                    "signed_on": self._from + _TWO_WEEKS,
                    "source": _SOURCE,
                }

    # What units report themselves

    def _values(self) -> Iterator[Values]:
        for given in self._given["value"]:
            whole = {
                name: given.get(name) for name in ("value", "numerator", "denominator", "text")
            }
            common = {
                "indicator": given["indicator"],
                "unit_id": self._units[given["unit"]],
                "source": _SOURCE,
                **self._when(given),
            }
            yield common | whole
            for part, value in given.get("parts", {}).items():
                yield common | {"part": part, "value": value}

    def _when(self, given: Mapping[str, Any]) -> Values:
        """The days that a reported value speaks of."""
        if "year" in given:
            year = given["year"] if given["year"] > 0 else self._end.year + given["year"]
            days = {"period_from": date(year, 1, 1), "period_to": date(year, 12, 31)}
            return days | {"date_precision": "year"}
        if "since" in given:
            last = self._day(given["since"], self._from)
            return {"period_from": self._from, "period_to": last, "as_of": last}
        return {"as_of": self._day(given["day"])}

    def _surveys(self) -> Iterator[Values]:
        plain = ("code", "name", "channel", "responses", "satisfied")
        for given in self._given["survey"]:
            yield {name: given[name] for name in plain} | {
                "unit_id": self._units[given["unit"]],
                "as_of": self._day(given["day"]),
                "source": _SOURCE,
            }

    # What citizens say

    def _feedback(self) -> Iterator[Values]:
        """One a day and place of the list: as many as the sample's days before its last."""
        given = self._given["feedback"]
        for place, back in enumerate(range(given["days"], 0, -1)):
            told = {name: values[place % len(values)] for name, values in given["told"].items()}
            kind, subject = given["subjects"][place % len(given["subjects"])]
            received = self._at(-back, told["hour"])
            ended = self._ended(told["ended"], back)
            outcome = told["outcome"] if ended is not None else None
            yield {
                "code": f"MH-PA-{place + 1:03d}",
                "unit_id": self._units[told["unit"]],
                "subject": subject,
                "kind": kind,
                "channel": told["channel"],
                "is_urgent": told["urgent"],
                "received_at": received,
                "accepted_at": self._taken(received, told["taken"], ended),
                "due_at": received + timedelta(days=told["due"]) if told["due"] else None,
                "ended_at": ended,
                "outcome": outcome,
                "is_published": outcome == "answered" if outcome else None,
                "is_again": told["rating"] == "unsatisfied" if outcome else None,
                "rating": (told["rating"] or None) if outcome == "answered" else None,
                "source": _SOURCE,
            }

    def _taken(self, received: datetime, hours: int, ended: datetime | None) -> datetime | None:
        """When the unit took it on; None: not by the sample's last day."""
        taken = received + timedelta(hours=abs(hours))
        waits = (hours < 0 and ended is None) or taken.date() > self._end
        return None if waits else taken

    def _at(self, offset: int, hour: int) -> datetime:
        """An hour of a day; of a day off, on the Monday after."""
        day = self._day(offset)
        day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
        return datetime.combine(min(day, self._end), time(hour), self._zone).astimezone(UTC)

    def _ended(self, after: int, back: int) -> datetime | None:
        """When it ended, so many days after it came in; None: not by the sample's last day."""
        if after == 0 or after >= back:
            return None
        return max(self._at(after - back, 15), self._at(-back, 16))

    # Who leads units

    def _heads(self) -> Iterator[Values]:
        given = self._given["head"]
        for place, (unit, kind) in enumerate(self._units.led):
            parts = (given[part] for part in ("surnames", "middles", "names"))
            steps = (place, place // 3, place * 5)  # so that neighbours do not share a name
            yield {
                "unit_id": unit,
                "since": self._from,
                "name": " ".join(
                    some[at % len(some)] for some, at in zip(parts, steps, strict=True)
                ),
                "title": given["titles"][kind],
                "phone": f"024.0000.{place:04d}",
                "source": _SOURCE,
            }

    # What happened beside them

    def events(self) -> Iterator[Values]:
        for given in self._given["event"]:
            first, last = (self._day(day) for day in (given["from"], given.get("to", 0)))
            yield {name: given.get(name) for name in ("name", "kind", "note")} | {
                "unit_id": self._units[given["unit"]] if "unit" in given else None,
                "from_on": first,
                "to_on": last if "to" in given else None,
                "is_rebase": bool(given.get("rebase")),
                "source": _SOURCE,
            }


@cache
def _given() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))

"""The register of events: whose they are, who may write them, since when they are known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from connectors.database.models import Unit
from connectors.engine import Scope, open_facts
from connectors.registers import RegisterRefused, add, amend, row, standing, withdraw
from connectors.settings import Settings
from connectors.snapshot import rebuild, refresh_registers
from metrics.dossiers.events import known

EVERYTHING = Scope(None)
ENTERED = datetime(2026, 6, 1, 20, tzinfo=UTC)
"""The 2nd of June, here."""
LONG_AFTER = datetime(2030, 1, 1)


class Office:
    """A city, two wards in it, an event of each and one of everybody."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.settings = engine, settings
        with Session(engine) as session:
            city = Unit(scheme="gso", code="01", name="Thành phố", kind="province")
            session.add(city)
            session.flush()
            wards = [
                Unit(scheme="gso", code=f"0{n}", name=name, kind="commune", parent_id=city.id)
                for n, name in enumerate(("Phường Ta", "Phường Bạn"), start=2)
            ]
            session.add_all(wards)
            session.commit()
            self.city, (self.ours, self.theirs) = city.id, [ward.id for ward in wards]
        rebuild(engine, settings)
        self.scope = Scope(frozenset({self.ours}))
        self.events = {
            unit: self.add(f"Của {unit}", unit)
            for unit in (None, self.city, self.ours, self.theirs)
        }

    def add(self, name: str, unit: int | None, **more: Any) -> int:
        values = {
            "name": name, "kind": "software", "from_on": date(2026, 5, 4), "source": "CV",
            "unit": unit, "is_rebase": True,
        }  # fmt: skip
        how: Any = {"by": "Lan", "at": ENTERED} | more
        return add(self.engine, self.settings, "event", values, **how)

    def seen(self, scope: Scope, at: datetime = LONG_AFTER) -> set[int]:
        held = open_facts(self.settings, scope).registers.at(at)["event"]
        return set(held.collect(backend="polars").to_native()["event_id"])


@pytest.fixture
def office(database: Engine, settings: Settings) -> Office:
    return Office(database, settings)


def test_a_unit_sees_its_own_events_and_those_from_above(office: Office) -> None:
    every = office.events
    assert office.seen(EVERYTHING) == set(every.values())
    assert office.seen(office.scope) == {every[None], every[office.city], every[office.ours]}
    city = Scope(frozenset({office.city, office.ours, office.theirs}))
    assert office.seen(city) == set(every.values())
    assert office.seen(Scope(frozenset())) == set()


def test_a_unit_reads_what_is_above_and_writes_its_own_alone(office: Office) -> None:
    how: dict[str, Any] = {"by": "Lan", "at": ENTERED, "scope": office.scope}

    def read(number: int) -> bool:
        zone = office.settings.zone
        return row(office.engine, "event", number, zone, scope=office.scope) is not None

    assert [read(number) for number in office.events.values()] == [True, True, True, False]
    mine = standing(office.engine, "event", office.settings.zone, scope=office.scope)
    assert [number for number, _ in mine] == [office.events[office.ours]]
    for unit, number in office.events.items():
        change = {"note": "sửa"}
        if unit == office.ours:
            amend(office.engine, office.settings, "event", change, key=number, **how)
            continue
        with pytest.raises(RegisterRefused):
            amend(office.engine, office.settings, "event", change, key=number, **how)
        with pytest.raises(RegisterRefused):
            office.add("Việc mới", unit, scope=office.scope)
    office.add("Việc mới", office.ours, scope=office.scope)


def test_the_same_event_again_is_the_same_row_also_without_a_unit(office: Office) -> None:
    with pytest.raises(RegisterRefused, match="đã có"):
        office.add("Của None", None)


def test_an_event_is_known_from_its_entry_on(office: Office) -> None:
    """By the local day on which it was entered; mending it afterwards changes nothing of that."""
    at = datetime(2026, 8, 1, 9, tzinfo=UTC)
    number = office.events[office.ours]
    how: dict[str, Any] = {"by": "Lan", "at": at}
    amend(office.engine, office.settings, "event", {"note": "sửa"}, key=number, **how)
    rows = open_facts(office.settings, EVERYTHING).registers.standing()["event"]
    frame = rows.collect(backend="polars").to_native()
    assert set(frame["known_on"]) == {date(2026, 6, 2)}
    assert known(frame, date(2026, 12, 1), date(2026, 6, 1)).is_empty()
    assert known(frame, date(2026, 12, 1), date(2026, 6, 2)).height == 4
    assert known(frame, date(2026, 5, 3)).is_empty()


def test_a_withdrawn_event_counts_until_then(office: Office) -> None:
    number, at = office.events[None], datetime(2026, 7, 1, 2, tzinfo=UTC)
    how: dict[str, Any] = {"by": "Lan", "at": at}
    withdraw(office.engine, office.settings, "event", number, "nhầm", **how)
    refresh_registers(office.engine, office.settings)
    assert number in office.seen(office.scope, datetime(2026, 6, 30))
    assert number not in office.seen(office.scope)

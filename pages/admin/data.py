"""What the screen of administration reads: accounts, and how far the reader reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from connectors import access
from connectors.access import AccountRecord
from metrics.core.vietnamese import UNKNOWN, moment
from ui.shell import data, identity
from ui.shell.answers import asked
from ui.shell.context import Frame


@dataclass(frozen=True)
class Listed:
    """An account with what the list says of it beside its own words."""

    record: AccountRecord
    unit: str
    unit_ended: bool
    last_in: datetime | None
    live: int

    @property
    def state(self) -> str:
        if self.record.is_locked:
            return "locked"
        return "one_time" if self.record.must_change else "open"


def listed(frame: Frame) -> list[Listed] | None:
    """All accounts that the reader may manage; None: the database does not answer."""
    database, now = data.database(), datetime.now(UTC)
    found = asked(
        lambda: (
            access.all_accounts(database),
            access.last_sign_ins(database),
            access.live_sessions(database, now),
        )
    )
    if found is None:
        return None
    records, last, live = found
    today = datetime.now(data.settings().zone).date()
    units = frame.facts.units.select("unit_id", "valid_to")
    ended = {unit for unit, until in units.iter_rows() if until is not None and until < today}
    return [
        Listed(
            record,
            _unit_word(frame, record.unit_id),
            record.unit_id in ended,
            last.get(record.id),
            sum(one.account_id == record.id for one in live),
        )
        for record in records
        if reaches(record.unit_id)
    ]


def _unit_word(frame: Frame, unit_id: int | None) -> str:
    if unit_id is None:
        return "mọi đơn vị"
    return frame.unit_names.get(unit_id, "đơn vị không còn trong danh mục")


def reaches(unit_id: int | None) -> bool:
    """Whether an account of this unit is the reader's to manage: within the reader's own scope."""
    units = identity.scope().units
    return units is None or (unit_id is not None and unit_id in units)


def here(at: datetime) -> datetime:
    """A UTC moment as the clock of the installation shows it."""
    return at.astimezone(data.settings().zone).replace(tzinfo=None)


def local(at: datetime | None) -> str:
    """A UTC moment in the installation's zone, in words; "–" for none."""
    return UNKNOWN if at is None else moment(here(at))

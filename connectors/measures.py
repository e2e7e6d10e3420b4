"""What a monitoring system asks of an installation: numbers of it as a whole, nobody's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from connectors import audit
from connectors.access import live_sessions
from connectors.database.maintenance import state
from connectors.database.models import ImportBatch
from connectors.database.session import read_transaction
from connectors.engine import Scope
from connectors.settings import Settings
from connectors.snapshot import read_manifest

_MOST_SOURCES = 50
"""A series each: what a monitoring system keeps for long has to be bounded."""


@dataclass(frozen=True)
class Measures:
    """Numbers at one moment. ``snapshot_age`` in seconds, None: there is no snapshot.

    ``imports``: number of a source → when it was taken in last (UTC).
    """

    sessions: int
    refused_sign_ins: int
    is_maintained: bool
    batches_behind: int
    snapshot_age: float | None
    imports: dict[int, datetime] = field(default_factory=dict)


def snapshot_age(settings: Settings, now: datetime) -> float | None:
    """Seconds since the snapshot was made; None: there is none. Asks no database."""
    try:
        made = (settings.snapshot_dir / "manifest.json").stat().st_mtime
    except OSError:
        return None
    return max(now.timestamp() - made, 0.0)


def measures(database: Engine, settings: Settings, now: datetime) -> Measures:
    """The numbers at ``now``. Raises SQLAlchemyError where the database does not answer."""
    manifest = read_manifest(settings.snapshot_dir)
    refused = audit.Wanted(actions=("sign_in_refused",), since=now - timedelta(days=1))
    last = func.max(ImportBatch.finished_at)
    query = select(ImportBatch.source_id, last).group_by(ImportBatch.source_id)
    with read_transaction(database) as connection:
        maintained = state(connection) is not None
        newest = connection.scalar(select(func.max(ImportBatch.id))) or 0
        rows = connection.execute(query.order_by(ImportBatch.source_id).limit(_MOST_SOURCES)).all()
    return Measures(
        sessions=len(live_sessions(database, now)),
        refused_sign_ins=sum(audit.tally(database, settings.zone, Scope(None), refused).values()),
        is_maintained=maintained,
        batches_behind=max(newest - manifest.last_batch_id, 0) if manifest else newest,
        snapshot_age=snapshot_age(settings, now),
        imports={source: at.astimezone(UTC) for source, at in rows},
    )

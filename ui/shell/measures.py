"""``/metrics`` for Prometheus: there only for whoever brings METRICS_TOKEN; else no such page.

Few series, and none with a label that anybody outside may choose.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import anyio
import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST, Counter, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.responses import Response

from connectors.measures import Measures, measures, snapshot_age
from ui.shell import installation
from ui.shell.limits import limits

PATH: Final = "/metrics"
_CODES: Final = frozenset({200, 303, 304, 401, 403, 404, 405, 413, 421, 429, 500, 503})
_threads: Final = anyio.CapacityLimiter(1)

_process: Final = CollectorRegistry()
ProcessCollector(registry=_process)
_requests: Final = Counter(
    "dung_han_requests", "Answers by their code; 403 to 503 are refusals.", ["code"],
    registry=_process,
)  # fmt: skip


def count(code: int) -> None:
    """Take note of an answer."""
    _requests.labels(str(code) if code in _CODES else f"{code // 100}xx").inc()


def may_ask(headers: Headers) -> bool:
    """Whether a request brings the token; False where none is set."""
    token = installation.settings().metrics_token
    if token is None:
        return False
    wanted = f"Bearer {token.get_secret_value()}".encode()
    return hmac.compare_digest(headers.get("authorization", "").encode(), wanted)


def may_come_first(head: bytes) -> bool:
    """Whether the head of a request, as it came, may have the token: a watchman never waits."""
    token = installation.settings().metrics_token
    return token is not None and f"Bearer {token.get_secret_value()}".encode() in head


async def answer() -> Response:
    """The numbers, also of a database that does not answer: ``dung_han_database_up 0``."""
    found = None
    with anyio.move_on_after(limits().ready.seconds):
        found = await anyio.to_thread.run_sync(_asked, limiter=_threads, abandon_on_cancel=True)
    registry = CollectorRegistry()
    registry.register(_Installation(found))
    text = generate_latest(_process) + generate_latest(registry)
    return Response(
        text, headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
    )


def _asked() -> Measures | None:
    try:
        return measures(installation.database(), installation.settings(), datetime.now(UTC))
    except SQLAlchemyError:
        return None


class _Installation(Collector):
    """What was measured, as the library wants it."""

    def __init__(self, found: Measures | None) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """The series."""
        found = self._found
        yield _gauge("database_up", "Whether the database answers.", found is not None)
        age = snapshot_age(installation.settings(), datetime.now(UTC))
        yield _gauge("snapshot_age_seconds", "Since the snapshot was made.", age)
        if found is None:
            return
        yield _gauge("sessions", "Sessions that are alive.", found.sessions)
        yield _gauge("batches_behind", "Imports not in the snapshot yet.", found.batches_behind)
        yield _gauge("maintenance", "Whether nothing may be written.", found.is_maintained)
        refused = "Refused sign-ins of the last 24 hours."
        yield _gauge("sign_ins_refused_day", refused, found.refused_sign_ins)
        imports = GaugeMetricFamily(
            "dung_han_last_import_timestamp_seconds", "By the source's number.", labels=["source"]
        )
        for source, at in found.imports.items():
            imports.add_metric([str(source)], at.timestamp())
        yield imports


def _gauge(name: str, told: str, value: float | None) -> GaugeMetricFamily:
    """One number; without a sample where it is not known."""
    family = GaugeMetricFamily(f"dung_han_{name}", told)
    if value is not None:
        family.add_metric([], float(value))
    return family

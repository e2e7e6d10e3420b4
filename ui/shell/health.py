"""How the process is: for the machine's own watchman."""

from __future__ import annotations

import logging
from typing import Final

import anyio
import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from connectors.health import shows_a_row
from connectors.snapshot import read_manifest
from ui.shell import installation
from ui.shell.limits import limits

_log = logging.getLogger(__name__)
_threads: Final = anyio.CapacityLimiter(1)


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _ready(_request: Request) -> Response:
    """Whether figures can be shown: the database shows a row, and there is a snapshot."""
    state = {"database": False, "snapshot": False}
    with anyio.move_on_after(limits().ready.seconds):
        state = await anyio.to_thread.run_sync(_readiness, limiter=_threads, abandon_on_cancel=True)
    return JSONResponse(state, 200 if all(state.values()) else 503)


def _readiness() -> dict[str, bool]:
    try:
        database = shows_a_row(installation.database())
    except SQLAlchemyError:
        installation.note(_log, "the database shows no row")
        database = False
    snapshot = read_manifest(installation.settings().snapshot_dir)
    return {"database": database, "snapshot": snapshot is not None}


ROUTES: Final = [
    Route("/livez", _alive, methods=["GET"]),
    Route("/readyz", _ready, methods=["GET"]),
]

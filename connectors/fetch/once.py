"""One source, fetched once by the running program: ``python -m connectors.fetch.once MAPPING``."""

from __future__ import annotations

import contextlib
import logging
import os
import sys

from connectors import audit, logs
from connectors.database.session import open_database
from connectors.fetch import bounds
from connectors.fetch.run import fetch
from connectors.intake.report import IntakeRefused
from connectors.settings import load_settings

_log = logging.getLogger(__name__)


def main(name: str) -> int:
    """Fetch; how it went is in the database. 0: well, 2: refused, 1: an error."""
    logs.configure()
    with contextlib.suppress(AttributeError, OSError):  # Windows
        os.nice(bounds.schedule().niceness)
    settings = load_settings()
    database = open_database(settings.database_url, settings.patience, creates=False)
    try:
        done = fetch(database, settings, name, actor=audit.program_actor())
    except IntakeRefused as refusal:
        _log.warning("a source was not fetched: %s", refusal, extra={"data": {"mapping": name}})
        return 2
    except Exception:  # noqa: BLE001 (told in the log, and noted)
        _log.exception("a source was not fetched", extra={"data": {"mapping": name}})
        return 1
    finally:
        database.dispose()
    return 2 if done.left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""What the database answers a screen; it may be gone, locked or not ours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

Database = Engine
DatabaseLost = SQLAlchemyError
"""Raised by whatever asks the database when it cannot answer."""


def asked(question: Callable[[], _Answer]) -> _Answer | None:
    """The database's answer; None when it is gone, locked or not ours. The log has the reason."""
    try:
        return question()
    except DatabaseLost as error:
        # One line, not the whole place: it comes again with every run until somebody mends it.
        _log.warning("the dossier database could not be read: %s", error)
        return None

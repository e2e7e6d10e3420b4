"""What the database answers a screen; it may be gone, locked or not ours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.database.maintenance import UnderMaintenance
from connectors.database.session import Unconfirmed
from connectors.database.trouble import is_ours
from connectors.disk import DATABASE_FULL, is_full
from ui.shell.installation import note

__all__ = ["Database", "DatabaseLost", "asked", "not_written", "note"]

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

Database = Engine
DatabaseLost = SQLAlchemyError
"""Raised by whatever asks the database when it cannot answer."""


_OURS: Final = (
    "Phần mềm gặp lỗi khi ghi, nên chưa có gì thay đổi. Đây là lỗi của phần mềm, làm lại cũng "
    "không được; hãy báo người phụ trách kỹ thuật kèm giờ xảy ra, nhật ký có ghi chi tiết."
)


_UNCONFIRMED: Final = (
    "Mất kết nối cơ sở dữ liệu đúng lúc ghi xong, nên chưa biết đã ghi được hay chưa. Khi có kết "
    "nối trở lại, hãy xem lại trước khi nhập lần nữa."
)


def not_written(error: SQLAlchemyError, busy: str) -> str:
    """Why nothing was written (Vietnamese): maintenance, a full disk, our fault, else ``busy``.

    Or that nobody knows whether it was, where the connection was lost at the very end.
    """
    if isinstance(error, Unconfirmed):
        return _UNCONFIRMED
    if isinstance(error, UnderMaintenance):
        return error.sentence
    if is_full(error):
        return DATABASE_FULL
    return _OURS if is_ours(error) else busy


def asked(question: Callable[[], _Answer]) -> _Answer | None:
    """The database's answer; None when it is gone, locked or not ours. The log has the reason."""
    try:
        return question()
    except DatabaseLost:
        # It comes again with every run until somebody mends it.
        note(_log, "the dossier database could not be read")
        return None

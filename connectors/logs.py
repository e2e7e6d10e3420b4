"""The program's log: one JSON object a line, and nothing of a citizen in it.

A log is copied, kept and read by people who may not see dossiers. So a line says what happened
and where in the program, not with which values: of an exception its type and place, not its
message (drivers and parsers quote the row that they choke on); of texts put into a message what
does not look like a telephone number, an identity number, a secret or a search in an address.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO

from connectors.audit.guard import HIDDEN, plain

OURS: Final = ("connectors", "metrics", "pages", "ui", "__main__")
_LOG: Final = logging.getLogger(__name__)
_ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
_QUERY: Final = re.compile(r"\?[^\s\"'<>]+")
_LONGEST: Final = 2000
_FRAMES: Final = 30


def configure(stream: TextIO | None = None, level: str = "info") -> logging.Handler:
    """Let every log record of this process, whoever writes it, carry no values; the handler.

    Lines go to ``stream`` (default: stderr): JSON, or plain text where a person watches a
    terminal. Our own loggers tell from ``level`` on (LOG_LEVEL), others from WARNING on.
    """
    out = stream or sys.stderr
    lines = TextLines() if out.isatty() else JsonLines()
    return _configure(out, lines, logging.getLevelNamesMapping()[level.upper()])


def configure_console(stream: TextIO | None = None) -> logging.Handler:
    """The same for a command, which says itself what it does: only from WARNING on, in plain text,
    wherever its output goes."""
    return _configure(stream or sys.stderr, TextLines(), logging.WARNING)


def _configure(out: TextIO, lines: logging.Formatter, ours: int) -> logging.Handler:
    logging.setLogRecordFactory(_Record)
    handler = logging.StreamHandler(out)
    handler.setFormatter(lines)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, ours))
    for name in OURS:
        logging.getLogger(name).setLevel(ours)
    # Each request's address with what was searched for in it.
    logging.getLogger("uvicorn.access").disabled = True
    return handler


def tell_crashes() -> None:
    """Let an exception that nobody caught end in the log, too, and not with its message."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        _LOG.critical("stopped by an error", exc_info=(kind, error, trace))

    def told_of_a_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            told(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = told
    threading.excepthook = told_of_a_thread


class _Record(logging.LogRecord):
    """A record that loses its values before any handler, also somebody else's, sees it."""

    def __init__(
        self,
        name: str,
        level: int,
        pathname: str,
        lineno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        *rest: Any,
        **more: Any,
    ) -> None:
        super().__init__(name, level, pathname, lineno, msg, args, None, *rest, **more)
        self.place = where(exc_info) if exc_info else None
        if self.place is not None:
            # Formatters print this text instead of making one from the exception.
            self.exc_text = "\n".join(self.place)

    def getMessage(self) -> str:  # noqa: N802 (logging's own name)
        """The message with its arguments, without what they should not say."""
        message = self.msg
        if isinstance(message, BaseException):
            return named(message)
        try:
            text = str(message) % _told(self.args) if self.args else str(message)
        except (TypeError, ValueError, KeyError):
            text = str(message)
        return safe(text)


def _told(args: Any) -> Any:
    if isinstance(args, dict):
        return {key: _value(value) for key, value in args.items()}
    return tuple(_value(value) for value in args)


def _value(value: Any) -> Any:
    return named(value) if isinstance(value, BaseException) else value


def safe(text: str) -> str:
    """A text without searches in addresses and without what looks personal or secret."""
    return (plain(_QUERY.sub(f"?{HIDDEN}", text)) or "")[:_LONGEST]


def where(exc_info: _ExcInfo) -> list[str]:
    """An exception and those behind it: type, database's code, place in the program; no message."""
    error, lines = exc_info[1], list[str]()
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(named(error))
        stack = traceback.extract_tb(error.__traceback__)
        lines += [f"  {at.filename}:{at.lineno} {at.name}" for at in stack[-_FRAMES:]]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


def named(error: BaseException) -> str:
    """An exception without its message: ``OperationalError (sqlite3.OperationalError
    SQLITE_BUSY)``."""
    original = getattr(error, "orig", None)
    if not isinstance(original, BaseException):
        number = error.errno if isinstance(error, OSError) else None
        return type(error).__name__ + ("" if number is None else f" (errno {number})")
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    kind = f"{type(original).__module__}.{type(original).__name__}"
    return f"{type(error).__name__} ({' '.join(part for part in (kind, code) if part)})"


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class JsonLines(logging.Formatter):
    """``at`` (UTC), ``level``, ``logger``, ``event``, what ``extra={"data": {…}}`` adds, and of an
    exception ``exception`` and ``trace``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, Any] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= data_of(record)
        place = getattr(record, "place", None)
        if place:
            line |= {"exception": place[0], "trace": place[1:]}
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """The same for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the place of an exception below it."""
        data = " ".join(f"{name}={value}" for name, value in data_of(record).items())
        head = f"{_at(record)} {record.levelname.lower()} {record.name}: {record.getMessage()}"
        return "\n".join([f"{head} {data}".rstrip(), *(getattr(record, "place", None) or ())])


def data_of(record: logging.LogRecord) -> dict[str, Any]:
    """Numbers, booleans and safe texts of ``extra={"data": {…}}``."""
    data = getattr(record, "data", None)
    if not isinstance(data, dict):
        return {}
    return {
        str(name): safe(value) if isinstance(value, str) else value
        for name, value in data.items()
        if value is None or isinstance(value, str | int | float | bool)
    }

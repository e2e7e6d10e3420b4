"""Who looks: the one place where a screen's run learns it, anew at each run.

Nothing here trusts what the session remembers: the cookie is looked up in the database, so that
locking an account or ending a session holds at the next click. Without a reader there is no
scope, and whoever asks for one gets :class:`NotSignedIn`.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from connectors import audit
from connectors.access import Reader, policy, reader_of, scope_of
from connectors.engine import Scope, open_facts
from connectors.snapshot import read_manifest
from ui.shell import installation

_log = logging.getLogger(__name__)

_KNOWN_MOST: Final = 10_000
_SESSION: Final = "identity_account"


REFUSED: Final = "Tài khoản của bạn không được phép thực hiện việc này."
ENDED: Final = "Phiên đăng nhập đã kết thúc. Hãy tải lại trang và đăng nhập lại."
CHANGED: Final = (
    "Phạm vi hoặc vai trò của tài khoản đã thay đổi từ khi mở trang. Hãy tải lại trang rồi thử lại."
)


class NotSignedIn(RuntimeError):
    """Something asked for the reader before the frame had decided who looks."""


class NotAllowed(RuntimeError):
    """The reader's role may not do this; the message is for the reader, in Vietnamese."""


@dataclass(frozen=True)
class Identity:
    """The reader of this run with what they see; ``database_lost``: known from before only."""

    reader: Reader
    scope: Scope
    database_lost: bool = False


@dataclass(frozen=True)
class _Known:
    reader: Reader
    at: float
    """Of a clock that nobody sets (time.monotonic)."""


_current: ContextVar[Identity | None] = ContextVar("identity", default=None)


@st.cache_resource(show_spinner=False)
def _known() -> dict[str, _Known]:
    """Who was known last behind a cookie, for the time when the database is lost."""
    return {}


def current() -> Identity:
    """Who looks. Raises NotSignedIn for nobody.

    A widget's callback and a fragment run before or without the frame: there the cookie is looked
    up on the spot, so that an ended session cannot do one last thing.
    """
    found = _current.get() or identify(*look_up())
    if found is None:
        raise NotSignedIn("nobody is signed in")
    return found


def identify(who: Reader | None, database_lost: bool) -> Identity | None:
    """The identity of somebody who may see figures; None for nobody, and before the first change
    of a pass-phrase that somebody else has set."""
    if who is None or (who.must_change and not installation.uses_identity_provider()):
        return None
    return Identity(who, scope_units(who), database_lost)


def scope_units(who: Reader) -> Scope:
    """What the account may see, by the units of the snapshot now in place."""
    manifest = read_manifest(installation.settings().snapshot_dir)
    if manifest is None:
        return Scope(frozenset())
    return _scope(manifest.data_version, who.unit_id, who.role)


@st.cache_resource(max_entries=256, show_spinner=False)
def _scope(version: str, unit_id: int | None, role: str) -> Scope:
    return scope_of(unit_id, role, open_facts(installation.settings(), Scope(None)).units)


def reader() -> Reader:
    """The reader of this run."""
    return current().reader


def scope() -> Scope:
    """What the reader may see."""
    return current().scope


def enter(identity: Identity) -> Token[Identity | None]:
    """From here to :func:`leave` the run is this reader's.

    What the browser session kept for somebody else is thrown away first.
    """
    kept = st.session_state.get(_SESSION)
    if kept is not None and kept != identity.reader.account_id:
        st.session_state.clear()
    st.session_state[_SESSION] = identity.reader.account_id
    return _current.set(identity)


def leave(token: Token[Identity | None]) -> None:
    """Ends what :func:`enter` began."""
    _current.reset(token)


def may(action: str, *, whole: bool = False) -> bool:
    """Whether the reader's role may do it; False where nobody is signed in.

    ``whole``: it concerns all units (an import, a batch), so a reader of some units may not.
    """
    try:
        found = current()
    except NotSignedIn:
        return False
    return found.reader.may(action) and not (whole and found.scope.units is not None)


def require(action: str, subject: str | None = None, *, whole: bool = False) -> Reader:
    """The reader, if :func:`may`; else the refusal is noted and NotAllowed raised."""
    try:
        found = reader()
    except NotSignedIn:
        raise NotAllowed(ENDED) from None
    if may(action, whole=whole):
        return found
    note_refusal(action, subject)
    raise NotAllowed(REFUSED)


def note_refusal(action: str, subject: str | None = None) -> None:
    """Notes in the audit that the reader was refused; a database that is busy does not matter."""
    try:
        audit.record(
            installation.database(),
            "refused",
            actor=reader().actor,
            subject=subject,
            detail={"action": action},
        )
    except (SQLAlchemyError, audit.AuditUnavailable, audit.AuditRefused):
        _log.warning("refusal of %s not noted", action)


def later() -> Callable[[str], Identity]:
    """Asks for the reader after this run, on a thread that knows no browser.

    What it returns takes an action and gives the identity then. It raises NotAllowed where the
    session has ended meanwhile, the role may not do it, or less may be seen than now.
    """
    drawn, token = current(), presented_token()

    def ask(action: str) -> Identity:
        who = _again(drawn.reader, token)
        found = None if who is None else identify(who, database_lost=False)
        if found is None:
            raise NotAllowed(ENDED)
        if not found.reader.may(action):
            raise NotAllowed(REFUSED)
        if not _within(drawn.scope, found.scope):
            raise NotAllowed(CHANGED)
        return found

    return ask


def _again(drawn: Reader, token: str | None) -> Reader | None:
    who = reader_of(installation.database(), token, datetime.now(UTC)) if token else None
    return who if who is not None and who.account_id == drawn.account_id else None


def _within(before: Scope, now: Scope) -> bool:
    if now.units is None:
        return True
    return before.units is not None and before.units <= now.units


def presented_token() -> str | None:
    """The session cookie that the browser sent when it connected."""
    return st.context.cookies.get(installation.cookie_name())


def _ago(known: _Known) -> timedelta:
    return timedelta(seconds=time.monotonic() - known.at)


def look_up() -> tuple[Reader | None, bool]:
    """Who stands behind the browser's cookie, and whether the database is lost."""
    token = presented_token()
    return known_by(token) if token else (None, False)


def known_by(token: str, is_sign_of_life: bool = True) -> tuple[Reader | None, bool]:
    """Who stands behind a cookie, and whether the database is lost.

    With the database lost, whoever was known shortly before (policy.toml, ``grace_minutes``)
    stays known, so that the last good figures stay on the screen; anybody else is nobody.
    """
    now = datetime.now(UTC)
    known = _known()
    # Not the cookie itself: what keeps it can let somebody in.
    key = hashlib.sha256(token.encode()).hexdigest()
    try:
        found = reader_of(installation.database(), token, now, is_sign_of_life=is_sign_of_life)
    except SQLAlchemyError:
        installation.note(_log, "the database does not answer who is signed in")
        before = known.get(key)
        fresh = before is not None and _ago(before) < policy().grace
        return (before.reader if before is not None and fresh else None), True
    if found is None:
        known.pop(key, None)
    else:
        if len(known) > _KNOWN_MOST:
            known.clear()
        known[key] = _Known(found, time.monotonic())
    return found, False

"""Whose file is it: a download or picture that a screen has made, by the account that looks.

Streamlit keeps the files of all screens in one place and hands them to whoever knows the address.
"""

from __future__ import annotations

import threading
from pathlib import PurePosixPath
from typing import Final

from streamlit import runtime
from streamlit.runtime.memory_media_file_storage import _calculate_file_id
from streamlit.runtime.scriptrunner import get_script_run_ctx

_MOST: Final = 50_000

_lock = threading.Lock()
_accounts: dict[str, int] = {}
# Files made at a click: Streamlit lays them to no session. The same bytes are the same file.
_made: dict[str, set[int]] = {}


def remember(account_id: int | None) -> None:
    """Notes that the running session's screen is this account's (None: nobody's)."""
    context = get_script_run_ctx()
    if context is None:
        return
    with _lock:
        if account_id is None:
            _accounts.pop(context.session_id, None)
            return
        if len(_accounts) >= _MOST:
            _accounts.clear()  # they come back with the next run of each screen
        _accounts[context.session_id] = account_id


def account_of(session_id: str) -> int | None:
    """Whose screen a session shows; None: nobody's, or it is not known."""
    with _lock:
        return _accounts.get(session_id)


def remember_made(content: bytes, mime: str, file_name: str, account_id: int) -> None:
    """Notes that a file, made when its button was clicked, is this account's."""
    # As Streamlit names it; tests/e2e/test_scope_on_the_wire.py fails when this one changes.
    file_id = _calculate_file_id(content, mime, file_name)
    with _lock:
        if len(_made) >= _MOST:
            _made.clear()  # whoever still wants one clicks again
        _made.setdefault(file_id, set()).add(account_id)


def belongs(name: str, account_id: int) -> bool:
    """Whether a screen of this account has made the file that ``/media/name`` serves."""
    if not runtime.exists():
        return False
    file_id = PurePosixPath(name).stem
    with _lock:
        if account_id in _made.get(file_id, ()):
            return True
    # Streamlit has no public way to ask; tests/e2e/ notices when this one changes.
    manager = runtime.get_instance().media_file_mgr
    with manager._lock:
        sessions = [
            session
            for session, files in manager._files_by_session_and_coord.items()
            if file_id in files.values()
        ]
    with _lock:
        return any(_accounts.get(session) == account_id for session in sessions)


def is_waiting_for(file_id: str, account_id: int) -> bool:
    """Whether a screen of this account offers the file that is made when it is asked for."""
    if not runtime.exists():
        return False
    # As above: no public way; tests/hostile/ notices when this one changes.
    manager = runtime.get_instance().media_file_mgr
    with manager._lock:
        offered = manager._deferred_callables.get(file_id)
    return offered is not None and account_of(offered["session_id"]) == account_id

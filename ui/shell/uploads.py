"""Who may lay a file into the app's memory, how large, how many: it stays there with the session.

Who takes files into the records may send large ones. Who only answers what a unit was asked sends
small ones, and few. Used from the event loop only.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from connectors.access import Reader
from connectors.attached import rules
from ui.shell.gate import Bucket
from ui.shell.limits import limits

TAKES_IN: Final = ("import_dossiers", "edit_registers")
ANSWERS: Final = "edit_own_tasks"
"""What a file is uploaded for."""
_FRAMING: Final = 1 << 16
"""What a form's part adds to a file."""
_ACCOUNTS: Final = 20_000

_taken: OrderedDict[int, Bucket] = OrderedDict()


def may(who: Reader) -> bool:
    """Whether there is anything that this role uploads files for."""
    return takes_in(who) or who.may(ANSWERS)


def takes_in(who: Reader) -> bool:
    """Whether the role takes files into the records."""
    return any(who.may(action) for action in TAKES_IN)


def refusal(who: Reader, method: str, headers: Headers) -> Response | None:
    """Why a file may not be sent or taken away; None: it may."""
    if not may(who):
        return PlainTextResponse("Vai trò của bạn không nạp tệp.", 403)
    if method != "PUT" or takes_in(who):
        return None
    if not _is_small(headers):
        return PlainTextResponse("Tệp quá lớn.", 413)
    return None if _has_room(who.account_id) else PlainTextResponse("Nhiều tệp quá.", 429)


def _is_small(headers: Headers) -> bool:
    """Whether it says how long it is, and is not too long: no more will be read than it says."""
    try:
        announced = int(headers["content-length"])
    except (KeyError, ValueError):
        return False
    return announced <= rules().bytes + _FRAMING


def _has_room(account: int) -> bool:
    rule, now = limits().upload, time.monotonic()
    bucket = _taken.pop(account, None) or Bucket(rule.answers_per_hour / 3600, rule.answers)
    _taken[account] = bucket
    if len(_taken) > _ACCOUNTS:
        _taken.popitem(last=False)
    if bucket.wait(now) > 0:
        return False
    bucket.take(now)
    return True

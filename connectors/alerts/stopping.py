"""Ending e-mails by the link that stands in them, without signing in (RFC 8058).

Whoever brings an account's token ends its digest, or the e-mails of its alerts, and nothing else:
the rules, and what the app shows, stay. A token is random and says nobody's name.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, get_args

from sqlalchemy import Engine, Update, select, update

from connectors import audit
from connectors.alerts.store import READER, RULE
from connectors.database.session import read_transaction, write_transaction
from connectors.settings import Settings

What = Literal["alerts", "digest"]
WHAT: Final[dict[What, str]] = {"alerts": "thư cảnh báo", "digest": "bản tin sáng thứ Hai"}
"""What a link ends → its words."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32}")


def is_one(database: Engine, token: str, what: str) -> bool:
    """Whether a link would end something of somebody's."""
    return _whose(database, token, what) is not None


def stop(database: Engine, settings: Settings, token: str, what: str) -> bool:
    """Ends it, also where it had ended before; False: the link is nobody's."""
    account = _whose(database, token, what)
    if account is None:
        return False
    with write_transaction(database, always=True) as connection:
        if connection.execute(_ended(account, what)).rowcount:
            audit.append(
                connection, "alert_stopped", actor=audit.program_actor(),
                subject=f"tài khoản số {account}", detail={"now": what},
                keys=settings.audit_keys,
            )  # fmt: skip
    return True


def _whose(database: Engine, token: str, what: str) -> int | None:
    if what not in get_args(What) or not _TOKEN.fullmatch(token):
        return None
    query: Any = select(READER.c.account_id).where(READER.c.token == token)
    with read_transaction(database) as connection:
        found: int | None = connection.execute(query).scalar()
    return found


def _ended(account: int, what: str) -> Update:
    if what == "digest":
        mine = (READER.c.account_id == account) & READER.c.digest.is_(True)
        return update(READER).where(mine).values(digest=False)
    mine = (RULE.c.account_id == account) & RULE.c.by_mail.is_(True)
    return update(RULE).where(mine).values(by_mail=False)

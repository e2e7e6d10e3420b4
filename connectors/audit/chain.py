"""How a line of the audit is hashed, so that a changed, missing, added or moved one shows."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

BEFORE_ALL: Final = "0" * 64
"""The hash before the first line."""

_FORM: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the database, without its hash."""

    id: int
    at: datetime
    actor: str
    actor_id: int | None
    action: str
    subject: str | None
    unit_id: int | None
    detail: str | None
    key_id: str | None
    prev_hash: str

    def canonical(self) -> bytes:
        """The one way to write this line, whatever database it stands in."""
        milliseconds = (self.at - _EPOCH) // timedelta(milliseconds=1)
        parts = [
            _FORM,
            self.id,
            milliseconds,
            self.actor,
            self.actor_id,
            self.action,
            self.subject,
            self.unit_id,
            self.detail,
            self.key_id,
            self.prev_hash,
        ]
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()

    def digest(self, keys: Sequence[str] = ()) -> str | None:
        """The line's hash; None when it was made with a key that is not among ``keys``."""
        by_name = {key_name(key): key.encode() for key in keys}
        return signature(self.canonical(), self.key_id, by_name)


def signature(content: bytes, key_id: str | None, keys: Mapping[str, bytes]) -> str | None:
    """A line's hash from its canonical form; None without its key. ``keys``: by their names."""
    if key_id is None:
        return hashlib.sha256(content).hexdigest()
    key = keys.get(key_id)
    return None if key is None else hmac.digest(key, content, "sha256").hex()


def key_name(key: str) -> str:
    """The public name of a key: says which one it was, and nothing else about it."""
    return hashlib.sha256(b"audit key name\0" + key.encode()).hexdigest()[:8]

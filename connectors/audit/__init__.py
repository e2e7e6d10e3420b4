"""The audit (nhật ký kiểm soát): who did what, in lines that can only be added.

Each line carries the SHA-256 of itself and of the line before (with AUDIT_KEY set, an HMAC), and
``audit_head`` how many there are. What that does and does not prevent: docs/operations.md.
"""

from __future__ import annotations

from connectors.audit.actions import ACTIONS
from connectors.audit.guard import AuditRefused, plain
from connectors.audit.log import (
    Actor,
    AuditKeyMissing,
    AuditUnavailable,
    append,
    check_keys,
    command_line_actor,
    program_actor,
    record,
)
from connectors.audit.marks import Shelf
from connectors.audit.read import LISTED, Wanted, read, tally
from connectors.audit.verify import Verdict, glance, verify
from connectors.audit.walk import Stretch

__all__ = [
    "ACTIONS",
    "LISTED",
    "Actor",
    "AuditKeyMissing",
    "AuditRefused",
    "AuditUnavailable",
    "Shelf",
    "Stretch",
    "Verdict",
    "Wanted",
    "append",
    "check_keys",
    "command_line_actor",
    "glance",
    "plain",
    "program_actor",
    "read",
    "record",
    "tally",
    "verify",
]

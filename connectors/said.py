"""Who decides and when, as everything takes it that writes a person's decision down."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from connectors.audit.log import Actor
from connectors.engine import Scope


class Said(TypedDict):
    """Who decides and when: the name that stands under it, the moment, who the audit names.

    ``scope``: the units that what is decided about must belong to.
    """

    by: str
    at: datetime
    actor: Actor
    scope: Scope

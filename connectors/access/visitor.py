"""Who tries to sign in, as far as it is known before anybody is signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from connectors.addresses import place_of

UNKNOWN_ADDRESS: Final = "-"


@dataclass(frozen=True)
class Visitor:
    """Where an attempt comes from.

    ``browser``: what it calls itself. ``token``: the cookie of a session that it had, ended or not.
    """

    address: str | None = None
    browser: str | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def counted_as(self) -> str:
        """The address that attempts are counted by: of IPv6 the network, which has them all."""
        return place_of(self.address) or self.address or UNKNOWN_ADDRESS

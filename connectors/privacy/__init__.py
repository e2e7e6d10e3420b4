"""Personal data of dossiers' owners: encrypted at rest, masked by rule, revealed one by one."""

from __future__ import annotations

from connectors.privacy.mask import mask_name, mask_phone
from connectors.privacy.owners import (
    MaskedOwner,
    ReasonRefused,
    RevealedOwner,
    owner_masked,
    reveal_owner,
    reveal_owners,
)
from connectors.privacy.vault import Vault, VaultLocked, missing_key_warning

__all__ = [
    "MaskedOwner",
    "ReasonRefused",
    "RevealedOwner",
    "Vault",
    "VaultLocked",
    "mask_name",
    "mask_phone",
    "missing_key_warning",
    "owner_masked",
    "reveal_owner",
    "reveal_owners",
]

"""Back-ups: one file with the database and what else cannot be made anew; and the way back."""

from __future__ import annotations

from connectors.backup.archive import BackupRefused, Manifest, read_manifest
from connectors.backup.make import make_backup
from connectors.backup.restore import Restored, restore_backup

__all__ = [
    "BackupRefused",
    "Manifest",
    "Restored",
    "make_backup",
    "read_manifest",
    "restore_backup",
]

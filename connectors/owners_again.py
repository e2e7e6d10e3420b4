"""Owners after their key was lost: given up, and taken again from the sources that are pulled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, func, select

from connectors import audit
from connectors.database.models import Dossier
from connectors.database.session import read_transaction
from connectors.fetch.rest import open_rest
from connectors.fetch.run import fetch
from connectors.intake import ImportReport, IntakeRefused, Progress, load_mapping
from connectors.intake.inputs import open_pull
from connectors.privacy.rotate import drop_unreadable
from connectors.privacy.vault import VaultLocked
from connectors.settings import Settings


@dataclass(frozen=True)
class Again:
    """Rows given up, what each source gave, and how many dossiers still lack their owner."""

    given_up: int
    reports: tuple[ImportReport, ...]
    missing: int


def take_again(
    database: Engine,
    settings: Settings,
    sources: Sequence[str | Path],
    *,
    actor: audit.Actor,
    progress: Progress | None = None,
    refresh_snapshot: bool = True,
) -> Again:
    """Give up what no key in OWNER_KEY opens, and read ``sources`` (mappings) whole once more.

    That every source can be read and has owners is looked at before anything is given up. It may
    be run again after whatever stopped it: nothing is given up twice, what is there stays.
    Raises VaultLocked without a key, IntakeRefused for a source that cannot be read.
    """
    if not settings.owner_keys:
        raise VaultLocked(
            "Hãy đặt OWNER_KEY mới trước (lệnh owners new-key): dữ liệu lấy lại được mã hóa bằng "
            "khóa ấy. Chưa có gì thay đổi."
        )
    for source in sources:
        _check_readable(source, settings)
    given_up = drop_unreadable(
        database, settings.owner_keys, actor=actor, audit_keys=settings.audit_keys
    )
    last = len(sources) - 1
    reports = [
        fetch(
            database,
            settings,
            source,
            full=True,
            progress=progress,
            refresh_snapshot=refresh_snapshot and place == last,
            actor=actor,
        ).pulled
        for place, source in enumerate(sources)
    ]
    return Again(given_up, tuple(filter(None, reports)), _missing(database))


def _check_readable(source: str | Path, settings: Settings) -> None:
    mapping = load_mapping(source, settings.mappings_dir)
    if not mapping.owner:
        raise IntakeRefused(
            f"Ánh xạ của nguồn “{mapping.source.name}” không có chủ hồ sơ (bảng [owner]), nên "
            "không lấy lại được từ nguồn này. Chưa có gì thay đổi."
        )
    if mapping.rest is None:
        with open_pull(mapping, None):
            return
    with open_rest(mapping, None, zone=settings.timezone):
        return


def _missing(database: Engine) -> int:
    """Dossiers whose owner was given up and that no source has spoken of since."""
    waiting = select(func.count()).select_from(Dossier).where(Dossier.content_hash == "")
    with read_transaction(database) as connection:
        return connection.execute(waiting).scalar_one()

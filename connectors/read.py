"""The read side of the dossier database, for what the snapshot does not hold."""

from __future__ import annotations

from sqlalchemy import select

from connectors.database.models import Officer
from connectors.database.session import open_database
from connectors.settings import Settings


def officer_codes(settings: Settings) -> dict[int, str]:
    """Officer id → the code the source knows the officer by."""
    with open_database(settings.database_url).connect() as connection:
        rows = connection.execute(select(Officer.id, Officer.code))
        return {row.id: row.code for row in rows}

"""What the database knows of dossiers, and which rows say no more than that, by their values.

A row's ``content_hash`` tells it faster, but only where the stored one was made in today's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from connectors.intake.children import fingerprint

_KNOWN: Final = "known."


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds of some dossiers, each part with their ``code``.

    Their fields, asked for with their owners' (``owner.*``), what messages said of them
    (``content``), and their children.
    """

    dossiers: pl.DataFrame
    memory: pl.DataFrame
    pauses: pl.DataFrame
    steps: pl.DataFrame
    apologies: pl.DataFrame


def said_already(
    rows: pl.DataFrame,
    children: dict[str, pl.DataFrame],
    owners: pl.DataFrame | None,
    known: Known,
) -> pl.DataFrame:
    """Those of ``rows`` that would change nothing.

    ``rows``, ``children``, ``owners``: as :meth:`store.Writer.write` takes them; ``known``: what
    the database holds of them, with the owners where some are given.
    """
    given = rows.select(name for name in rows.columns if name in known.dossiers.columns)
    if "due_original_at" in given.columns:
        # An original due date that is not given stays.
        kept = known.dossiers.select("code", kept="due_original_at")
        given = (
            given.join(kept, on="code", how="left")
            .with_columns(due_original_at=pl.coalesce("due_original_at", "kept"))
            .drop("kept")
        )
    if owners is not None:
        named = owners.select("code", pl.exclude("code").name.prefix("owner."))
        given = given.join(named, on="code", how="left")
    told = fingerprint({kind: frame for kind, frame in children.items() if not frame.is_empty()})
    held = fingerprint({kind: getattr(known, kind) for kind in children})
    before = known.dossiers.join(held, on="code", how="left")
    given = given.join(told, on="code", how="left")
    names = [name for name in given.columns if name != "code"]
    both = given.join(before.select("code", pl.col(names).name.prefix(_KNOWN)), on="code")
    same = both.filter(
        pl.all_horizontal(pl.col(name).eq_missing(pl.col(_KNOWN + name)) for name in names)
    )
    return rows.join(same.select("code"), on="code", how="semi", maintain_order="left")

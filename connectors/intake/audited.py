"""The line of the audit that an import leaves."""

from __future__ import annotations

from sqlalchemy import Connection

from connectors import audit
from connectors.intake.report import ImportReport, NotNow
from connectors.settings import Settings


def note_import(
    connection: Connection,
    settings: Settings,
    kind: str,
    report: ImportReport,
    actor: audit.Actor,
) -> None:
    """Say in the import's own transaction who took what in: counts and names, never a row.

    ``kind``: ``file`` or ``pull``. Raises NotNow when the audit does not take it.
    """
    try:
        audit.append(
            connection,
            "pull" if kind == "pull" else "import",
            actor=actor,
            subject=f"lô {report.batch_id}",
            detail={
                "source": audit.plain(report.source),
                "mapping": audit.plain(report.mapping),
                "file": audit.plain(report.file_name),
                **report.counts,
                **({"withdrawn": report.rows_withdrawn} if report.rows_withdrawn else {}),
            },
            keys=settings.audit_keys,
        )
    except audit.AuditUnavailable as error:
        raise NotNow(str(error)) from error

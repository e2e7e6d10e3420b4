"""The frames that figures are computed on; connectors fill them, metrics read them.

All moments are **local** (the installation's zone, no zone attached), to the millisecond,
because not every engine can convert zones. ``*_wd`` columns are working-day ordinals
(:mod:`metrics.core.clock`), so that "working days late" is a subtraction on any engine.
No column names or describes a citizen; an officer is an id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

MOMENT: Final = pl.Datetime("ms")

FROM_EVER: Final = datetime(1700, 1, 1)
TO_EVER: Final = datetime(9999, 12, 31)
"""Bounds of a state that has none: a comparison with a null costs twice."""

# What every fact can be grouped and filtered by.
DIMENSIONS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "dossier_id": pl.Int64,
    "unit_id": pl.Int32,  # resolving unit (cơ quan giải quyết)
    "receiving_unit_id": pl.Int32,
    "applicant_unit_id": pl.Int32,  # the area that the applicant lives in (địa bàn người nộp)
    "field_id": pl.Int32,
    "procedure_id": pl.Int32,
    "channel": pl.String,  # direct | online | postal | null
    "channel_source": pl.String,  # the channel in the source's own words
    "officer_id": pl.Int32,
}

DOSSIER: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    **DIMENSIONS,
    # The state holds for held_from < T <= held_to.
    "held_from": MOMENT,
    "held_to": MOMENT,
    "code": pl.String,
    "source_id": pl.Int32,
    "submitted_at": MOMENT,
    "received_at": MOMENT,
    "due_original_at": MOMENT,
    "due_at": MOMENT,  # in force at T
    # max(ended_at as recorded, received_at); see docs/definitions.md, "end".
    "ended_at": MOMENT,
    "end_kind": pl.String,  # result | returned | withdrawn | refused | stopped | null
    "collected_at": MOMENT,
    "recorded_at": MOMENT,
    # J: the due date after pauses, a moment by timestamp and a date by day; null while an open
    # pause suspends it, or without a due date.
    "judged_due_at": MOMENT,
    "judged_due_day": pl.Date,
    "judged_due_original_at": MOMENT,
    "judged_due_original_day": pl.Date,
    "portal_due_at": MOMENT,
    "portal_due_day": pl.Date,
    # True while an open supplement pause suspends the portal due, by timestamp and by day.
    "portal_suspended": pl.Boolean,
    "portal_suspended_by_day": pl.Boolean,
    # By timestamp, compared in UTC: ended no later than J (null without J or end), and then early,
    # by the end less the pauses that moved J.
    "in_time": pl.Boolean,
    "in_time_original": pl.Boolean,
    "portal_in_time": pl.Boolean,
    "early": pl.Boolean,
    "early_original": pl.Boolean,
    # Working days of the pauses that began after J (by timestamp, by day), and since when
    # an open pause has been waited for: nobody is late for these days.
    "waited_wd": pl.Int32,
    "waited_day_wd": pl.Int32,
    "waited_original_wd": pl.Int32,
    "waited_original_day_wd": pl.Int32,
    "waiting_since_wd": pl.Int32,
    # The first and the second request for supplement; how many working days after the receipt the
    # first one was.
    "supplement_at": MOMENT,
    "supplement_wd": pl.Int32,
    "second_supplement_at": MOMENT,
    "acceptance_due_at": MOMENT,
    "apology_at": MOMENT,  # the first apology issued
    "apologies": pl.Int32,
    # Days (date part) of the moments above, and their working-day ordinals.
    "received_day": pl.Date,
    "ended_day": pl.Date,
    "ended_wd": pl.Int32,
    "judged_due_wd": pl.Int32,
    "judged_due_original_wd": pl.Int32,
    "judged_due_day_wd": pl.Int32,
    "judged_due_original_day_wd": pl.Int32,
    "late_cause": pl.String,
    "online_payment": pl.Boolean,
    "digitised": pl.Boolean,
    "data_reused": pl.Boolean,
    "status": pl.Int32,
    # Data quality, shown on the data screen.
    "ended_before_received": pl.Boolean,
    "procedure_expired": pl.Boolean,  # received under a version no longer (or not yet) valid
    "batch_id": pl.Int32,
}
"""One row a state of a dossier, as a rule one a dossier (docs/adr/0007). Moments of events
(receipt, end, apology …) are in every state and compared with T; the due dates are those as it
stood then."""

PAUSE: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    **DIMENSIONS,
    "source_id": pl.Int32,
    "received_at": MOMENT,
    "ended_at": MOMENT,
    "end_kind": pl.String,
    "kind": pl.String,  # supplement | finance | other
    "from_at": MOMENT,
    "to_at": MOMENT,  # null: still open
}
"""One row a pause; overlapping pauses of one kind are merged, an ended dossier's are closed."""

STEP: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    **DIMENSIONS,
    "step_sequence": pl.Int32,
    "step_name": pl.String,
    "step_unit_id": pl.Int32,
    "step_officer_id": pl.Int32,
    "from_at": MOMENT,
    "allotted_until": MOMENT,
    "to_at": MOMENT,
    # Working minutes from start to end (null while open) and from start to the allotment's end.
    "spent_minutes": pl.Int32,
    "allotted_minutes": pl.Int32,
}
"""One row a step of a dossier's internal process."""

_SPAN: Final = {"batch_id": pl.Int32, "known_to": pl.Int32}
DOSSIER_HISTORY: Final[dict[str, pl.DataType | type[pl.DataType]]] = {**DOSSIER, **_SPAN}
PAUSE_HISTORY: Final[dict[str, pl.DataType | type[pl.DataType]]] = {**PAUSE, **_SPAN}
STEP_HISTORY: Final[dict[str, pl.DataType | type[pl.DataType]]] = {**STEP, **_SPAN}
"""What the facts were: as batch ``batch_id`` left a dossier, until ``known_to`` wrote over it."""

UNIT: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "unit_id": pl.Int32,
    "scheme": pl.String,
    "code": pl.String,
    "name": pl.String,
    "short_name": pl.String,
    "kind": pl.String,
    "level": pl.String,
    "parent_id": pl.Int32,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "sort_order": pl.Int32,
}
"""One row a unit, with its days of validity (both inclusive, null: without bound)."""

SUCCESSION: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "old_unit_id": pl.Int32,
    "new_unit_id": pl.Int32,
    "relation": pl.String,  # whole | part | remainder
    "effective_on": pl.Date,
    "basis": pl.String,
}
"""Old unit → new unit."""

PROCEDURE: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "procedure_id": pl.Int32,
    "code": pl.String,
    "version": pl.Int32,
    "name": pl.String,
    "field_id": pl.Int32,
    "level": pl.String,
    "limit_value": pl.Int32,
    "limit_unit": pl.String,
    "online_level": pl.String,  # partial | full | null
    "has_fee": pl.Boolean,
    "is_sensitive": pl.Boolean,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
}
"""One row a version of a procedure."""

FIELD: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "field_id": pl.Int32,
    "code": pl.String,
    "name": pl.String,
}
"""One row a field (lĩnh vực)."""

THRESHOLD_OVERRIDE: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "key": pl.String,
    "value": pl.Float64,
    "valid_from": pl.Date,
    "document": pl.String,
}
"""One row a threshold that the installation has set itself (metrics/core/thresholds.py)."""

SOURCE: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "source_id": pl.Int32,
    "code": pl.String,
    "name": pl.String,
    "fresh_within_hours": pl.Int32,
    "data_until": MOMENT,  # the latest moment its records speak of
    "imported_at": MOMENT,  # end of its last batch
}
"""One row a source of dossiers, with its freshness."""

WITHDRAWAL_BATCH: Final = "withdrawal"
"""``BATCH.kind`` of what somebody withdrew or restored: its source has told nothing by it."""
UNITS_BATCH: Final = "units"
"""``BATCH.kind`` of what moved because units were said to be one, or not to be."""
RECORD_BATCH: Final = "record"
"""``BATCH.kind`` of what somebody recorded of dossiers: an apology, a new date, a cause."""
BY_HAND: Final = (WITHDRAWAL_BATCH, UNITS_BATCH, RECORD_BATCH)
"""Kinds of batches by which a source has told nothing."""

MERGED: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "unit_id": pl.Int32,
    "at": MOMENT,  # since when it is another entry of the catalogue
}
"""One row an entry of the catalogue that is another one; figures as known before still name it."""

BATCH: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "batch_id": pl.Int32,
    "source_id": pl.Int32,
    "kind": pl.String,  # file | pull | sample | withdrawal | units | record
    "file_name": pl.String,
    "finished_at": MOMENT,
    "data_until": MOMENT,
    "keeps_history": pl.Boolean,  # what it changed is kept as it was before
}
"""One row a batch, in the order in which they were finished."""

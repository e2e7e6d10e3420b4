"""Frames of the other registers: tasks, inspections, targets, indices, reported values.

Like :mod:`metrics.core.contracts`: local moments, ids for units, null for unknown. Small, so they
are read whole; still lazy Narwhals frames, so that figures are declared on them as on dossiers.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.core.contracts import MOMENT

_Frame = dict[str, pl.DataType | type[pl.DataType]]

PROGRAMME: Final[_Frame] = {
    "programme_id": pl.Int32,
    "code": pl.String,
    "name": pl.String,
    "kind": pl.String,
    "unit_id": pl.Int32,
    "parent_id": pl.Int32,
    "document": pl.String,
    "issued_on": pl.Date,
    "period_from": pl.Date,
    "period_to": pl.Date,
    "announced_tasks": pl.Int32,
    "wording": pl.String,
    "source": pl.String,
}

TASK: Final[_Frame] = {
    "task_id": pl.Int32,
    "programme_id": pl.Int32,
    "code": pl.String,
    "name": pl.String,
    "unit_id": pl.Int32,  # đơn vị chủ trì
    "person": pl.String,
    "area": pl.String,
    "category": pl.String,
    "assigned_on": pl.Date,
    "due_on": pl.Date,
    "is_standing": pl.Boolean,
    "product": pl.String,
    "responsibility": pl.String,
    "authority": pl.String,
    "wording": pl.String,
    "source": pl.String,
}

TASK_UPDATE: Final[_Frame] = {
    "task_id": pl.Int32,
    "unit_id": pl.Int32,
    "at": MOMENT,
    "is_launched": pl.Boolean,  # null: nobody has said
    "is_completed": pl.Boolean,
    "completed_on": pl.Date,
    "note": pl.String,
    "evidence": pl.String,
    "by": pl.String,
}

REMINDER: Final[_Frame] = {
    "task_id": pl.Int32,
    "unit_id": pl.Int32,
    "at": MOMENT,
    "document": pl.String,
}

INSPECTION: Final[_Frame] = {
    "inspection_id": pl.Int32,
    "code": pl.String,
    "campaign": pl.String,
    "kind": pl.String,
    "is_digital": pl.Boolean,
    "unit_id": pl.Int32,
    "subject": pl.String,
    "from_on": pl.Date,
    "to_on": pl.Date,
    "date_precision": pl.String,
    "topics": pl.String,
    "team": pl.String,
    "basis": pl.String,
    "conclusion_no": pl.String,
    "concluded_on": pl.Date,
    "parent_id": pl.Int32,
    "source": pl.String,
}

FINDING: Final[_Frame] = {
    "finding_id": pl.Int32,
    "code": pl.String,
    "inspection_id": pl.Int32,
    "unit_id": pl.Int32,
    "found_on": pl.Date,  # the inspection's last known day
    "kind": pl.String,
    "description": pl.String,
    "responsible": pl.String,
    "recommendation": pl.String,
    "fix_by": pl.Date,
    "reported_on": pl.Date,
    "report_document": pl.String,
    "evidence": pl.String,
    "repeats_id": pl.Int32,
    "source": pl.String,
}

FINDING_CHECK: Final[_Frame] = {
    "finding_id": pl.Int32,
    "unit_id": pl.Int32,
    "inspection_id": pl.Int32,
    "checked_on": pl.Date,
    "is_fixed": pl.Boolean,
    "note": pl.String,
    "by": pl.String,
}

TARGET: Final[_Frame] = {
    "target_id": pl.Int32,
    "programme_id": pl.Int32,
    "code": pl.String,
    "name": pl.String,
    "unit_id": pl.Int32,
    "metric_kind": pl.String,
    "metric": pl.String,
    "definition": pl.String,
    "field_id": pl.Int32,
    "operator": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "label": pl.String,
    "share": pl.Float64,
    "base_label": pl.String,
    "baseline_year": pl.Int32,
    "baseline_value": pl.Float64,
    "period_from": pl.Date,
    "period_to": pl.Date,
    "every_period": pl.Boolean,
    "unit_of_measure": pl.String,
    "wording": pl.String,
    "source": pl.String,
}

COMMITMENT: Final[_Frame] = {
    "target_id": pl.Int32,
    "unit_id": pl.Int32,
    "signer": pl.String,
    "position": pl.String,
    "signed_on": pl.Date,
    "source": pl.String,
}

UNIT_RATING: Final[_Frame] = {
    "scheme": pl.String,
    "year": pl.Int32,
    "unit_id": pl.Int32,
    "label": pl.String,
    "label_order": pl.Int32,
    "score": pl.Float64,
    "rank": pl.Int32,
    "source": pl.String,
}

INDEX_SCORE: Final[_Frame] = {
    "index_name": pl.String,
    "year": pl.Int32,
    "edition_year": pl.Int32,
    "component": pl.String,
    "component_name": pl.String,
    "province_code": pl.String,
    "province": pl.String,
    "score": pl.Float64,
    "rank": pl.Int32,
    "rank_bound": pl.Int32,
    "group_name": pl.String,
    "n_provinces": pl.Int32,
    "n_scored": pl.Int32,
    "method_version": pl.String,
    "value_kind": pl.String,
    "conflict": pl.String,
    "source": pl.String,
    "note": pl.String,
}

INDICATOR_VALUE: Final[_Frame] = {
    "indicator_value_id": pl.Int32,
    "indicator": pl.String,
    "unit_id": pl.Int32,
    "part": pl.String,
    "period_from": pl.Date,
    "period_to": pl.Date,
    "as_of": pl.Date,
    "date_precision": pl.String,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "text": pl.String,
    "wording": pl.String,
    "source": pl.String,
}

SURVEY: Final[_Frame] = {
    "code": pl.String,
    "name": pl.String,
    "unit_id": pl.Int32,
    "coverage": pl.String,
    "as_of": pl.Date,
    "channel": pl.String,
    "responses": pl.Int32,
    "satisfied": pl.Int32,
    "source": pl.String,
}

SERVICE_COMPONENT: Final[_Frame] = {
    "unit_id": pl.Int32,
    "month": pl.Date,
    "component": pl.String,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "portal_score": pl.Float64,
    "source": pl.String,
}

FORM_ROW: Final[_Frame] = {
    "form": pl.String,
    "unit_id": pl.Int32,
    "coverage": pl.String,
    "field_id": pl.Int32,
    "period_from": pl.Date,
    "period_to": pl.Date,
    **{f"c{column}": pl.Int32 for column in range(3, 14)},
    "reported_rate": pl.Float64,
    "wording": pl.String,
    "source": pl.String,
}

REGISTERS: Final[dict[str, _Frame]] = {
    "programme": PROGRAMME,
    "task": TASK,
    "task_update": TASK_UPDATE,
    "reminder": REMINDER,
    "inspection": INSPECTION,
    "finding": FINDING,
    "finding_check": FINDING_CHECK,
    "target": TARGET,
    "commitment": COMMITMENT,
    "unit_rating": UNIT_RATING,
    "index_score": INDEX_SCORE,
    "indicator_value": INDICATOR_VALUE,
    "survey": SURVEY,
    "service_component": SERVICE_COMPONENT,
    "form_row": FORM_ROW,
}
"""Register → its columns."""

OPEN_TO_ALL: Final = frozenset({"index_score", "programme", "target"})
"""Registers that are not cut to the asker's units: published, or of the level above."""

"""A manifest reads back as it was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from connectors.snapshot.manifest import SCHEMA_VERSION, Manifest, Part, read_manifest

PART = Part(
    fact="dossier",
    path="parts/dossier-2026-11-0.parquet",
    bucket="2026-11",
    rows=3,
    dossier_from=1,
    dossier_to=9,
    received_from=datetime(2026, 10, 1, 8),
    submitted_from=None,
    ended_from=datetime(2026, 11, 2, 9),
    ended_to=datetime(2026, 11, 15, 16, 0, 0, 5000),
)
MANIFEST = Manifest(
    data_version="",
    schema_version=SCHEMA_VERSION,
    last_batch_id=7,
    last_batch_mark="1 2026-11-15",
    timezone="Asia/Ho_Chi_Minh",
    calendar_fingerprint="f",
    calendar_span=(date(1970, 1, 1), date(2099, 12, 31)),
    working_hours=((0, 1), (2, 3)),
    data_kind="real",
    data_until=datetime(2026, 11, 15, 17, 0, 0, 5000),
    dossiers=3,
    parts=(PART,),
    history=(),
    dims={"unit": "dims/unit-0.parquet"},
    registers={"task": "dims/task-a1.parquet", "survey": "dims/survey-b2.parquet"},
)


def written(tmp_path: Path, manifest: Manifest) -> Manifest | None:
    for folder in ("parts", "dims"):
        (tmp_path / folder).mkdir(exist_ok=True)
    manifest.write(tmp_path)
    return read_manifest(tmp_path)


def test_moments_in_the_manifest_kept_their_day_and_lost_their_hour(tmp_path: Path) -> None:
    """Parts whose last dossier ended at 16:00 were left out of questions about 15:00."""
    assert written(tmp_path, MANIFEST) == MANIFEST


def test_a_version_names_its_batch_and_all_of_its_content(tmp_path: Path) -> None:
    version = MANIFEST.versioned().data_version
    assert version.startswith("7-")
    assert MANIFEST.versioned().versioned().data_version == version
    others = [
        replace(MANIFEST, parts=()),
        replace(MANIFEST, dims={"unit": "dims/unit-1.parquet"}),
        replace(MANIFEST, data_kind="sample"),
        replace(MANIFEST, timezone="UTC"),
    ]
    assert len({version, *(other.versioned().data_version for other in others)}) == 5


def test_a_part_is_left_out_only_where_none_of_it_can_be_alive() -> None:
    start, end = datetime(2026, 11, 15, 16), datetime(2026, 12, 1)
    assert PART.may_hold_alive(start, end)  # ended 5 ms after the start
    assert PART.may_hold_alive(PART.ended_to or start, end)
    assert not PART.may_hold_alive(datetime(2026, 11, 15, 16, 0, 0, 6000), end)
    assert not PART.may_hold_alive(datetime(2026, 9, 1), datetime(2026, 10, 1, 8))
    assert PART.may_hold_alive(datetime(2026, 9, 1), datetime(2026, 10, 1, 8, 0, 0, 1000))
    still_open = replace(PART, bucket="open", ended_from=None, ended_to=None)
    assert still_open.may_hold_alive(datetime(2030, 1, 1), datetime(2030, 1, 2))
    only_submitted = replace(still_open, received_from=None, submitted_from=start)
    assert only_submitted.may_hold_alive(start, end)
    assert not only_submitted.may_hold_alive(datetime(2026, 1, 1), start)

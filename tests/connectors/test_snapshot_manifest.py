"""A manifest reads back as it was written."""

import json
from dataclasses import asdict
from datetime import date, datetime

from connectors.snapshot.manifest import _from_json, _to_json


def test_moments_in_the_manifest_kept_their_day_and_lost_their_hour():
    """Parts whose last dossier ended at 16:00 were skipped for questions about 15:00 of that day."""
    from connectors.snapshot.manifest import Manifest, Part

    def filled(cls, **known):
        return cls(**{name: known.get(name) for name in cls.__dataclass_fields__})

    part = filled(Part, fact="dossier", path="parts/x.parquet", ended_to=datetime(2026, 11, 15, 16))
    manifest = filled(
        Manifest,
        calendar_span=(date(1970, 1, 1), date(2099, 12, 31)),
        working_hours=((0, 1),),
        data_until=datetime(2026, 11, 15, 17, 0, 0, 5000),
        parts=(part,),
        dims={},
    )
    assert asdict(_from_json(json.loads(_to_json(manifest)))) == asdict(manifest)

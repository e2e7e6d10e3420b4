"""A file larger than what is held in memory at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.intake import IntakeRefused, import_file
from connectors.settings import Settings
from tests.bounds import set_bounds
from tests.connectors.intake.conftest import GOOD, HEADER, add_catalogue

MEASURED = """
import resource, sys
from connectors.database.session import open_database
from connectors.intake import import_file
from connectors.settings import Settings
settings = Settings(database_url=sys.argv[1], data_dir=sys.argv[2])
report = import_file(open_database(sys.argv[1]), settings, sys.argv[3], sys.argv[4],
                     refresh_snapshot=False)
print(report.rows_inserted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.proof
def test_a_large_file_is_streamed(
    sqlite_database: Engine, settings: Settings, tmp_path: Path, mapping_file: Path
) -> None:
    add_catalogue(sqlite_database)
    count = 1_200_000
    path = tmp_path / "lon.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write(HEADER + ",Ghi chú\n")
        for place in range(count):
            out.write(GOOD.replace("HS-1", f"HS-{place}") + "," + "x" * 500 + "\n")
    assert path.stat().st_size > 600 << 20
    arguments = [settings.database_url, str(tmp_path / "d"), str(path), str(mapping_file)]
    result = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    inserted, peak = (int(word) for word in result.stdout.split())
    assert inserted == count
    # A fixed read-ahead and 20 bytes a code; the whole file as a frame would need twice as much.
    assert peak < 1300


def test_a_file_of_one_endless_line_is_refused(
    sqlite_database: Engine,
    settings: Settings,
    tmp_path: Path,
    mapping_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_bounds(monkeypatch, line_bytes=1_000_000)
    path = tmp_path / "dai.csv"
    path.write_text(f"{HEADER}\n" + "x" * 2_000_000, encoding="utf-8")
    with pytest.raises(IntakeRefused, match="dòng 2"):
        import_file(sqlite_database, settings, path, mapping_file)

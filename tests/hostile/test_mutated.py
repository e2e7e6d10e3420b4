"""Two hundred hostile files through both ways in: the command line's and the screens'.

Whoever asks lives; each file gets a report or a sentence in Vietnamese; nothing is half stored.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.intake import ImportReport, IntakeRefused, import_file
from connectors.registers import RegisterReport, import_register
from connectors.settings import Settings
from connectors.workspace import file_name
from pages.records import taking
from tests.bounds import set_bounds
from tests.hostile.conftest import NOW, Clerk, counts
from tests.hostile.mutate import Hostile, hostile
from tests.turns import at_each_change
from ui.kit import register_files

FILES = 200
_PARTS = 8
_KEPT = (1, 4, 7)
"""At each change: seventy-five of the files."""
_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")


def by_screen(database: Engine, settings: Settings, file: Hostile) -> tuple[Any, str | None]:
    """A trial: report and problem, as the screens' functions give them."""
    if file.register is not None:
        content = {file.name: file.content}
        try:
            report = register_files.take_in(file.register, content, named=None, dry_run=True)
        except IntakeRefused as refused:
            return None, str(refused)
        return report, None
    upload = io.BytesIO(file.content)
    upload.name = file.name
    folder, main, _ = taking.kept(upload, None)
    with folder:
        assert main.stat().st_mode & 0o777 == 0o600
        order = taking.Order("mau-nhap-ho-so", main, None, True, False, Clerk().actor)
        outcome = taking.take_in(database, settings, order, ("x",), lambda *_: None)
    return outcome.report, outcome.problem


def by_command(database: Engine, settings: Settings, path: Path, file: Hostile) -> Any:
    """An import for good, as the command line does it."""
    if file.register is not None:
        return import_register(
            database, settings, file.register, path, by="Lan", now=NOW, refresh_snapshot=False
        )
    return import_file(database, settings, path, "mau-nhap-ho-so", now=NOW, refresh_snapshot=False)


@pytest.mark.parametrize("part", at_each_change(range(_PARTS), _KEPT))
def test_every_hostile_file_gets_a_sentence_and_nothing_is_half_stored(
    database: Engine,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    screens: None,
    part: int,
) -> None:
    set_bounds(monkeypatch, memory_mb=1024)  # what dies of it dies sooner
    before = counts(database)
    for seed in range(part, FILES, _PARTS):
        file = hostile(seed)
        tried, problem = by_screen(database, settings, file)
        assert counts(database) == before, f"the trial of file {seed} was stored"
        assert (tried is None) == (problem is not None)
        path = tmp_path / file_name(file.name)
        path.write_bytes(file.content)
        try:
            report = by_command(database, settings, path, file)
        except IntakeRefused as refused:
            assert_sentence(seed, str(refused))
            assert counts(database) == before, f"file {seed} was refused and stored"
            assert problem is not None, f"file {seed} is refused by one way only"
            continue
        assert problem is None, f"file {seed} is refused by one way only: {problem}"
        for rejection in report.first_rejected:
            assert_sentence(seed, rejection.sentence())
        after = counts(database)
        assert_whole(seed, before, after, report, file)
        before = after


def assert_sentence(seed: int, text: str) -> None:
    """Vietnamese, and neither a trace nor a class of ours."""
    assert _VIETNAMESE.search(text), f"file {seed}: {text}"
    assert not re.search(r"Traceback|Error\b|Exception|polars|sqlalchemy", text), text


def assert_whole(
    seed: int, before: dict[str, int], after: dict[str, int], report: Any, file: Hostile
) -> None:
    """Exactly the batch's accepted and rejected rows were stored."""
    more = {name: after[name] - before[name] for name in after}
    if isinstance(report, ImportReport):
        expected = ("dossier", "rejected_row", "import_batch")
    else:
        assert isinstance(report, RegisterReport)
        assert file.register is not None
        expected = (file.register, "register_rejection", "register_batch")
    stored = tuple(more[name] for name in expected)
    assert stored == (report.rows_inserted, report.rows_rejected, 1), f"file {seed}"

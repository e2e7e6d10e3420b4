"""The municipal log (CoSeLoG, J.C.A.M. Buijs): 71,63% by the hour, 76,75% by the day, and why."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from connectors.engine import Scope, open_facts
from connectors.intake import import_file
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.core.ask import Ask
from metrics.dossiers.readings import READINGS, Pair
from metrics.dossiers.walk import Count, because, behind, walk

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def same_day_after_the_hour(path: Path) -> set[str]:
    """Told from the file alone: ended later than due, on the day that it was due."""

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(AMSTERDAM)

    with path.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["enddate"]]
    ends = {row["case_id"]: (moment(row["enddate"]), moment(row["deadline"])) for row in rows}
    return {key for key, (end, due) in ends.items() if end > due and end.date() <= due.date()}


def test_the_difference_opens_to_exactly_its_68_dossiers(
    sqlite_database: Engine, settings: Settings, shared_data: Path
) -> None:
    held = settings.model_copy(update={"timezone": "Europe/Amsterdam"})
    file = shared_data / "coselog" / "cases.csv"
    import_file(sqlite_database, held, file, "coselog", refresh_snapshot=False)
    refresh(sqlite_database, held)
    facts = open_facts(held, Scope(None))
    ask = Ask(date(2009, 1, 1), date(2012, 12, 31), facts.calendar)
    pair = Pair(READINGS["form-timestamp"], READINGS["form-day"])
    found = walk(facts, ask, pair)
    assert (found.start, found.to) == (Count(952, 1329), Count(1020, 1329))
    (step,) = found.steps
    assert (step.token, step.count) == ("same_day-late-on", 68)
    rows = behind(facts, ask, pair, step.token).collect(backend="polars").to_native()
    assert set(rows["code"]) == same_day_after_the_hour(file)
    assert rows.height == 68
    assert because(found) == (
        "Biểu II.06a, so theo giờ, phút: 71,63% (952/1.329); biểu II.06a, so theo ngày: 76,75% "
        "(1.020/1.329). Chênh 5,12 điểm: 68 hồ sơ cùng ngày, muộn giờ (không đúng hạn "
        "→ đúng hạn)."
    )

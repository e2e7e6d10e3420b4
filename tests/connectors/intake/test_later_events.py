"""Two files, the second with later events only: the week before is what it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from connectors.engine import Facts, Scope, open_facts
from connectors.intake import ImportReport
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.__main__ import main
from metrics.core.ask import DEFINITIONS, Ask, Compare, DueKind, source_ends
from metrics.core.measure import measure
from metrics.core.names import unit_names
from metrics.core.periods import period_of
from metrics.core.rows import rows
from metrics.dossiers.apologies import apologies
from metrics.dossiers.attention import attention
from metrics.dossiers.catalogue import FIGURES
from metrics.dossiers.drift import Step, as_reported, drift
from metrics.dossiers.drift import said as told
from metrics.dossiers.lateness import Filters, group_of
from metrics.dossiers.listing import listing
from metrics.dossiers.quality import checks
from metrics.dossiers.review import review, unit_table
from metrics.dossiers.units import unit_figures
from tests.connectors.intake.conftest import MAPPING

FIRST, LAST = date(2025, 6, 2), date(2025, 6, 8)
ALL = list(FIGURES.values())
WHOLE = (
    MAPPING.replace('end_kind = "result"', "")
    .replace("[columns]", '[columns]\nend_kind = { column = "Kết quả", optional = true }')
    .replace("[constants]\n", "")
    .replace(
        "[units.resolving]",
        """
[values.end_kind]
"Trả kết quả" = "result"
"Từ chối" = "refused"

[[children]]
kind = "pauses"
constants = { kind = "supplement" }
columns.from_at = { column = "Dừng từ", optional = true }
columns.to_at = { column = "Dừng đến", optional = true }

[[children]]
kind = "apologies"
columns.issued_at = { column = "Xin lỗi", optional = true }
columns.new_due_at = { column = "Hẹn lại", optional = true }

[units.resolving]""",
    )
)
HEADER = (
    "Mã hồ sơ,Tiếp nhận,Hẹn trả,Kết thúc,Kết quả,Dừng từ,Dừng đến,Xin lỗi,Hẹn lại,"
    "Kênh,Đơn vị,Thủ tục"
)


def line(code: str, received: str, due: str, *rest: str) -> str:
    cells = [code, received, due, *rest, *[""] * (6 - len(rest))]
    return ",".join([*cells, "Trực tiếp", "Phường Hà Đông", "1.001"])


D = "/06/2025 "
LATE = ("HS-LATE", f"02{D}08:00", f"05{D}17:00", f"06{D}10:00", "Trả kết quả")
OPEN = ("HS-OPEN", f"02{D}08:00", f"06{D}17:00")
SOON = ("HS-SOON", f"03{D}08:00", f"10{D}17:00")
SEEN = ("HS-SEEN", f"04{D}08:00", f"12{D}17:00")
WAIT = ("HS-WAIT", f"04{D}08:00", f"11{D}17:00")
SORRY = ("HS-SORRY", f"01{D}08:00", f"03{D}17:00")
NEWEST = ("HS-NEWEST", f"09{D}09:00", f"19{D}17:00")
FIRST_FILE = [LATE, OPEN, SOON, SEEN, WAIT, SORRY, NEWEST]
LATER = {
    # a later due date after an end that was late, an extension, a refusal, a pause, an apology
    "HS-LATE": ("HS-LATE", f"02{D}08:00", f"20{D}17:00", f"06{D}10:00", "Trả kết quả"),
    "HS-OPEN": ("HS-OPEN", f"02{D}08:00", f"25{D}17:00"),
    "HS-SOON": ("HS-SOON", f"03{D}08:00", f"10{D}17:00", f"11{D}08:00", "Trả kết quả"),
    "HS-SEEN": ("HS-SEEN", f"04{D}08:00", f"12{D}17:00", f"12{D}08:00", "Từ chối"),
    "HS-WAIT": ("HS-WAIT", f"04{D}08:00", f"11{D}17:00", "", "", f"10{D}08:00", ""),
    "HS-SORRY": (
        *("HS-SORRY", f"01{D}08:00", f"30{D}17:00"),
        *("", "", "", "", f"12{D}08:00", f"30{D}17:00"),
    ),
    "HS-NEW": ("HS-NEW", f"13{D}08:00", f"23{D}17:00"),
}


Take = Callable[..., ImportReport]


def ask_of(facts: Facts, **asked: Any) -> Ask:
    return Ask(FIRST, LAST, facts.calendar, ends=source_ends(facts.sources), **asked)


def answers(facts: Facts) -> list[pl.DataFrame]:
    """Every figure in every way, with the rows behind it."""
    found = []
    ways = product(DEFINITIONS, get_args(Compare), get_args(DueKind), (None, datetime(2025, 6, 6)))
    for definition, compare, due, as_of in ways:
        ask = ask_of(facts, definition=definition, compare=compare, due=due, as_of=as_of)
        # A group of which nothing is counted may be there with 0 or be missing.
        some = pl.max_horizontal("numerator", "denominator", "unknown") > 0
        found.append(measure(facts, ALL, [ask], ["unit_id"]).filter(some))
    return found


def screens(settings: Settings) -> list[pl.DataFrame]:
    """What screens read of the week: home, one unit, quality, apologies, lists with their rows."""

    def opened(alive: tuple[datetime, datetime]) -> Facts:
        return open_facts(settings, Scope(), alive=alive)

    facts, week = open_facts(settings, Scope()), period_of("week", FIRST)
    found = []
    for definition in DEFINITIONS:
        ask = ask_of(facts, definition=definition)
        home, unit = review(opened, ask, week), unit_figures(opened, ask, week)
        lines = attention(home, unit_names(facts.units), {}, facts.sources)
        found += [
            *(home.series, home.now, home.before, home.year_before, home.late, home.steps),
            *(pl.DataFrame({"line": [repr(line) for line in lines]}), unit_table(home)),
            *(unit.headline, *unit.groups.values(), checks(facts, facts, ask)),
            apologies(facts, ask, Filters()),
        ]
    ask = ask_of(facts)
    for key in ("late", "pending", "received", "due_soon"):
        listed = listing(facts, group_of(key), ask, Filters())
        found += [listed.top, listed.ageing, listed.causes, listed.units]
        found.append(pl.DataFrame({"counts": [str(listed.counts), str(listed.cells)]}))
    return found


def printed(settings: Settings, *words: str) -> str:
    """What the command line says of the week."""
    env = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url}
    asked = (*words, "--from", f"{FIRST}", "--to", f"{LAST}", "--format", "csv")
    result = CliRunner().invoke(main, asked, env=env, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


COMMANDS = [(verb, key) for verb in ("show", "rows") for key in ("pending", "late", "on_time")]


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.proof])]
)
def database(request: pytest.FixtureRequest) -> Engine:
    """Each of both; PostgreSQL takes as long again, and is asked in `make proof`."""
    made: Engine = request.getfixturevalue(f"{request.param}_database")
    return made


@pytest.fixture
def two(
    take: Take, settings: Settings, database: Engine, mapping_file: Path
) -> tuple[Settings, list[pl.DataFrame]]:
    """Both files taken; what the week said after the first."""
    mapping_file.write_text(WHOLE, encoding="utf-8")
    own = settings.model_copy(update={"database_url": database.url.render_as_string(False)})
    take("\n".join([HEADER, *(line(*row) for row in FIRST_FILE)]))
    refresh(database, own)
    before = answers(open_facts(own, Scope()))
    take("\n".join([HEADER, *(line(*row) for row in LATER.values())]))
    refresh(database, own)
    return own, before


def test_later_events_change_no_answer_about_the_week(
    two: tuple[Settings, list[pl.DataFrame]],
) -> None:
    settings, before = two
    now = open_facts(settings, Scope())
    for was, found in zip(before, answers(now), strict=True):
        assert found.equals(was)
    assert set(now.dossier.collect().to_native()["code"]) > {"HS-NEW"}


def test_later_events_change_nothing_on_screens_and_the_command_line(
    take: Take, settings: Settings, database: Engine, mapping_file: Path
) -> None:
    mapping_file.write_text(WHOLE, encoding="utf-8")
    own = settings.model_copy(update={"database_url": database.url.render_as_string(False)})
    take("\n".join([HEADER, *(line(*row) for row in FIRST_FILE)]))
    refresh(database, own)
    before, said = screens(own), [printed(own, *words) for words in COMMANDS]
    take("\n".join([HEADER, *(line(*row) for row in LATER.values())]))
    refresh(database, own)
    for was, found in zip(before, screens(own), strict=True):
        assert_frame_equal(was, found, check_row_order=False)
    assert [printed(own, *words) for words in COMMANDS] == said
    as_known = [printed(own, *words, "--as-known", "#1") for words in COMMANDS]
    assert [text.replace(",#1,", ',"",') for text in as_known] == said  # it names its reading
    drifted = printed(own, "drift", "pending", "--as-known", "#1", "--as-of", "2025-06-09T09:00")
    assert drifted.splitlines()[1:] == []


def test_as_known_is_what_the_first_file_said(
    two: tuple[Settings, list[pl.DataFrame]],
) -> None:
    """Also at a moment that the later events reach: T after them, K before."""
    settings, before = two
    now, then = open_facts(settings, Scope()), open_facts(settings, Scope(), as_known=1)
    for was, found in zip(before, answers(then), strict=True):
        assert found.equals(was)
    codes = then.dossier.collect().to_native()["code"].unique().sort().to_list()
    assert codes == sorted(row[0] for row in FIRST_FILE)
    assert then.data_until == datetime(2025, 6, 9, 9)
    assert then.data_version != now.data_version


def test_drift_names_the_dossiers_that_make_the_difference(
    two: tuple[Settings, list[pl.DataFrame]],
) -> None:
    settings, _ = two
    now, then = open_facts(settings, Scope()), open_facts(settings, Scope(), as_known=1)
    until = datetime(2025, 6, 15)
    asks = (
        Ask(FIRST, date(2025, 6, 14), then.calendar, as_of=until),
        Ask(FIRST, date(2025, 6, 14), now.calendar, as_of=until),
    )
    for figure in ALL:
        sides = zip((then, now), asks, strict=True)
        ids = [set(rows_of(facts, figure.key, ask)) for facts, ask in sides]
        found = drift(then, now, figure, asks)
        listed = {each.dossier_id for each in found.moved if each.part == "numerator"}
        assert listed == ids[0] ^ ids[1], figure.key
    moved = {each.code: each for each in drift(then, now, FIGURES["pending"], asks).moved}
    assert moved.keys() == {"HS-SOON", "HS-SEEN", "HS-NEW"}
    assert moved["HS-SOON"].counts == "then"
    [step] = moved["HS-SOON"].steps
    assert (step.batch_id, {each.field for each in step.changes}) == (2, {"ended_at", "end_kind"})
    assert "ngày kết thúc: (trống) → 08:00 12/06/2025" in told(moved["HS-SEEN"].steps[0], name)
    assert moved["HS-NEW"].steps == (Step(2, "new"),)


def name(of: str, key: int) -> str:
    return f"{of} {key}"


def test_reported_is_known_at_the_end_of_the_day_by_which_every_source_came() -> None:
    # What somebody withdraws on a screen brings no source in.
    finished = [(1, 8, "file"), (1, 9, "pull"), (2, 10, "withdrawal"), (2, 11, "file")]
    finished += [(1, 12, "file"), (3, 28, "file")]
    batches = pl.DataFrame(
        [(source, datetime(2025, 6, day, 6), kind) for source, day, kind in finished],
        schema={"source_id": pl.Int32, "finished_at": pl.Datetime("ms"), "kind": pl.String},
        orient="row",
    )
    end = datetime(2025, 6, 9)
    for days, day in ((1, 9), (7, 11), (30, 28)):
        known = datetime(2025, 6, day, 23, 59, 59, 999_000)
        assert as_reported(batches, end, days) == known
    assert as_reported(batches, datetime(2025, 6, 29), 7) is None


def rows_of(facts: Facts, key: str, ask: Ask) -> list[int]:
    found: pl.DataFrame = rows(facts, FIGURES[key], ask).collect(backend="polars").to_native()
    return found["dossier_id"].to_list()


def test_history_is_never_changed_or_deleted(
    two: tuple[Settings, list[pl.DataFrame]], database: Engine
) -> None:
    with database.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM dossier_history")).scalar_one()
    assert kept == len(LATER) - 1
    for statement in (
        "UPDATE dossier_history SET code = 'x'",
        "DELETE FROM dossier_history",
    ):
        with pytest.raises(DBAPIError, match="never"), database.begin() as connection:
            connection.execute(text(statement))

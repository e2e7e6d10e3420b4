"""From a row of the call list to a deed, to the unit's answer, to next week's row and papers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from connectors.calling import Deed, act
from connectors.database.models import Dossier, Unit
from connectors.database.session import open_database
from connectors.settings import Settings
from metrics.core.periods import parse_period
from reports.briefing import briefing
from reports.deck import deck
from reports.material import Material
from reports.opening import Wanted, asked
from tests.pages.kit import fill, shown, submit
from tests.pages.links import links, rows_with
from tests.pages.week.clocks import Tuesday, at

WEEK, NEXT = "week:2026-W25", "week:2026-W26"
ASKED = "Đề nghị giải trình vì sao chưa xin lỗi"
ANSWERED = "Đã rà soát, đã gửi văn bản xin lỗi"
WARD = "Phường Dương Nội"


def bodies(app: AppTest) -> str:
    return "\n".join(str(part.proto.body) for part in app.get("html"))


def test_a_ward_is_asked_answers_and_next_week_shows_it(
    reviewed: Settings,
    unit: Callable[[str], int],
    as_role: Callable[[str, int | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ward, other = unit(WARD), unit("Phường Kiến Hưng")
    as_role("leader", None)
    home = shown("week", None, period=WEEK)
    assert f"call={ward}" in bodies(home)
    home = shown("week", None, period=WEEK, call=str(ward))
    fill(home, **{f"entry_explain_{ward}_text": ASKED})
    submit(home, "Gửi yêu cầu")
    assert [one.value for one in home.success] == [f"Đã yêu cầu {WARD} giải trình."]
    assert "Yêu cầu giải trình 22/06, hạn 25/06: chưa trả lời" in bodies(home)
    # The same thing is not asked twice in a week.
    home = shown("week", None, period=WEEK, call=str(ward))
    submit(home, "Gửi yêu cầu")
    assert "hãy đôn đốc thay vì hỏi lại" in home.error[0].value

    # The ward meets it on its own home, and nobody else does.
    as_role("unit", other)
    assert ASKED not in bodies(shown("week", None, period=WEEK))
    at(monkeypatch, Tuesday)
    as_role("unit", ward)
    home = shown("week", None, period=WEEK)
    assert ASKED in bodies(home)
    task = bodies(home).partition("answer=")[2].partition('"')[0].partition("&")[0]
    home = shown("week", None, period=WEEK, answer=task)
    fill(home, **{f"entry_task_update_{task}_note": ANSWERED})
    submit(home, "Gửi trả lời")
    assert "Được yêu cầu" not in " ".join(one.value for one in home.header)

    # A stranger to the ward may not open it, by whatever address.
    as_role("unit", other)
    home = shown("week", None, period=WEEK, answer=task, call=str(ward))
    assert ASKED not in bodies(home)
    assert ANSWERED not in bodies(home)

    as_role("leader", None)
    said = f"Yêu cầu giải trình 22/06, hạn 25/06: đã trả lời 23/06: “{ANSWERED}”"
    home = shown("week", None, period=NEXT)
    assert said in bodies(home).replace("&quot;", "“")
    assert "Kỳ đang diễn ra: số liệu chưa trọn kỳ." in [one.value for one in home.caption]
    material = Material(asked(reviewed, Wanted(parse_period(NEXT))))
    for report in (deck(material), briefing(material)):
        assert said in repr(report)
    # As of the Monday before, nobody had answered.
    before = Material(asked(reviewed, Wanted(parse_period(NEXT), as_of=datetime(2026, 6, 22, 12))))
    assert ANSWERED not in repr(briefing(before))
    # It is no part of the year's tasks.
    assert material.tasks is not None
    assert all(row["kind"] != "weekly" for row in material.programmes.to_dicts())


def test_a_role_that_may_not_ask_is_not_offered_it(
    unit: Callable[[str], int], as_role: Callable[[str, int | None], None]
) -> None:
    for role in ("presenter", "unit"):
        as_role(role, None)
        home = shown("week", None, period=WEEK, call=str(unit(WARD)))
        assert not [button for button in home.button if button.label == "Gửi yêu cầu"]
        assert "call=" not in bodies(home)


def _asked(reviewed: Settings, unit: int) -> None:
    engine = open_database(reviewed.database_url)
    deed = Deed("explain", unit, unit, ASKED, due_on=date(2026, 6, 24))
    how = {"by": "Lan", "at": datetime(2026, 6, 22, 1, tzinfo=UTC)}
    act(engine, reviewed, deed, **how)  # type: ignore[arg-type]
    engine.dispose()


def test_what_is_past_its_day_is_a_reason_that_opens_to_its_rows(
    reviewed: Settings, unit: Callable[[str], int], as_role: Callable[[str, int | None], None]
) -> None:
    ward = unit(WARD)
    _asked(reviewed, ward)
    as_role("leader", None)
    home = bodies(shown("week", None, period=NEXT))
    assert "1 yêu cầu quá hạn chưa trả lời" in home
    to = f"figure=tasks_past_due&amp;units={ward}&amp;when=weekly"
    assert to in home
    tasks = shown(
        "tasks", None, period=NEXT, figure="tasks_past_due", units=str(ward), when="weekly"
    )
    (row,) = rows_with(tasks, "Nhiệm vụ", "Hạn")
    assert row["Nhiệm vụ"].startswith(ASKED)
    # By itself it is looked at, not among the year's.
    assert ASKED not in bodies(shown("tasks", None, period=NEXT))


def test_a_unit_without_dossiers_meets_what_it_is_asked(
    reviewed: Settings, as_role: Callable[[str, int | None], None]
) -> None:
    """The screen ended at "no dossiers", before what the unit was asked."""
    engine = open_database(reviewed.database_url)
    with engine.connect() as connection:
        having = select(Dossier.resolving_unit_id).where(Dossier.resolving_unit_id.is_not(None))
        none = select(Unit.id).where(
            Unit.id.not_in(having), Unit.level == "commune", Unit.valid_to.is_(None)
        )
        quiet = int(connection.execute(none.order_by(Unit.id).limit(1)).scalar_one())
    engine.dispose()
    _asked(reviewed, quiet)
    as_role("unit", quiet)
    home = shown("week", None, period=NEXT)
    assert ASKED in bodies(home)
    assert "Chưa có hồ sơ nào" in " ".join(each.value for each in home.markdown)


def test_from_a_figure_a_unit_is_asked_about_that_figure(
    unit: Callable[[str], int], as_role: Callable[[str, int | None], None]
) -> None:
    ward = unit(WARD)
    as_role("leader", None)
    page = shown("units", None, period=WEEK, unit=str(ward))
    asks = [to for label, to in links(page) if label == "Yêu cầu giải trình, giao việc"]
    (to,) = [each for each in asks if "about=pending_overdue" in each]
    assert f"call={ward}" in to
    home = shown("week", None, period=WEEK, call=str(ward), about="pending_overdue")
    text = str(home.text_area(key=f"entry_explain_{ward}_text").value)
    assert text.startswith("Đề nghị giải trình: ")
    assert "Tuần 25" in text
    submit(home, "Gửi yêu cầu")
    task = shown("tasks", None, period=NEXT, when="weekly")
    (number,) = {to.partition("task=")[2].split("&")[0] for _, to in links(task) if "task=" in to}
    opened = shown("tasks", None, period=NEXT, when="weekly", task=number)
    (figures,) = [to for label, to in links(opened) if label == "Mở số liệu"]
    assert "figure=pending_overdue" in figures
    assert f"unit={ward}" in figures
    # Who may not ask is offered nothing.
    as_role("presenter", None)
    page = shown("units", None, period=WEEK, unit=str(ward))
    assert not [to for _, to in links(page) if "about=" in to]

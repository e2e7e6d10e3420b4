"""Every register on its screen: a row opens, is mended, withdrawn with a reason, restored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from connectors.database.audit import Audit
from connectors.database.registers import TABLES
from connectors.database.session import open_database
from connectors.engine import Scope, open_facts
from connectors.registers import REGISTERS, history, row, standing, withdrawn
from connectors.settings import Settings
from connectors.snapshot import refresh
from metrics.registers import FRAMES
from metrics.registers.columns import TEXT
from tests.pages import kit
from tests.pages.conftest import WHO
from tests.pages.links import html
from tests.register_rows import what_the_examples_lack
from tests.turns import at_each_change

SCREEN: Final = {
    "field": "procedures",
    "procedure": "procedures",
    "programme": "tasks",
    "task": "tasks",
    "task_update": "tasks",
    "reminder": "tasks",
    "inspection": "inspections",
    "finding": "inspections",
    "finding_check": "inspections",
    "feedback": "feedback",
    "target": "targets",
    "commitment": "targets",
    "unit_rating": "targets",
    "index_score": "indices",
    "indicator_value": "reported",
    "form_row": "reported",
    "survey": "service",
    "service_component": "service",
    "unit_head": "units",
    "event": "data",
}
"""Register → the screen on which its rows are entered."""
_KEPT: Final = dict(zip(SCREEN.values(), SCREEN, strict=True)).values()
"""A register of each screen."""
_ALL: Final = Scope(None)


@pytest.fixture(scope="module")
def settings(with_examples: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    found = kit.copy_of(with_examples, tmp_path_factory.mktemp("mended"))
    engine = open_database(found.database_url)
    at = datetime(2026, 6, 10, 9, tzinfo=UTC)
    what_the_examples_lack(engine, found, {"by": "Lan", "at": at, "refresh_snapshot": False})
    refresh(engine, found)
    engine.dispose()
    return found


@pytest.fixture
def database(settings: Settings) -> Iterator[Engine]:
    engine = open_database(settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    kit.place(settings, monkeypatch)
    return kit.new_app()


@pytest.fixture(scope="module", autouse=True)
def _own_caches() -> Iterator[None]:
    kit.forget()
    yield
    kit.forget()


def _press(at: AppTest, label: str, key: str = "") -> None:
    found = [b for b in at.button if b.label == label and key in f"{b.form_id} {b.key}"]
    assert found, f"no button “{label}” {key}: {[each.label for each in at.button]}"
    found[0].click().run()
    assert not at.exception


def _standing(settings: Settings, register: str) -> set[int]:
    """What figures see of a register from now on."""
    held = open_facts(settings, _ALL).registers.at(datetime.now() + timedelta(days=1))
    return set(held[register].collect().to_native()[REGISTERS[register].own_id])


def test_every_register_has_a_screen() -> None:
    assert set(SCREEN) == set(REGISTERS)


@pytest.mark.parametrize("register", at_each_change(REGISTERS, _KEPT))
def test_a_row_is_mended_withdrawn_and_restored(
    at: AppTest, settings: Settings, database: Engine, register: str
) -> None:
    declared = REGISTERS[register]
    number = standing(database, register, settings.zone, scope=_ALL)[0][0]
    column = next(
        each for each in reversed(declared.fields)
        if each.kind == TEXT and each.target not in declared.key and each.name != "province_code"
    )  # fmt: skip
    part = {"part": "events"} if register == "event" else {}
    kit.shown(SCREEN[register], at, row=f"{register}-{number}", **part)
    assert f"{declared.label}, dòng" in html(at)

    # Any column is mended: each has its widget, and what is typed is written and told.
    form = f"mend_{register}_{number}"
    keys = {str(widget.key) for kind in ("text_input", "text_area", "selectbox", "date_input",
            "number_input", "checkbox", "radio", "datetime_input", "multiselect")
            for widget in at.get(kind)}  # fmt: skip
    assert {f"{form}_{each.name}" for each in declared.fields} <= keys
    widget = at.text_area if column.length == -1 else at.text_input
    widget(key=f"{form}_{column.name}").set_value("Sửa trên màn hình")
    _press(at, "Ghi sửa đổi", form)
    kept = row(database, register, number, settings.zone, scope=_ALL)
    assert kept is not None
    assert kept[str(column.target)] == "Sửa trên màn hình"
    told = history(database, register, number, scope=_ALL)
    assert (told["by"][0], told["new"][0]) == (WHO, "Sửa trên màn hình")

    # Without a reason nothing is withdrawn.
    _press(at, "Rút khỏi sổ", f"withdraw_{register}_{number}")
    assert "hãy ghi lý do" in " ".join(error.value for error in at.error)
    at.text_area(key=f"withdraw_{register}_{number}_reason").set_value("nhập nhầm")
    _press(at, "Rút khỏi sổ", f"withdraw_{register}_{number}")
    assert not at.error
    gone = withdrawn(database, register, settings.zone, scope=_ALL)
    assert (gone["row_id"][0], gone["by"][0], gone["reason"][0]) == (number, WHO, "nhập nhầm")
    assert "đã rút khỏi sổ" in " ".join(warning.value for warning in at.warning)
    if register in FRAMES:
        assert number not in _standing(settings, register)

    _press(at, "Khôi phục", f"restore_{register}_{number}")
    assert withdrawn(database, register, settings.zone, scope=_ALL).is_empty()
    if register in FRAMES:
        assert number in _standing(settings, register)
    with database.connect() as connection:
        noted = list(connection.execute(select(Audit.action).order_by(Audit.id)).scalars())
    assert noted[-3:] == ["edit", "withdraw", "reinstate"]


def test_a_row_is_found_by_its_words(at: AppTest, settings: Settings, database: Engine) -> None:
    every = standing(database, "finding", settings.zone, scope=_ALL)
    number, words = every[0]
    kit.shown("inspections", at)
    at.selectbox(key="ledger_inspection").set_value("finding").run()
    at.text_input(key="ledger_inspection_text").set_value(words.split(" · ")[0].upper()).run()
    assert not at.exception
    assert f"row=finding-{number}" in html(at)
    at.text_input(key="ledger_inspection_text").set_value("không có dòng nào thế").run()
    assert "Không có dòng nào như vậy." in " ".join(text.value for text in at.caption)


def test_nonsense_opens_nothing(at: AppTest, database: Engine) -> None:
    for given in ("task-x", "survey-1", "task-99999999", "task"):
        kit.shown("tasks", at, row=given)
        assert "row_panel" not in html(at)
        assert "Sửa nhiệm vụ" not in {each.label for each in at.expander}
    with database.connect() as connection:
        assert connection.execute(select(TABLES["task"].c.id)).first() is not None

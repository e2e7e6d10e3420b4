"""The home screen on the sample with its registers: promises and indices among what to decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from connectors.database.models import Unit
from connectors.database.session import open_database
from connectors.engine import Scope
from connectors.registers import Entry, amend, save_all
from connectors.settings import Settings
from connectors.snapshot import read_manifest
from metrics.targets.terms import STATES
from pages.targets import data as target_data
from pages.tasks import data as task_data
from tests.pages import kit
from tests.pages.links import follow, rows_with
from tests.pages.week.listed import listed
from tests.register_models import Programme, Target, Task
from tests.screens import on
from ui.shell import data
from ui.shell.view import default_view

END = date(2026, 6, 28)


@pytest.fixture(scope="module")
def settings(with_registers: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return kit.copy_of(with_registers, tmp_path_factory.mktemp("promises"))


@pytest.fixture
def at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with kit.installed(settings, monkeypatch):
        yield kit.new_app()


def _links(at: AppTest) -> list[str]:
    return [one.sentence for one in listed(at)]


def _unit(engine: Engine, name: str) -> int:
    with engine.connect() as connection:
        query = select(Unit.id).where(Unit.name == name, Unit.valid_to.is_(None))
        return int(connection.execute(query).scalar_one())


def test_a_signed_target_at_risk_is_said_with_its_arithmetic(at: AppTest) -> None:
    at.query_params["period"] = "week:2026-W26"
    at.run()
    assert not at.exception
    lines = _links(at)
    promise = next(line for line in lines if "nguy cơ không đạt cam kết “Hồ sơ" in line)
    assert "< 98%" in promise
    assert any("PAPI 2024 của Hà Nội" in line and "giảm 14 bậc" in line for line in lines)
    assert any("nhiệm vụ quá hạn" in line for line in lines)
    assert any("tồn tại kiểm tra quá hạn" in line for line in lines)


def test_of_one_ward_only_its_own_promises_are_said(at: AppTest, settings: Settings) -> None:
    engine = open_database(settings.database_url)
    ward = _unit(engine, "Phường Dương Nội")
    engine.dispose()
    at.query_params["period"] = "week:2026-W26"
    at.query_params["unit"] = str(ward)
    at.run()
    assert not at.exception
    lines = _links(at)
    assert not any("PAPI" in line for line in lines)
    assert not any(line.startswith("Thành phố Hà Nội ") for line in lines)


def test_a_target_lists_who_signed_it_the_worst_first_and_opens_their_dossiers(
    at: AppTest, settings: Settings
) -> None:
    """Of a commitment at risk only the count was seen, not its arithmetic nor its dossiers."""
    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        query = select(Target.id).join(Programme).where(Programme.code == "MH-KH-CCHC")
        target = connection.execute(query.where(Target.code == "1")).scalar_one()
    engine.dispose()
    at.query_params["period"] = "week:2026-W26"
    at.run()
    on(at, "targets")
    at.query_params["target"] = str(target)
    at.run()
    assert not at.exception
    signed = rows_with(at, "Đơn vị cam kết", "Cách đánh giá")
    assert len(signed) == 12
    words = [row["Tình trạng"].split(" ", 1)[1] for row in signed]
    order = list(STATES.values())
    assert [order.index(word) for word in words] == sorted(order.index(word) for word in words)
    assert "< 98%" in signed[0]["Cách đánh giá"]
    unit = _unit(open_database(settings.database_url), signed[0]["Đơn vị cam kết"])
    follow(at, signed[0]["Đơn vị cam kết"])
    assert "".join(at.query_params["unit"]) == str(unit)
    assert "".join(at.query_params["figure"]) == "not_on_time"


def test_what_one_reader_was_shown_is_not_shown_to_another(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged targets were kept by version and view alone: whoever came second saw the first's."""
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    engine = open_database(settings.database_url)
    ward = _unit(engine, "Phường Dương Nội")
    engine.dispose()
    manifest = read_manifest(settings.snapshot_dir)
    assert manifest is not None
    version = manifest.version
    view = default_view(manifest.data_until)
    monkeypatch.setattr(data, "scope_of_reader", lambda: Scope(None))
    everybody = target_data.review(version, view)[1]
    monkeypatch.setattr(data, "scope_of_reader", lambda: Scope(frozenset({ward})))
    own = target_data.review(version, view)[1]
    assert {one.row["unit_id"] for one in own} == {ward}
    assert len(everybody) > len(own)


def test_a_save_of_a_task_computes_no_dossier_again(
    at: AppTest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each save emptied every reader's cache of dossiers; now the task's own line is new."""
    computed: list[str] = []

    def counted(of: Any, name: str) -> None:
        real = getattr(of, name)

        def called(*given: Any, **more: Any) -> Any:
            computed.append(name)
            return real(*given, **more)

        monkeypatch.setattr(of, name, called)

    counted(data, "review")
    counted(target_data, "review_promises")
    counted(task_data, "task_lines")
    at.query_params["period"] = "week:2026-W26"
    at.run()
    assert not at.exception
    assert sorted(set(computed)) == ["review", "review_promises", "task_lines"]
    before = [line for line in _links(at) if "nhiệm vụ quá hạn" in line]
    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        query = select(Task.id, Task.due_on).where(Task.due_on < END)
        due = {row.id: row.due_on for row in connection.execute(query)}
    how: dict[str, Any] = {"by": "Lan", "at": datetime(2026, 6, 28, tzinfo=UTC)}
    computed.clear()
    amend(engine, settings, "task", {"person": "Trần Thị Bình"}, key=min(due), **how)
    at.run()
    assert not at.exception
    assert computed == ["task_lines"]
    assert [line for line in _links(at) if "nhiệm vụ quá hạn" in line] == before != []
    later = {"due_on": date(2030, 1, 1)}
    save_all(engine, settings, [Entry("task", later, {"id": number}) for number in due], **how)
    at.run()
    assert computed == ["task_lines"] * 2
    assert not any("nhiệm vụ quá hạn" in line for line in _links(at))
    again = [Entry("task", {"due_on": day}, {"id": number}) for number, day in due.items()]
    save_all(engine, settings, again, **how)
    engine.dispose()

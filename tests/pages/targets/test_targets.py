"""The screen of targets: states, filters in the URL, a target that is added and mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.database.session import migrate, open_database
from connectors.registers import load_examples
from connectors.sample.load import load
from connectors.settings import PROJECT_ROOT, Settings
from connectors.snapshot import refresh


def _installation(folder: Path, *, with_examples: bool) -> Settings:
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    engine = open_database(settings.database_url)
    migrate(engine)
    load(engine, settings, end=date(2026, 6, 28), dossiers=600)
    if with_examples:
        load_examples(engine, settings, refresh_snapshot=False)
    refresh(engine, settings)
    engine.dispose()
    return settings


def _app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    return AppTest.from_file(str(PROJECT_ROOT / "ui" / "main.py"), default_timeout=120)


@pytest.fixture(scope="module")
def with_examples(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return _installation(tmp_path_factory.mktemp("targets"), with_examples=True)


@pytest.fixture
def at(with_examples: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    yield _app(with_examples, monkeypatch)
    st.cache_data.clear()
    st.cache_resource.clear()


def _open(at: AppTest, **params: str) -> AppTest:
    at.run()
    at.switch_page("../pages/targets/page.py")
    for name, value in params.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert not at.error
    return at


def _html(at: AppTest) -> str:
    return " ".join(str(block.proto.body) for block in at.get("html"))


def _submit(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception


def test_states_filters_and_a_new_target(at: AppTest) -> None:
    _open(at)
    page = _html(at)
    assert "17/17 = 100,0% ≥ 90%" in page
    assert "7/17 = 41,2% &lt; 60%" in page
    assert "không đo bằng số" in page
    assert "18 đơn vị ký" in page
    signers = at.dataframe[0].value
    assert len(signers) == 18
    assert set(signers["Kết quả"]) == {"đạt 0/1, chưa đánh giá 1"}

    at.selectbox(key="targets_state").set_value("missed").run()
    assert "".join(at.query_params["state"]) == "missed"
    assert "17/17" not in _html(at)
    assert "7/17 = 41,2% &lt; 60%" in _html(at)

    at.selectbox(key="targets_state").set_value("every").run()
    labels = at.selectbox(key="target_programme_new_0").options
    at.selectbox(key="target_programme_new_0").select(labels[0])
    at.text_input(key="target_code_new_0").set_value("M1")
    at.text_input(key="target_name_new_0").set_value("Đúng hạn quý II")
    units = at.selectbox(key="target_unit_new_0").options
    at.selectbox(key="target_unit_new_0").select(next(u for u in units if "Hà Nội" in u))
    at.selectbox(key="target_kind_new_0").select("Số liệu tính từ hồ sơ")
    at.text_input(key="target_metric_new_0").set_value("on_time")
    at.selectbox(key="target_operator_new_0").select("Từ … trở lên")
    at.date_input(key="target_from_new_0").set_value(date(2026, 4, 1))
    at.date_input(key="target_to_new_0").set_value(date(2026, 5, 31))
    _submit(at, "Thêm chỉ tiêu")
    # Without the limit that the operator needs nothing is taken.
    assert "Mức dưới" in " ".join(error.value for error in at.error)
    at.text_input(key="target_low_new_0").set_value("1%")
    _submit(at, "Thêm chỉ tiêu")
    assert any("Đã thêm chỉ tiêu" in done.value for done in at.success)
    assert "Đúng hạn quý II" in _html(at)
    assert "≥ 1%" in _html(at)
    assert "Từ 01/04/2026 đến 31/05/2026" in _html(at)

    opened = next(o for o in at.selectbox(key="targets_open").options if "quý II" in o)
    at.selectbox(key="targets_open").select(opened).run()
    target = "".join(at.query_params["target"])
    assert "Theo cột của biểu II.06a (TT 01/2020)" in _html(at)
    at.text_input(key=f"target_low_{target}_1").set_value("100%")
    _submit(at, "Ghi sửa đổi")
    assert "≥ 100%" in _html(at)


def test_nonsense_in_the_url_is_named(at: AppTest) -> None:
    _open(at, state="tuyet-voi", programme="99999", target="x")
    warned = " ".join(warning.value for warning in at.warning)
    for part in ("state", "programme", "target"):
        assert f"“{part}” trong đường dẫn" in warned
    assert "tuyet-voi" not in warned, "a link could put words on the screen"


def test_without_a_register_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = _open(_app(_installation(tmp_path, with_examples=False), monkeypatch))
    assert "Chưa có chỉ tiêu nào" in " ".join(text.value for text in at.markdown)

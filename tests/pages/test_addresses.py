"""An address never breaks a screen: whatever it asks, a whole screen comes, and says what it
left out."""

from __future__ import annotations

import logging
from typing import Any, Final

import pytest
from streamlit.testing.v1 import AppTest

from pages.alerts import screen as alerts
from pages.feedback import screen as feedback
from pages.indices import screen as indices
from pages.inspections import screen as inspections
from pages.late import screen as late
from pages.procedures import screen as procedures
from pages.reconciling import screen as reconciling
from pages.reported import screen as reported
from pages.service import screen as service
from pages.targets import screen as targets
from pages.tasks import screen as tasks
from tests.screens import on
from tests.turns import at_each_change
from ui.shell import view
from ui.shell.registry import SCREENS

PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "week": (),
    "units": ("kind", "q", "units", "p", "only", "series"),
    "late": tuple(late.QUERY.parameters),
    "tasks": tuple(tasks.QUERY.parameters),
    "feedback": tuple(feedback.QUERY.parameters),
    "inspections": tuple(inspections.QUERY.parameters),
    "targets": tuple(targets.QUERY.parameters),
    "indices": tuple(indices.QUERY.parameters),
    "service": tuple(service.QUERY.parameters),
    "procedures": tuple(procedures.QUERY.parameters),
    "reported": tuple(reported.QUERY.parameters),
    "reconciling": tuple(reconciling.QUERY.parameters),
    "presenting": (),
    "alerts": tuple(alerts.QUERY.parameters),
    "data": ("part", "batch", "check", "mapping"),
    "admin": ("part", "account"),
}
"""Screen → its own parameters, beside the frame's."""

# Any text may be looked for, and these switch what is not there on a screen off.
_FREE: Final = {"q", "only", "series", "kind", "p", "units", "mapping", "batch", "check", "account"}

NONSENSE: Final = {
    "huge": "9" * 400,
    "float": "1.5e308",
    "nan": "NaN",
    "negative": "-1",
    "not a number": "²",
    "other digits": "٣١",
    "nul": "1\x00",
    "broken percent": "%E0%A4%A",
    "half a letter": "\ud800".encode("utf-8", "replace").decode(),
    "long": "x" * 20_000,
    "many": ["z"] * 40,
    "twice": ["x", "y"],
    "list": "1," * 2_000,
    "markup": "](https://ke-xau.example) <b> {} %s :material/delete:",
    "empty": "",
}

EDGES: Final = {
    "far": {"asof": "2098-12-31T23:59", "period": "year:2098"},
    "beyond": {"asof": "2100-12-31T23:59", "period": "custom:2000-01-01..2100-12-31"},
    "whole": {"asof": "2026-06-28", "period": "custom:2000-01-01..2098-12-31"},
    "early": {"asof": "2000-01-01", "period": "week:2000-W02"},
    "leap": {"asof": "2028-02-29T00:00", "period": "custom:2028-02-29..2028-02-29"},
    "no leap": {"asof": "2027-02-29", "period": "custom:2027-02-29..2027-02-29"},
    "year 1": {"asof": "0001-01-01", "period": "custom:0001-01-01..0001-01-02"},
    "year 9999": {"asof": "9999-12-31T23:59:59.999999", "period": "week:9999-W52"},
}


def _open(app: AppTest, page: str, query: dict[str, Any]) -> AppTest:
    app.query_params.clear()
    app.query_params.update(query)
    return on(app, page).run()


def _whole(app: AppTest, caplog: pytest.LogCaptureFixture) -> None:
    """The screen is there, to its foot, and nothing failed on the way."""
    assert not app.exception
    assert [record.getMessage() for record in caplog.records if record.levelno >= 40] == []
    assert [error.value for error in app.error] == []
    assert app.title


def _left_out(app: AppTest) -> str:
    return "\n".join(warning.value for warning in app.warning)


_KEPT: Final = ("week", "units", "late", "inspections", "procedures", "data", "admin")
"""At each change; the others' parameters are read by the same ``ui.kit.query``."""


@pytest.mark.parametrize("page", at_each_change((screen.key for screen in SCREENS), _KEPT))
def test_a_screen_outlives_any_address(
    app: AppTest, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    for name, value in NONSENSE.items():
        query = dict.fromkeys((*view.KEYS, *PARAMETERS[page]), value)
        found = _open(app, page, query)
        _whole(found, caplog)
        told = _left_out(found)
        assert len(told) < 5_000, name
        if name in ("empty", "other digits"):  # nothing is asked; numbers all the same
            continue
        for key in query:
            named = f"“{key}”" in told or key in ("unit", "period", "asof")
            assert named or key in _FREE, (name, key, told)
        assert "ke-xau" not in told
        assert "Đơn vị trong đường dẫn" in told or name in ("many", "list", "other digits"), told


# On a real server at each change: tests/hostile/test_addresses.py.
@pytest.mark.proof
@pytest.mark.parametrize("page", [screen.key for screen in SCREENS])
def test_a_screen_outlives_any_day(
    app: AppTest, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    for name, query in EDGES.items():
        found = _open(app, page, query)
        _whole(found, caplog)
        refused = name in ("beyond", "no leap", "year 1", "year 9999")
        assert refused == ("đường dẫn" in _left_out(found)), (name, _left_out(found))

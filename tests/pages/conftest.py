"""A small installation with sample data, and the app on it, run without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.session import migrate, open_database
from connectors.registers import load_examples
from connectors.sample.load import load
from connectors.settings import Settings
from connectors.snapshot import refresh
from tests.pages.kit import copy_of, installed, new_app, settings_of
from tests.signing_in import signed_in
from ui.shell import identity

EXAMPLES_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
"""When the shipped examples were loaded."""
SAMPLE_END = date(2026, 6, 28)
"""The last Sunday of the sample data: a fixed one, so that figures stay comparable."""


@dataclass(frozen=True)
class Installation:
    """Where the sample data lie; ``settings`` is what the app reads from the environment."""

    folder: Path
    settings: Settings


Made = Callable[..., Installation]


@pytest.fixture(scope="session")
def _made(made_once: Callable[..., Path]) -> Made:
    def made(dossiers: int, *, with_registers: bool = False) -> Installation:
        def make(folder: Path) -> None:
            settings = settings_of(folder)
            engine = open_database(settings.database_url)
            migrate(engine)
            load(engine, settings, end=SAMPLE_END, dossiers=dossiers, with_registers=with_registers)
            refresh(engine, settings)
            engine.dispose()

        folder = made_once(f"sample-{dossiers}", make)
        return Installation(folder, settings_of(folder))

    return made


@pytest.fixture(scope="session")
def sample_installation(_made: Made) -> Installation:
    """A few thousand dossiers of Hà Nội over 24 months, in the database and the snapshot."""
    return _made(9_000)


@pytest.fixture(scope="session")
def small_installation(_made: Made) -> Installation:
    """A few hundred dossiers, for tests of the other registers: to be copied (kit.copy_of)."""
    return _made(600)


@pytest.fixture(scope="session")
def with_registers(_made: Made) -> Settings:
    """The sample with its registers, as somebody meets it first: to be read, or copied."""
    return _made(1_500, with_registers=True).settings


@pytest.fixture(scope="session")
def with_examples(
    small_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The small installation with the shipped examples of registers: to be copied."""
    settings = copy_of(small_installation.settings, tmp_path_factory.mktemp("examples"))
    engine = open_database(settings.database_url)
    load_examples(engine, settings, now=EXAMPLES_AT)
    engine.dispose()
    return settings


_LOOK_UP = identity.look_up
_SOMEBODY = Reader(1, "kiem-thu", "Người kiểm thử", "admin", None, False, None)
WHO = "Người kiểm thử (kiem-thu)"
"""As what that reader enters stands in the registers."""


def is_sent_away(app: AppTest) -> bool:
    """Whether the run drew nothing but the way to the form, which is no screen."""
    sent = [part for part in app.get("html") if "dh-away" in part.proto.body]
    shown = app.title or app.text_input or app.dataframe or app.get("page_link") or app.selectbox
    return len(sent) == 1 and not shown


@pytest.fixture(autouse=True)
def _somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what the screens show: an administrator looks, on whatever installation."""
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (_SOMEBODY, False))


@pytest.fixture(scope="session")
def _cookies(sample_installation: Installation) -> dict[tuple[str, int | None], str]:
    """(role, unit) → the cookie of somebody who is signed in."""
    return {}


@pytest.fixture
def as_reader(
    sample_installation: Installation,
    _cookies: dict[tuple[str, int | None], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., None]:
    """Makes the app's reader somebody of a role and unit; ``None``: nobody is signed in.

    Everything is as in the app, but for the one place that reads the browser's cookies, which
    AppTest does not have.
    """
    monkeypatch.setattr("ui.shell.identity.look_up", _LOOK_UP)

    def become(role: str | None, unit_id: int | None = None) -> None:
        token = None
        if role is not None:
            token = _cookies.get((role, unit_id))
            if token is None:
                engine = open_database(sample_installation.settings.database_url)
                token = _cookies[role, unit_id] = signed_in(engine, role, unit_id=unit_id)
                engine.dispose()
        monkeypatch.setattr("ui.shell.identity.presented_token", lambda: token)

    return become


@pytest.fixture
def app(
    sample_installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[AppTest]:
    """The app on the sample installation, not run yet, signed in as an administrator."""
    with installed(sample_installation.settings, monkeypatch):
        yield new_app()

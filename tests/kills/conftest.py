"""The worker that is killed, and what is to be true afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, Final

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Engine, text

from connectors import audit
from connectors.settings import PROJECT_ROOT, Settings
from tests.connectors.intake.conftest import add_catalogue
from tests.connectors.privacy.conftest import OWNER_MAPPING

_PATIENCE: Final = 60
"""Seconds without a word."""


class Worker:
    """The worker process, and how to have its child killed."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._folder = folder
        self._mapping = folder / "co-chu.toml"
        self._mapping.write_text(OWNER_MAPPING, encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT_ROOT),
            "DATABASE_URL": settings.database_url,
            "DATA_DIR": str(settings.data_dir),
            "OWNER_KEY": ",".join(settings.owner_keys),
            "AUDIT_KEY": ",".join(settings.audit_keys),
            "TMPDIR": str(folder),
            "SETTINGS_FILE": os.devnull,
        }
        self._process = subprocess.Popen(
            [sys.executable, str(PROJECT_ROOT / "tests" / "kills" / "worker.py")],
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # ended with its child where it hangs
        )
        self._lines = Queue[str]()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def kill(
        self, job: str, name: str, delay: float, after: int = 0, **more: Any
    ) -> list[dict[str, Any]]:
        """Have a job done and killed after a while; what it said it had finished.

        ``after``: how many turns it is to have told before. ``more``: what else it is to know.
        """
        assert self._process.stdin is not None
        order = {"job": job, "name": name, "folder": str(self._folder), **more}
        self._process.stdin.write(json.dumps(order | {"mapping": str(self._mapping)}) + "\n")
        self._process.stdin.flush()
        child, said = 0, list[dict[str, Any]]()
        while (
            not (child and any("ready" in heard for heard in said))
            or sum(map(_is_finished, said)) < after
        ):
            heard = self._hear()
            assert "gone" not in heard, "the child ended by itself"
            child = heard.get("child", child)
            said.append(heard)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        while "gone" not in (heard := self._hear()):
            said.append(heard)
        return said

    def done(self, job: str, **more: Any) -> list[dict[str, Any]]:
        """Have a job done to its end; what it said."""
        assert self._process.stdin is not None
        order = {"job": job, "folder": str(self._folder), **more}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        said = list[dict[str, Any]]()
        while "gone" not in (heard := self._hear()):
            said.append(heard)
        return said

    def _hear(self) -> dict[str, Any]:
        """The next thing it says. A worker that says nothing for long is a fault, never a wait."""
        try:
            line = self._lines.get(timeout=_PATIENCE)
        except Empty:
            os.killpg(self._process.pid, signal.SIGKILL)
            pytest.fail(f"the worker said nothing for {_PATIENCE} s")
        found: dict[str, Any] = json.loads(line)
        assert "failed" not in found, found
        return found | {"at": time.monotonic()}

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def two_turns(self, job: str, name: str) -> float:
        """Seconds that a job takes for its first two turns on this machine today."""
        said = self.kill(job, name, 0, after=2)
        (ready,) = [heard["at"] for heard in said if "ready" in heard]
        _, second = [heard["at"] for heard in said if _is_finished(heard)][:2]
        return float(second - ready)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._listener.join(timeout=20)
        self._process.stdout.close()


def _is_finished(heard: dict[str, Any]) -> bool:
    return not heard.keys() & {"child", "ready"}


def _key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def installed(database: Engine, settings: Settings) -> Settings:
    made = settings.model_copy(
        update={
            "database_url": database.url.render_as_string(hide_password=False),
            "owner_key": SecretStr(f"{_key()},{_key()}"),
            "audit_key": SecretStr("a" * 40),
        }
    )
    add_catalogue(database)
    return made


@pytest.fixture
def worker(installed: Settings, tmp_path: Path) -> Iterator[Worker]:
    folder = tmp_path / "work"
    folder.mkdir()
    made = Worker(installed, folder)
    yield made
    made.close()


def numbers(database: Engine, query: str) -> list[Any]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def whole(database: Engine, settings: Settings) -> None:
    verdict = audit.verify(database, keys=settings.audit_keys)
    assert verdict.ok, verdict.sentence

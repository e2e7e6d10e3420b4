"""The Containerfile, carried out by hand where no engine is: the image runs and says it is well."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.settings import PROJECT_ROOT
from tests.conftest import missing
from tests.containerfile import Instruction, instructions
from tests.set_up.machine import lend, packages_environment

FILE = PROJECT_ROOT / "Containerfile"
PROGRAMS = ("mmdebstrap", "unshare", "chroot", "setpriv", "ip")
START_SECONDS = 180


class Stage:
    """A root, and what the instructions so far have said of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.user = root, "/", "0"
        self.environment: dict[str, str] = {}

    def do(self, one: Instruction, stages: dict[str, Stage]) -> None:
        """Carry out an instruction."""
        if one.name == "RUN":
            self._run(one.rest)
        elif one.name == "COPY":
            self._copy(one.words, stages)
        elif one.name == "WORKDIR":
            self.folder = one.rest
            (self.root / one.rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif one.name == "ENV":
            self.environment |= dict(word.split("=", 1) for word in one.words)
        elif one.name == "USER":
            self.user = one.rest

    def _run(self, script: str) -> None:
        words = ["chroot", str(self.root), "/usr/bin/env", "-i", *packages_environment()]
        lent = (self.root / "etc" / "lent").read_text().split()
        binds = "".join(
            f'mkdir -p "{self.root}{path}"; mount -o bind,ro "{path}" "{self.root}{path}"; '
            for path in lent
        )
        whole = (
            f"mount --make-rprivate /; mount -t proc proc {self.root}/proc; {binds} exec " + '"$@"'
        )
        subprocess.run(
            ["unshare", "-m", "/bin/sh", "-ec", whole, "sh", *words,
             "/bin/sh", "-ec", f"cd {self.folder}; {script}"],
            check=True,
            timeout=900,
        )  # fmt: skip

    def _copy(self, words: list[str], stages: dict[str, Stage]) -> None:
        here = PROJECT_ROOT
        if words[0].startswith("--from="):
            here = stages[words.pop(0).removeprefix("--from=")].root
        *sources, target = words
        into = self.root / (Path(self.folder) / target).as_posix().lstrip("/")
        for source in sources:
            path = here / source.lstrip("/")
            if path.is_dir():
                ignored = shutil.ignore_patterns("__pycache__") if here == PROJECT_ROOT else None
                shutil.copytree(path, into, symlinks=True, ignore=ignored, dirs_exist_ok=True)
            else:
                is_folder = target.endswith("/")
                (into if is_folder else into.parent).mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, into / path.name if is_folder else into)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The last stage, built."""
    if os.geteuid() != 0 or any(shutil.which(name) is None for name in PROGRAMS):
        missing(f"no root, or not installed: {', '.join(PROGRAMS)}", "REQUIRE_DEBIAN")
    folder = tmp_path_factory.mktemp("image")
    bare = folder / "bare"
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "bookworm", bare], check=True)
    stages: dict[str, Stage] = {}
    for one in instructions(FILE.read_text(encoding="utf-8")):
        if one.name == "FROM":
            name = one.words[-1]
            subprocess.run(["cp", "-a", bare, folder / str(len(stages))], check=True)
            stages[name] = Stage(folder / str(len(stages)))
            lend(stages[name].root)
        else:
            stages[name].do(one, stages)
    yield stages[name]
    shutil.rmtree(folder, ignore_errors=True)


def _script(image: Stage, data: Path) -> str:
    """Shell words that make the root read-only, as compose.yaml does, and run what follows."""
    root = image.root
    return (
        f"mount --make-rprivate /; mount --bind {root} {root}; mount -t proc proc {root}/proc; "
        f"mount --bind /dev {root}/dev; mount --bind {data} {root}/var/lib/dung-han; "
        f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp; mount -o remount,bind,ro {root}; "
        'ip link set lo up; exec setpriv --no-new-privs "$@"'
    )


def _words(image: Stage, *more: str) -> list[str]:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", **image.environment}
    told = [f"{name}={value}" for name, value in environment.items()]
    user = f"--userspec={image.user}:{image.user}"
    folder = f'cd {image.folder}; exec "$@"'
    return ["chroot", user, str(image.root), "/usr/bin/env", "-i", *told, *more,
            "/bin/sh", "-ec", folder, "sh"]  # fmt: skip


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_the_image_runs_as_nobody_on_a_read_only_root(image: Stage, tmp_path: Path) -> None:
    every = instructions(FILE.read_text(encoding="utf-8"))
    (health,) = (one.rest for one in every if one.name == "HEALTHCHECK")
    check = json.loads(health.split("CMD ")[1])
    command = next(one.words for one in every if one.name == "CMD")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    os.chown(data, int(image.user), int(image.user))
    database = "DATABASE_URL=sqlite:////var/lib/dung-han/dung-han.db"
    # One shell for all, so that they share the namespaces: migrate, the app, its health check.
    tries = " ".join(f"'{word}'" for word in check[:-1])
    ask = f'until {tries} "$CHECK" 2>/dev/null; do kill -0 $app || exit 3; sleep 1; done'
    runs = (
        ".venv/bin/python -m connectors migrate; "
        f"{' '.join(command)} & app=$!; {ask}; touch /opt/x 2>/dev/null && exit 4; "
        "id -u; .venv/bin/python -m connectors --version; kill $app"
    )
    words = _words(image, database, "SETTINGS_FILE=/dev/null", f"CHECK={check[-1]}")
    apart = ["unshare", "-m", "-n", "-p", "-f", "--kill-child", "/bin/sh", "-ec"]
    done = subprocess.run(
        [*apart, _script(image, data), "sh", *words, "/bin/sh", "-ec", runs],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert f"\n{image.user}\nĐúng Hạn " in done.stdout
    assert (data / "snapshot" / "manifest.json").exists()

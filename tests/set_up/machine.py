"""A whole Debian of the test's own: its smallest system, with systemd, in namespaces.

It sees neither the files, processes, network nor control groups of the machine that it runs on.
Only what fetches packages is run in that machine's network, by the machine's own way to packages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.conftest import missing

_HERE: Final = Path(__file__).parent
_PROGRAMS: Final = ("mmdebstrap", "unshare", "nsenter", "chroot", "ip")
_GROUPS: Final = Path("/sys/fs/cgroup")
_BOOT_SECONDS: Final = 60
_PLACES: Final = ("find-links", "index-url", "extra-index-url")
_NOT_LENT: Final = ("cert", "constraint")
"""Of pip's settings: files of the machine's own."""


@dataclass
class Machine:
    """A booted Debian. ``run`` types something there."""

    root: Path
    first: int
    folder: str = "/root"

    def enter(self, *, network: bool) -> list[str]:
        """The words before a command that is to run there."""
        spaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", *(["--net"] * network)]
        return ["nsenter", f"--target={self.first}", *spaces, "--root", "--wdns=/"]

    def run(self, script: str, *, packages: bool = False) -> str:
        """Run lines of a shell where the last ones ended; what they said. RuntimeError if one
        failed. ``packages``: they fetch packages from outside."""
        whole = f"cd {self.folder}\nset -e\n{script}\npwd > /run/test-folder\n"
        done = subprocess.run(
            [*self.enter(network=not packages), "/usr/bin/env", "-i", *_environment(packages),
             "/bin/bash", "-c", whole],
            capture_output=True,
            text=True,
            timeout=900,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{script}\n{done.stdout}\n{done.stderr}")
        self.folder = self.run_plain("cat /run/test-folder").strip()
        return done.stdout + done.stderr

    def run_plain(self, command: str) -> str:
        """What a command said, whatever its exit code."""
        words = [*self.enter(network=True), "/usr/bin/env", "-i", *_environment(False)]
        done = subprocess.run([*words, "/bin/bash", "-c", command], capture_output=True, text=True)
        return done.stdout

    def python_in_its_network(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python of this machine in that one's network: a browser beside it."""
        words = ("nsenter", f"--net=/proc/{self.first}/ns/net", sys.executable, *words)
        return subprocess.run(words, capture_output=True, text=True, timeout=300)


def packages_environment() -> list[str]:
    """``NAME=value`` of what fetches packages from outside, after :func:`lend`."""
    return _environment(packages=True)


def _environment(packages: bool) -> list[str]:
    plain = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    plain |= {"HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
    if packages:
        plain |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        plain.pop("PIP_CONSTRAINT", None)
        plain["PIP_CERT"] = "/etc/lent.crt"
    return [f"{name}={value}" for name, value in plain.items()]


def lend(root: Path) -> None:
    """The machine's own way to packages: where pip is told to look, and whose word it takes.

    ``etc/lent`` then names the folders that an index on this machine lies in. Whoever makes them
    seen in the root makes them so for reading only.
    """
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    words = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(words, capture_output=True, text=True).stdout
    named = dict(re.findall(r"^global\.([\w-]+)='(.*)'$", told, re.MULTILINE))
    named = {name: text.replace("\\n", "\n    ") for name, text in named.items()}
    lines = [f"{name} = {text}\n" for name, text in named.items() if name not in _NOT_LENT]
    (root / "etc" / "pip.conf").write_text("[global]\n" + "".join(lines), encoding="utf-8")
    where = " ".join([*(named.get(name, "") for name in _PLACES), *_told_by_environment()])
    # An index refers to files beside it: the second folder of its path is lent whole.
    paths = {Path(*Path(path).parts[:3]) for path in re.findall(r"(/[\w./-]+)", where)}
    kept = sorted(str(path) for path in paths if path.is_dir() and len(path.parts) == 3)
    (root / "etc" / "lent").write_text("".join(f"{path}\n" for path in kept), encoding="utf-8")
    own = os.environ.get("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(own, root / "etc" / "lent.crt")


def _told_by_environment() -> list[str]:
    return [os.environ.get(f"PIP_{name.upper().replace('-', '_')}", "") for name in _PLACES]


@contextmanager
def debian(root: Path) -> Iterator[Machine]:
    """The smallest Debian 12 with systemd, booted in that folder; ended and deleted afterwards."""
    absent = [name for name in _PROGRAMS if shutil.which(name) is None]
    if absent or os.geteuid() != 0:
        missing(f"no root, or not installed: {', '.join(absent)}", "REQUIRE_DEBIAN")
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", "--include=systemd,systemd-sysv,dbus",
         "bookworm", root],
        check=True,
    )  # fmt: skip
    lend(root)
    with _groups() as joined, subprocess.Popen(
        ["/bin/sh", "-c", f"{joined} exec unshare -p -m -u -i -n -C -f --kill-child "
         f'/bin/sh {_HERE / "boot.sh"} "{root}"'],
        stdin=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield _booted(root, process)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _groups() -> Iterator[str]:
    """Shell words that join a control group of the test's own."""
    v2 = (_GROUPS / "cgroup.controllers").exists()
    own = (_GROUPS if v2 else _GROUPS / "systemd") / f"dung-han-test-{os.getpid()}"
    own.mkdir()
    try:
        yield f'echo $$ > "{own}/cgroup.procs";'
    finally:
        for path in sorted(own.rglob("*/"), reverse=True):
            with suppress(OSError):
                path.rmdir()
        with suppress(OSError):
            own.rmdir()


def _booted(root: Path, process: subprocess.Popen[bytes]) -> Machine:
    """Wait until systemd answers."""
    until = time.monotonic() + _BOOT_SECONDS
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and time.monotonic() < until:
        first = children.read_text().split()
        if first:
            machine = Machine(root, int(first[0]))
            state = machine.run_plain("systemctl is-system-running --wait").strip()
            if state.splitlines()[-1:] in (["running"], ["degraded"]):
                return machine
        time.sleep(0.2)  # systemd tells nobody outside when it is up
    raise RuntimeError("Debian did not boot")

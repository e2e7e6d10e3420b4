"""docs/set-up.md, followed to the letter by a script in a bare Debian (`make proof`)."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Iterator

import pytest

from connectors.settings import PROJECT_ROOT
from tests.set_up.machine import Machine, debian

PAGE = PROJECT_ROOT / "docs" / "set-up.md"
UNITS = ("dung-han", "dung-han@8502", "nginx", "postgresql", "nftables", "dung-han-backup.timer")


def blocks(text: str) -> list[str]:
    """The commands of a page: its blocks of ``sh``, in order, as they stand there."""
    found = re.findall(r"^[ ]*```sh\n(.*?)^[ ]*```$", text, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def steps() -> list[str]:
    """Those of the set-up itself."""
    return blocks(PAGE.read_text(encoding="utf-8").split("\n## ")[0])


def hook() -> str:
    """The one of "When a service fails"."""
    (found,) = blocks(PAGE.read_text(encoding="utf-8").split("## When a service fails")[1])
    return found


def test_the_page_has_its_steps() -> None:
    """Each numbered step has commands, and they name the files that are there."""
    text = PAGE.read_text(encoding="utf-8").split("\n## ")[0]
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [str(n) for n in range(1, 11)]
    whole = "\n".join(steps())
    assert len(steps()) == 10
    for name in re.findall(r"\bops/[\w.-]+\w", whole):
        assert (PROJECT_ROOT / name).is_file(), name
    for unit in re.findall(r"dung-han[\w@-]*\.timer", whole):
        assert (PROJECT_ROOT / "ops" / unit).is_file(), unit
    assert "on-failure" in hook()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A bare Debian with the release's archive in root's folder, and the page followed there."""
    root = tmp_path_factory.mktemp("debian") / "root"
    with debian(root) as bare:
        archive = root / "root" / "dung-han.tar.gz"
        kept = ["git", "archive", "--format=tar.gz", "-o", str(archive), "HEAD"]
        subprocess.run(kept, cwd=PROJECT_ROOT, check=True)
        for step in steps():
            bare.run(step, packages="apt-get" in step or "pip install" in step)
        yield bare


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_somebody_signs_in(machine: Machine) -> None:
    for unit in UNITS:
        assert machine.run(f"systemctl is-active {unit}").strip() == "active", unit
    assert machine.run("systemctl --failed --plain --no-legend").strip() == ""
    told = machine.run("cat /var/lib/dung-han/mat-khau-dau-tien.txt")
    (once,) = re.findall(r"Mật khẩu dùng một lần: (\S+)", told)
    picture = PROJECT_ROOT / "test-results" / "set-up.png"
    picture.parent.mkdir(exist_ok=True)
    said = machine.python_in_its_network(
        "-m", "tests.set_up.sign_in", "https://dung-han.example.vn", "quan-tri", once, str(picture)
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip()
    assert once not in machine.run("journalctl --no-pager")
    used = machine.run("grep -c . /var/log/nginx/dung-han.log")
    assert int(used) > 5


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_units_as_systemd_sees_them(machine: Machine) -> None:
    said = machine.run(
        "systemd-analyze verify /etc/systemd/system/dung-han.service "
        "/etc/systemd/system/dung-han-backup.service /etc/systemd/system/dung-han-audit.service"
    )
    assert "dung-han" not in said
    assert "policy drop" in machine.run("nft list chain inet filter input")
    listening = machine.run("cat /proc/net/tcp | awk '$4==\"0A\" {print $2}'").split()
    outside = {int(one.split(":")[1], 16) for one in listening if not one.startswith("0100007F")}
    assert outside == {80, 443}
    assert "postgres" not in machine.run("id dung-han")


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_a_failure_is_told_and_goes_with_the_next_success(machine: Machine) -> None:
    failed = "sudo -u dung-han .venv/bin/python -m connectors failed"
    machine.run("install -m 0755 /dev/stdin /etc/dung-han/on-failure <<'END'\n#!/bin/sh\n"
                'echo "$1" > /var/lib/dung-han/told\nEND')  # fmt: skip
    machine.run("chown root /var/backups/dung-han")
    machine.run_plain("systemctl start dung-han-backup")
    machine.run_plain(
        "systemctl start dung-han-failed@dung-han-backup.service.service"
    )  # waits for it
    told = machine.run_plain(f"cd /opt/dung-han; {failed}")
    assert "dung-han-backup.service: lỗi lúc" in told
    assert "exit-code" in told
    assert machine.run("cat /var/lib/dung-han/told").strip() == "dung-han-backup.service"
    assert "dung-han-backup" in machine.run("journalctl -p err --no-pager -u 'dung-han*'")
    machine.run("chown dung-han /var/backups/dung-han; systemctl start dung-han-backup")
    assert "Không có dịch vụ nào đang lỗi" in machine.run_plain(f"cd /opt/dung-han; {failed}")
    machine.run("systemctl start dung-han-audit")


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_a_killed_process_comes_back(machine: Machine) -> None:
    machine.run("systemctl kill --signal=KILL dung-han@8502")
    ready = "curl -fsS --retry 60 --retry-all-errors --retry-delay 1 http://127.0.0.1:8502/readyz"
    assert '"database":true' in machine.run(ready)


def test_blocks_are_read_as_they_stand() -> None:
    text = "1. a\n\n   ```sh\n   one \\\n     two\n   ```\n\n```sh\nthree\n```\n```toml\nx\n```\n"
    assert blocks(text) == ["one \\\n  two\n", "three\n"]

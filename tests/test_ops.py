"""The example files of operations: their syntax, where the machine has what reads it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from connectors.settings import PROJECT_ROOT, Settings
from tools.audit_packages import verdict

OPS = PROJECT_ROOT / "ops"
UNITS = sorted(path.name for path in OPS.glob("*.service")) + sorted(
    path.name for path in OPS.glob("*.timer")
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    folder = tmp_path / "tls"
    folder.mkdir()
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=test", "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return folder


def test_nginx_reads_its_file(tmp_path: Path, certificate: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx on this machine")
    site = (OPS / "nginx.conf").read_text(encoding="utf-8")
    site = site.replace("/etc/ssl/dung-han", str(certificate))
    site = site.replace("/var/log/nginx", str(tmp_path))
    whole = tmp_path / "whole.conf"
    whole.write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ access_log off;\n"
        + "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + site
        + "}"
    )
    done = subprocess.run(
        [nginx, "-t", "-q", "-c", whole, "-e", tmp_path / "errors"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_reads_the_units(tmp_path: Path, unit: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    for name in UNITS:
        text = (OPS / name).read_text(encoding="utf-8")
        text = text.replace("/opt/dung-han/.venv/bin/python", shutil.which("true") or "/bin/true")
        text = re.sub("^(After|Wants)=.*$", "", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(text, encoding="utf-8")
    named = unit.replace("@.", "@x.")
    if named != unit:
        shutil.copy(tmp_path / unit, tmp_path / named)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / named],
        capture_output=True,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    complaints = [
        line for line in done.stderr.splitlines() if str(tmp_path) in line or named in line
    ]
    assert (done.returncode, complaints) == (0, [])


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".timer")])
def test_timers_go_by_the_clock_of_the_country(unit: str) -> None:
    """A server's own clock is often UTC: the night would then be the middle of the morning."""
    (when,) = re.findall(r"^OnCalendar=(.*)$", (OPS / unit).read_text(encoding="utf-8"), re.M)
    assert when.endswith(" Asia/Ho_Chi_Minh")


def test_the_firewalls_file_is_one_that_the_kernel_takes() -> None:
    """Checked in a network of its own, by the kernel that would load it."""
    if shutil.which("nft") is None or os.geteuid() != 0:
        pytest.skip("no nft, or not root")
    words = ["unshare", "--net", "nft", "--check", "--file", str(OPS / "nftables.conf")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_every_service_is_as_hardened_as_the_others(unit: str) -> None:
    first, *_ = (OPS / "dung-han.service").read_text(encoding="utf-8").split("# Nothing of")[1:]
    hard = first.split("\n\n")[0].strip()
    assert hard in (OPS / unit).read_text(encoding="utf-8")


def test_the_proxy_closes_what_is_nobodys_business_and_logs_no_searches() -> None:
    text = (OPS / "nginx.conf").read_text(encoding="utf-8")
    bare = re.sub(r"#.*", "", text)
    (log,) = re.findall(r"log_format (.*?);", bare, re.DOTALL)
    assert "$request " not in log
    assert not re.search(r"\$(request_uri|args|query_string|http_referer)", log)
    (closed,) = re.findall(r"location ~ (\S+)", bare)
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "/_stcore/script-health-check"):
        assert re.search(closed, path)
    assert not re.search(closed, "/_stcore/health")
    # X-Real-IP is what attempts are counted by: never the visitor's own word.
    assert set(re.findall(r"X-Real-IP (\S+);", bare)) == {"$remote_addr"}


def test_the_example_environment_is_what_settings_know(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (OPS / "dung-han.env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name.lower() for name in given} <= set(Settings.model_fields)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings().behind_proxy
    assert given["OWNER_KEY"] == given["AUDIT_KEY"] == ""


_WEAK = '{"name": "b", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}'
_WELL = '{"name": "a", "version": "1", "vulns": []}'
_UNKNOWN = '{"name": "c", "skip_reason": "Dependency not found"}'


@pytest.mark.parametrize(
    ("said", "code", "text"),
    [
        (f'{{"dependencies": [{_WELL}]}}', 0, "1 packages asked about, 0 with"),
        (f'{{"dependencies": [{_WELL}, {_WEAK}]}}', 1, "b 1: X-1, mended in 2"),
        (f'{{"dependencies": [{_WELL}, {_UNKNOWN}]}}', 0, "Not asked about: c."),
        (f'{{"dependencies": [{_UNKNOWN}]}}', 0, "NOT AUDITED"),
        ('{"dependencies": []}', 0, "NOT AUDITED"),
        ("", 0, "NOT AUDITED"),
    ],
)
def test_what_the_audit_of_packages_says(said: str, code: int, text: str) -> None:
    found = verdict(said, "ConnectionError: no route")
    assert found[0] == code
    assert text in found[1]

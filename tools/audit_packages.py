"""Ask the public database of weaknesses about every package that is installed beside this Python.

    python tools/audit_packages.py

Exit code 1 when a package has a known weakness. Without the network nothing can be asked: that is
said in so many words and ends with 0, because it is no fault of the program's. "Not found" counts
as not asked: behind some proxies that is all one gets to hear.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import Any

SECONDS = 600


def main() -> int:
    if importlib.util.find_spec("pip_audit") is None:
        print("NOT AUDITED: pip-audit is not installed (requirements-audit.txt; no network?).")
        return 0
    arguments = [
        "-m",
        "pip_audit",
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--desc",
        "off",
    ]
    try:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        print(f"NOT AUDITED: the database of weaknesses did not answer in {SECONDS} s.")
        return 0
    code, text = verdict(done.stdout, done.stderr)
    print(text)
    return code


def verdict(stdout: str, stderr: str) -> tuple[int, str]:
    """Exit code and what to say of what pip-audit has written."""
    try:
        found: list[dict[str, Any]] = json.loads(stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        why = next((line for line in reversed(stderr.splitlines()) if line.strip()), "no answer")
        return 0, f"NOT AUDITED: the database of weaknesses could not be asked ({why[:300]})."
    asked = [package for package in found if "skip_reason" not in package]
    skipped = [str(package["name"]) for package in found if "skip_reason" in package]
    weak = [package for package in asked if package["vulns"]]
    if not asked:
        return 0, "NOT AUDITED: the database of weaknesses knows none of the packages (a proxy?)."
    lines = [f"{len(asked)} packages asked about, {len(weak)} with known weaknesses."]
    for package in weak:
        for hole in package["vulns"]:
            mended = ", ".join(hole["fix_versions"]) or "no version yet"
            lines.append(
                f"  {package['name']} {package['version']}: {hole['id']}, mended in {mended}"
            )
    if skipped:
        lines.append(f"Not asked about: {', '.join(sorted(skipped))}.")
    return int(bool(weak)), "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

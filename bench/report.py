"""What was measured, as Markdown."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

CONTESTANTS: Final = {
    "product": "Đúng Hạn",
    "pandas": "pandas",
    "sqlite": "SQL, SQLite",
    "postgresql": "SQL, PostgreSQL",
}
_TARGETS: Final = {1_000_000: 150, 10_000_000: 600}
_DOCUMENTS: Final = {
    ("trinh-chieu", "slides"): "deck, slides of the screen (HTML)",
    ("trinh-chieu", "pptx"): "deck, PPTX (target 5 s)",
    ("trinh-chieu", "pdf"): "deck, PDF (target 5 s)",
    ("bao-cao-tuan", "pdf"): "briefing, PDF (target 5 s)",
    ("bao-cao-tuan", "docx"): "briefing, DOCX (target 5 s)",
    ("bieu-ii06a", "xlsx"): "form II.06a by field, XLSX",
    ("bieu-ii06a-don-vi", "xlsx"): "form II.06a by unit with roll-ups, XLSX",
}


def machine(postgresql: str | None) -> str:
    """The machine and the versions, in one paragraph."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.+)", info)
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    libraries = ", ".join(f"{name} {version(name)}" for name in ("polars", "narwhals", "pandas"))
    import sqlite3

    servers = f"SQLite {sqlite3.sqlite_version}" + (f", {postgresql}" if postgresql else "")
    return (
        f"{os.cpu_count()} processors ({model[1] if model else 'unknown'}), "
        f"{int(memory[1]) / 1024**2:.0f} GB of memory, {platform.system()}; "
        f"Python {platform.python_version()}, {libraries}, {servers}."
        if memory
        else f"{os.cpu_count()} processors."
    )


def tables(results: dict[str, Any]) -> str:
    """All that was measured."""
    parts = [results["machine"], _load_line(results)]
    sizes = results["sizes"]
    parts.append(_home_table(sizes))
    parts.append(_path_table(sizes))
    if any("memory" in size for size in sizes):
        parts.append(_memory_table(sizes))
    if "messages" in results:
        parts.append(_message_table(results["messages"]))
    if "screen" in results:
        parts.append(_screen_lines(results["screen"]))
    return "\n\n".join(parts)


def _load_line(results: dict[str, Any]) -> str:
    loads = [load for size in results["sizes"] for load in size["load"]]
    return (
        f"{results['when']}; load average while measuring {min(loads):.1f}–{max(loads):.1f} "
        "(the benchmark's own work included). Minutes: "
        + ", ".join(f"{s['minutes']:.0f} at {_number(s['dossiers'])}" for s in results["sizes"])
        + "."
    )


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _home_table(sizes: list[dict[str, Any]]) -> str:
    rows = []
    for size in sizes:
        own = size["product"]["calls"]
        for name, label in CONTESTANTS.items():
            if name not in size:
                continue
            if "gave_up" in size[name]:
                rows.append([_number(size["dossiers"]), label, size[name]["gave_up"], *[""] * 4])
                continue
            calls = size[name]["calls"]
            target = _TARGETS.get(size["dossiers"]) if name == "product" else None
            rows.append(
                [
                    _number(size["dossiers"]),
                    label + (f" (target {target})" if target else ""),
                    _number(calls["median"]),
                    _number(calls["least"]),
                    _number(calls["first"]),
                    _number(calls["cpu"]) if name != "postgresql" else "–",
                    f"{calls['median'] / own['median']:.1f}",
                ]
            )
    head = [
        "dossiers",
        "home screen by",
        "median ms",
        "least ms",
        "first call ms",
        "processor ms",
        "times Đúng Hạn",
    ]
    return (
        "### All figures of the home screen\n\n"
        + _table(head, rows)
        + "\n\nAll contestants gave equal answers: "
        + "; ".join(
            f"{_number(size['product']['figures'])} numbers and {_number(size['product']['late'])} "
            f"late dossiers at {_number(size['dossiers'])}"
            for size in sizes
        )
        + "."
    )


def _path_table(sizes: list[dict[str, Any]]) -> str:
    rows = []
    for size in sizes:
        count, own = size["dossiers"], size["import"]
        target = " (target 100,000 rows/s)" if count in _TARGETS else ""
        rows.append(_step(count, f"import of the CSV into SQLite{target}", own, own, rows=count))
        for name, label in _LOADERS.items():
            if name in size["loaded"]:
                rows.append(_step(count, label, size["loaded"][name], own, rows=count))
        again, batch = size["told_again"], _number(size["batch"])
        label = "import of a later file, every row changed, what it was kept"
        rows.append(_step(count, label, again, rows=again["rows"]))
        rows.append(_step(count, "snapshot built anew", size["snapshot"], rows=count))
        rows.append(_step(count, f"import of a batch of {batch}", size["batch_import"]))
        rows.append(_step(count, f"snapshot brought in step after {batch}", size["refresh"]))
        for name in ("pandas", "sqlite", "postgresql"):
            loading = size.get(name, {}).get("loading")
            if loading:
                done = {"wall": loading["seconds"], "cpu": None, **loading}
                label = f"the facts made ready for {CONTESTANTS[name]}"
                rows.append(_step(count, label, done, rows=count))
    head = ["dossiers", "step", "s", "processor s", "rows/s", "peak MB", "times Đúng Hạn"]
    return "### The way of the data\n\n" + _table(head, rows)


_LOADERS: Final = {
    "pandas": "… by pandas into SQLite, nothing checked",
    "sqlite": "… by csv and executemany into SQLite, nothing checked or typed",
    "postgresql": "… by COPY into PostgreSQL, nothing checked",
}


def _step(
    count: int,
    label: str,
    done: dict[str, Any],
    own: dict[str, Any] | None = None,
    rows: int | None = None,
) -> list[str]:
    """A row of the table; ``own``: what the product took for the same."""
    if "gave_up" in done:
        return [_number(count), label, done["gave_up"], *[""] * 4]
    return [
        _number(count),
        label,
        f"{done['wall']:.1f}",
        "" if done["cpu"] is None else f"{done['cpu']:.1f}",
        _number(rows / done["wall"]) if rows else "",
        _number(done["peak_mb"]) if done.get("peak_mb") else "",
        f"{done['wall'] / own['wall']:.1f}" if own else "",
    ]


def _memory_table(sizes: list[dict[str, Any]]) -> str:
    labels = {
        "started": "started",
        "home": "Điều hành tuần",
        "don-vi": "Đơn vị",
        "ho-so-tre-han": "Hồ sơ trễ hạn",
        "peak": "peak",
    }
    rows = [
        [_number(size["dossiers"]), *(_number(size["memory"][key]) for key in labels)]
        for size in sizes
        if "memory" in size
    ]
    head = ["dossiers", *labels.values()]
    return (
        "### Memory of the app's process (MB), screens opened one after the other in Chromium\n\n"
        + _table(head, rows)
    )


def _message_table(found: dict[str, Any]) -> str:
    labels = {"first": "taken in (target 50,000 messages/s)", "again": "the same file again"}
    rows = [
        [
            label,
            f"{found[name]['wall']:.1f}",
            f"{found[name]['cpu']:.1f}",
            _number(found["messages"] / found[name]["wall"]),
            _number(found[name]["together_mb"]),
        ]
        for name, label in labels.items()
    ]
    head = ["", "s", "processor s", "messages/s", "peak MB of both processes"]
    return (
        f"### {_number(found['messages'])} messages of {_number(found['dossiers'])} dossiers "
        "from JSON lines into SQLite\n\n" + _table(head, rows)
    )


def _screen_lines(screen: dict[str, Any]) -> str:
    reruns = screen["reruns"]
    return (
        f"### The home screen on the sample data ({_number(screen['dossiers'])} dossiers)\n\n"
        + _table(
            ["", "ms"],
            [
                ["command typed → first figure in the browser", _number(screen["cold"] * 1000)],
                ["script, first run (nothing cached)", _number(reruns["first"])],
                ["script, run again (median)", _number(reruns["wall"])],
                ["… of which processor", _number(reruns["cpu"])],
            ],
        )
    )


def documents_tables(found: dict[str, Any]) -> str:
    """What :mod:`bench.documents` measured."""
    loads = [row["load"] for row in found["rows"]]
    parts = [
        found["machine"],
        f"{found['when']}; {_number(found['dossiers'])} dossiers, all units; deck and briefing of "
        f"{found['week']}, forms of {found['quarter']}; load average when a step began "
        f"{min(loads):.1f}–{max(loads):.1f} (the benchmark's own work included).",
        "### Documents\n\n" + _document_table(found["rows"]),
        "### A long list as XLSX\n\n" + _list_table(found["list"]),
    ]
    if "turning" in found:
        parts.append("### Slides in Chromium\n\n" + _turning_table(found["turning"]))
    return "\n\n".join(parts)


def _document_table(rows: list[dict[str, Any]]) -> str:
    head = [
        "document",
        "command s",
        "… processor s",
        "… peak MB",
        "figures s",
        "file s",
        "again: figures s",
        "file s",
        "… both, processor s",
        "times the home screen's figures",
        "kB",
        "load",
    ]
    return _table(head, [_document_row(row) for row in rows])


def _document_row(row: dict[str, Any]) -> list[str]:
    command, first, again = row.get("command"), row["first"], row["again"]
    both = [sum(side) for side in zip(again["figures"], again["file"], strict=True)]
    return [
        _DOCUMENTS[row["name"], row["layout"]],
        *(
            [f"{command['wall']:.1f}", f"{command['cpu']:.1f}", _number(command["peak_mb"])]
            if command
            else ["–", "–", _number(row["peak_mb"])]
        ),
        *(f"{part[name][0]:.2f}" for part in (first, again) for name in ("figures", "file")),
        f"{both[1]:.2f}",
        f"{both[1] / row['home'][1]:.1f}",
        _number(row["kb"]),
        f"{row['load']:.1f}",
    ]


def _list_table(found: dict[str, Any]) -> str:
    head = ["", "rows", "s", "processor s", "peak MB", "MB of file", "load"]
    reading, writing = found["reading"], found["writing"]
    both = [sum(side) for side in zip(reading, writing, strict=True)]
    return _table(
        head,
        [
            ["read", _number(found["read"]), *_seconds(reading), "", "", f"{found['load']:.1f}"],
            [
                f"written, its progress told {_number(found['told'])} times",
                _number(found["rows"]),
                *_seconds(writing),
                _number(found["peak_mb"]),
                f"{found['file_mb']:.0f}",
                "",
            ],
            ["both (target 30 s, 1,000 MB)", "", *_seconds(both), "", "", ""],
        ],
    )


def _seconds(sides: Sequence[float]) -> list[str]:
    return [f"{side:.1f}" for side in sides]


def _turning_table(found: dict[str, Any]) -> str:
    slides, keys = _number(found["slides"]), _number(found["keys"])
    return _table(
        ["", ""],
        [
            [f"key → next slide painted, {keys} keys, median ms (target 150)",
             f"{found['median']:.0f}"],
            ["… slowest ms", f"{found['slowest']:.0f}"],
            ["… messages to the app meanwhile", _number(found["messages"])],
            [f"… the app's processor in {found['seconds']:.0f} s, s", f"{found['app_cpu']:.2f}"],
            [f"address → whole deck of {slides} slides in the page, app just started, s",
             f"{found['opened']:.1f}"],
            ["load", f"{found['load']:.1f}"],
        ],
    )  # fmt: skip


def write_into(document: Path, text: str, mark: str = "measured") -> None:
    """Put the tables between two marks of the document."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    whole = document.read_text(encoding="utf-8")
    before, rest = whole.split(begin)
    _, after = rest.split(end)
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")

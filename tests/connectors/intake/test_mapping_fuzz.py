"""No mapping stops the program with an error of its own: it is read, or refused with a sentence."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.intake import IntakeRefused, load_mapping
from connectors.intake.mapping import SHIPPED, MappingError
from connectors.registers.mapping import SHIPPED as REGISTERS_SHIPPED
from connectors.registers.mapping import load_register_mapping
from tests.connectors.intake.conftest import MAPPING
from tests.connectors.intake.field_case import Office, office

__all__ = ["office"]

ODD: list[Any] = [
    *("", "x", "(", "[a-", "(?P<n>", "[(]", "\\", "%", "{}", "𝔸\u0000", "tệp" * 500, "env:"),
    *(0, -1, 10**30, 1.5, float("nan"), True, [], [""], ["a", "a"], [1], [[]], {}),
    *({"column": ""}, {"column": []}, {"column": "Tiếp nhận", "pattern": "(" * 300}),
    *({"a": {"b": "c"}}, "../../etc/passwd", "sqlite://", "SELECT", "*"),
]


def places(table: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = table.items() if isinstance(table, dict) else enumerate(table)
    found = []
    for key, value in items:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


def changed(table: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    table = copy.deepcopy(table)
    for _ in range(draw.randint(1, 3)):
        *above, last = draw.choice(places(table))
        inside: Any = table
        try:
            for key in above:
                inside = inside[key]
            match draw.randrange(3):
                case 0:
                    inside[last] = copy.deepcopy(draw.choice(ODD))
                case 1:
                    del inside[last]
                case _:
                    name = str(last)
                    inside[name[:-1] + "x" if name else "x"] = copy.deepcopy(draw.choice(ODD))
        except (KeyError, IndexError, TypeError):
            continue
    return table


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    signs = "".join(f"\\u{ord(s):04x}" if ord(s) < 32 or s in '"\\\x7f' else s for s in str(value))
    return f'"{signs}"'


def written(table: dict[str, Any], path: Path) -> Path:
    lines = (f"{toml(str(key))} = {toml(value)}" for key, value in table.items())
    path.write_text("\n".join(lines), "utf-8")
    return path


def said_of(load: Callable[[Path], Any], path: Path) -> str | None:
    """Why a mapping is refused; None when it is read."""
    try:
        load(path)
    except IntakeRefused as error:
        return str(error)
    return None


TEXTS = [MAPPING, *(path.read_text("utf-8") for path in sorted(SHIPPED.glob("*.toml")))]


@pytest.mark.parametrize("which", range(len(TEXTS)))
def test_a_mapping_is_read_or_refused_by_name(which: int, tmp_path: Path) -> None:
    draw = random.Random(which)
    table = tomllib.loads(TEXTS[which])
    said = [
        said_of(load_mapping, written(changed(table, draw), tmp_path / "a.toml"))
        for _ in range(300)
    ]
    refused = [text for text in said if text is not None]
    assert len(refused) > 100
    assert all("a.toml" in text for text in refused)


def test_a_registers_mapping_is_read_or_refused(tmp_path: Path) -> None:
    draw = random.Random(9)
    files = sorted(REGISTERS_SHIPPED.glob("*.toml"))
    tables = [tomllib.loads(path.read_text("utf-8")) for path in files]
    for _ in range(300):
        path = written(changed(draw.choice(tables), draw), tmp_path / "a.toml")
        assert said_of(load_register_mapping, path) != ""


def test_a_mapping_that_is_read_takes_a_file_in_or_refuses_it(office: Office) -> None:
    draw = random.Random(3)
    table = tomllib.loads((Path(__file__).parent / "field_cases" / "base.toml").read_text("utf-8"))
    done = 0
    while done < 25:
        path = written(changed(table, draw), office.folder / "a.toml")
        if said_of(load_mapping, path) is not None:
            continue
        done += 1
        taken = office.take("c01-sep.csv", path, "--dry-run")
        assert taken.exit_code in (0, 2), taken.text


@pytest.mark.parametrize(
    "pattern", ["[(]x", "(?P<n>H.*)", "(?i)(hs.*)", "\\(x", "(?:HS)", "(?-i:H)"]
)
def test_any_pattern_that_is_read_can_be_run(office: Office, pattern: str) -> None:
    mapping = office.own_mapping('"Số hồ sơ"', f"{{ column = 'Số hồ sơ', pattern = '{pattern}' }}")
    assert office.take("c01-sep.csv", mapping, "--dry-run").exit_code == 0


NO_SETTING = "không có thiết lập tên này; có phải"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[columns]", "[colums]", f"colums: {NO_SETTING} “columns”?"),
        ("encoding =", "encodng =", f"file.encodng: {NO_SETTING} “encoding”?"),
        ("scheme =", "schema =", f"units.resolving.schema: {NO_SETTING} “scheme”?"),
        ('= "result"', '= "rezult"', "end_kind: không có giá trị rezult (có phải “result”?)"),
        ("end_kind =", "end_knd =", "không có trường end_knd (có phải “end_kind”?)"),
        (
            "[constants]",
            '[values.channel]\n"a" = "onlin"\n[constants]',
            "values.channel: không có giá trị onlin (có phải “online”?)",
        ),
        (
            'column = "Kênh", optional',
            'column = "Kênh", optionl',
            f"columns.channel.optionl: {NO_SETTING} “optional”?",
        ),
    ],
)
def test_what_is_misspelt_is_told_with_the_nearest_right_word(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    text = MAPPING.replace('format = "csv"', 'format = "csv"\nencoding = "utf-8"')
    assert old in text
    path = tmp_path / "a.toml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(MappingError) as told:
        load_mapping(path)
    assert said in str(told.value)

"""The bounds of one file: what the handbook says of them, and what they come to."""

from __future__ import annotations

from connectors.parsing.bounds import shipped
from connectors.parsing.used_range import letters, number
from connectors.settings import PROJECT_ROOT


def test_the_handbook_has_the_values_of_the_file() -> None:
    text = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    bounds = shipped()
    for said in (
        f"{bounds.memory_mb:,} MB",
        f"{bounds.seconds:.0f} s, and {bounds.seconds_per_mb:.0f} s more a megabyte",
        f"{bounds.patience:.0f} times that",
        f"| columns | {bounds.columns:,} |",
        f"| {bounds.cells:,} |",
        f"| {bounds.entries:,}; {bounds.workbook_bytes >> 30} GB |",
        f"{bounds.unpacked_times} times its size, at least {bounds.unpacked_always >> 20} MB",
        f"| one line | {bounds.line_bytes >> 20} MB |",
        f"| blank lines of a text file | {bounds.blank_lines:,} |",
        f"| {bounds.register_rows:,} rows, {bounds.register_bytes >> 20} MB |",
        f"| a mapping | {bounds.mapping_bytes >> 10} KB |",
        f"more than {bounds.beyond_header} columns beyond the header",
        f"waits up to {bounds.wait_seconds:.0f} s",
    ):
        assert said in text, said


def test_a_larger_file_has_more_time() -> None:
    bounds = shipped()
    assert bounds.seconds_for(0) == bounds.seconds
    assert bounds.seconds_for(100 << 20) == bounds.seconds + 100 * bounds.seconds_per_mb


def test_columns_are_called_as_a_spreadsheet_does() -> None:
    for word, place in (("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16_384)):
        assert (number(word), letters(place)) == (place, word)

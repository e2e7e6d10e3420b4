"""Events on a chart: lines with short labels, marks of what is below, bands of days off."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go

from metrics.dossiers.events import DAYS_OFF, Event
from ui.kit.events import LINE, bands, column, draw, room

FIRST, LAST = date(2026, 1, 5), date(2026, 3, 29)


def _event(month: int, day: int, label: str = "Việc", **more: object) -> Event:
    begin = date(2026, month, day)
    return Event(begin, more.pop("until", None), label, more.pop("kind", "other"), **more)  # type: ignore[arg-type]


def _drawn(*events: Event) -> go.Figure:
    figure = go.Figure()
    draw(figure, events, FIRST, LAST)
    return figure


def _told(figure: go.Figure) -> list[tuple[str, int, str]]:
    return [(note.text, note.yshift, note.xanchor) for note in figure.layout.annotations]


def test_labels_stand_in_rows_of_their_own_beside_their_lines() -> None:
    early = _event(1, 12, "Phần mềm <một cửa> rất mới của Thành phố", is_rebase=True)
    late = _event(3, 25, "Chiến dịch")
    figure = _drawn(early, late)
    assert _told(figure) == [
        ("12/01: Phần mềm &lt;một cửa&gt;…", LINE, "left"),
        ("25/03: Chiến dịch", 0, "right"),
    ]
    assert figure.layout.annotations[0].hovertext.startswith("12/01/2026: Phần mềm &lt;một cửa&gt;")
    assert [shape.type for shape in figure.layout.shapes] == ["line", "line"]
    assert room((early, late)) == 2 * LINE


def test_what_is_of_a_part_or_one_too_many_has_a_mark_below_the_words() -> None:
    many = [_event(1, 6 + day, f"Việc {day}") for day in range(5)]
    below = _event(2, 2, "Của phường", unit_id=4, is_below=True)
    figure = _drawn(*many, below)
    marks = [each for each in _told(figure) if each[0] == "▾"]
    assert marks == [("▾", 0, "center")] * 2
    assert sorted(shift for text, shift, _ in _told(figure) if text != "▾") == [
        LINE * row for row in (1, 2, 3, 4)
    ]
    assert room((*many, below)) == 5 * LINE
    assert len(figure.layout.shapes) == 5


def test_a_band_stays_within_the_axis_and_days_off_have_no_words() -> None:
    off = _event(2, 16, kind=DAYS_OFF, until=date(2026, 2, 20))
    long = _event(3, 20, until=date(2026, 6, 1))
    before = Event(date(2025, 12, 1), date(2026, 1, 6), "Trước", "campaign")
    figure = _drawn(before, off, long)
    spans = [
        (shape.x0.date(), shape.x1.date()) for shape in figure.layout.shapes if shape.type == "rect"
    ]
    assert spans == [
        (FIRST, date(2026, 1, 7)),
        (date(2026, 2, 16), date(2026, 2, 21)),
        (date(2026, 3, 20), date(2026, 3, 30)),
    ]
    assert [text for text, _, _ in _told(figure)] == ["01/12: Trước", "20/03: Việc"]
    assert "Dải xám" in bands((off,))
    assert not bands((_event(1, 6),))


def test_a_table_has_a_column_of_events_only_where_there_are_any() -> None:
    assert column((), lambda row: (FIRST, LAST)) == []
    (found,) = column((_event(1, 6, "A"), _event(3, 1, "B")), lambda row: (row["of"], row["to"]))
    assert found.value({"of": FIRST, "to": date(2026, 1, 6)}) == "A"
    assert found.value({"of": FIRST, "to": LAST}) == "A; B"

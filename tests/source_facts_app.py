"""What the app says of the facts: each ``app`` entry of tests/source_facts.toml asks one figure.

An entry names what is asked by its first key (``figure``, ``programme``, ``coverage``, ``target``,
``signed``, ``rating``, ``index``, ``said``, ``change``, ``risen``, ``statement``, ``row``) and says
what must come out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
import pytest

from connectors.engine import Facts, descendants
from metrics.core.ask import Ask
from metrics.core.measure import show
from metrics.core.register_rows import register_rows
from metrics.dossiers.units import report_reading
from metrics.figures import REGISTER_FIGURES
from metrics.indices import series as indices
from metrics.indices.changes import rank_changes
from metrics.inspections.review import coverage
from metrics.reported.statements import statements
from metrics.targets.counts import Known
from metrics.targets.review import Judged, review_commitments, review_targets
from metrics.targets.wording import limit
from metrics.tasks.review import programme_table, task_review

Wanted = Mapping[str, Any]


@dataclass(frozen=True)
class App:
    """The opened facts, and with the full panel of PAPI beside the published numbers."""

    facts: Facts
    with_panel: Facts | None = None

    def frame(self, register: str) -> pl.DataFrame:
        """A register's rows as the screens read them."""
        return _frame(self.facts, register)

    def unit(self, named: str) -> int:
        """The id of ``scheme:code``."""
        scheme, code = named.split(":")
        found = self.facts.units.filter(scheme=scheme, code=code)["unit_id"]
        assert len(found) == 1, named
        return int(found[0])

    def programme(self, code: str) -> int:
        """The id of a programme."""
        return int(self.frame("programme").filter(code=code)["programme_id"][0])


def _frame(facts: Facts, register: str) -> pl.DataFrame:
    found: pl.DataFrame = facts.registers.standing()[register].collect(backend="polars").to_native()
    return found


def check(app: App, wanted: Wanted) -> None:
    """Raises AssertionError when the app says anything else than ``wanted``."""
    asked = next(name for name in _ASKED if name in wanted)
    said = _ASKED[asked](app, wanted)
    for name, value in wanted.items():
        if name in _ASKING:
            continue
        if name in said:
            assert same(said[name], value), f"{wanted}: {name} is {said[name]!r}"
        else:
            assert name == asked, f"{wanted}: nothing says {name}"


def same(said: Any, wanted: Any) -> bool:
    """Whether two values are one, but for the last bits of a number read from "83,4%"."""
    if isinstance(wanted, (float, dict)) and said is not None:
        return bool(said == pytest.approx(wanted, rel=1e-12, abs=0))
    return bool(said == wanted)


_ASKING: Final = frozenset(
    [
        "year",
        "only",
        "since",
        "until",
        "unit",
        "kinds",
        "province",
        "component",
        "base",
        "source",
        "panel",
        "unknown",
        "says",
        "rate2",
    ]
)
"""Keys that say what is asked, not what must come out."""


def _ask(app: App, wanted: Wanted) -> Ask:
    year = wanted.get("year", 2025)
    return Ask(
        wanted.get("since", date(year, 1, 1)),
        wanted.get("until", date(year, 12, 31)),
        app.facts.calendar,
    )


def _figure(app: App, wanted: Wanted) -> Wanted:
    figure = next(figure for figure in REGISTER_FIGURES if figure.key == wanted["figure"])
    where: dict[str, Any] = {}
    if "programme" in wanted:
        where["programme_id"] = [app.programme(wanted["programme"])]
    if "unit" in wanted:
        where["unit_id"] = sorted(descendants(app.facts.units, app.unit(wanted["unit"])))
    where |= wanted.get("only", {})
    shown = show(app.facts, figure, _ask(app, wanted), where=where).row(0, named=True)
    if wanted.get("unknown"):
        assert shown["numerator"] is None, f"{wanted}: {shown}"
    return shown | {name: wanted[name] for name in ("figure", "programme") if name in wanted}


def _row(app: App, wanted: Wanted) -> Wanted:
    """The one row behind a figure, as the screen lists it."""
    figure = next(figure for figure in REGISTER_FIGURES if figure.key == wanted["row"])
    where = dict(wanted["only"])
    if "unit" in wanted:
        where["unit_id"] = app.unit(wanted["unit"])
    found = register_rows(app.facts, figure, _ask(app, wanted), where)
    assert found.height == 1, f"{wanted}: {found.height} rows"
    row = found.row(0, named=True)
    return row | ({"reading": report_reading(row)} if wanted["row"] == "form_resolved" else {})


def _rating(app: App, wanted: Wanted) -> Wanted:
    """A unit's line in the register of ratings, as lists and targets read it."""
    found = app.frame("unit_rating").filter(
        scheme=wanted["rating"], year=wanted["year"], unit_id=app.unit(wanted["unit"])
    )
    assert found.height == 1, f"{wanted}: {found.height} rows"
    return found.row(0, named=True)


def _statement(app: App, wanted: Wanted) -> Wanted:
    """What a unit reports of an indicator, with the sum that is checked."""
    unit = app.unit(wanted["unit"])
    [one] = [
        each
        for each in statements(app.facts, _ask(app, wanted))
        if (each.indicator.key, each.unit_id) == (wanted["statement"], unit)
    ]
    if "rate2" in wanted:
        assert one.rate is not None
        assert round(one.rate, 2) == wanted["rate2"], f"{wanted}: {one.rate}"
    return {
        "parts": {part["part"]: part["value"] for part in one.parts},
        "value": one.value,
        "rate": one.rate,
        "check": one.check,
        "arithmetic": one.arithmetic,
        "numerator": one.first["numerator"],
        "denominator": one.first["denominator"],
        "as_of": one.first["as_of"],
    }


def _programme(app: App, wanted: Wanted) -> Wanted:
    """The programme's line of the screen of tasks: entered of announced, states."""
    row = app.programme(wanted["programme"])
    programmes = app.frame("programme").filter(programme_id=row)
    return programme_table(programmes, task_review(app.facts, _ask(app, wanted))).row(0, named=True)


def _coverage(app: App, wanted: Wanted) -> Wanted:
    unit = app.unit(wanted["coverage"])
    below = descendants(app.facts.units, unit)
    found = coverage(
        app.facts, app.facts.units, _ask(app, wanted), within=below, above=unit,
        kinds=wanted["kinds"],
    )  # fmt: skip
    return {"inspected": found.inspected, "due": found.due}


def _known(app: App) -> Known:
    provinces = app.facts.units.filter(scheme="gso", level="province")
    return Known(
        registers=app.facts.registers,
        below=lambda unit: descendants(app.facts.units, unit),
        province_of=dict(provinces.select("unit_id", "code").iter_rows()),
        may_see=None,
        data_from=None,
    )


def _judged(app: App, named: str, ask: Ask) -> Judged:
    programme, code = named.split("/")
    rows = app.frame("target").filter(programme_id=app.programme(programme), code=code)
    assert rows.height == 1, named
    return review_targets(rows, _known(app), lambda _unit, _alive: app.facts, ask)[0]


def _target(app: App, wanted: Wanted) -> Wanted:
    one = _judged(app, wanted["target"], _ask(app, wanted))
    limits = [edge for edge in (one.target.low, one.target.high) if edge is not None]
    is_rate = bool(limits) and max(limits) <= 1
    found = one.judgement
    for part in wanted.get("says", ()):
        assert part in found.sentence, f"{wanted}: {found.sentence}"
    return {
        "state": found.state,
        "limit": limit(one.target, is_rate),
        "shown": found.shown,
    }


def _signed(app: App, wanted: Wanted) -> Wanted:
    """How many signed a target, how many of them communes, and the states of the signatures."""
    ask = _ask(app, wanted)
    judged = _judged(app, wanted["signed"], ask)
    signed = review_commitments(
        app.frame("commitment"), [judged], _known(app), lambda _unit, _alive: app.facts, ask
    )
    kinds = dict(app.facts.units.select("unit_id", "kind").iter_rows())
    return {
        "signatures": len(signed),
        "communes": sum(kinds[one.row["unit_id"]] == "commune" for one in signed),
        "states": dict(Counter(one.state for one in signed)),
    }


def _scores(app: App, wanted: Wanted) -> pl.DataFrame:
    facts = app.with_panel if wanted.get("panel") else app.facts
    if facts is None:
        pytest.skip("the panel of PAPI is not beside the project")
    return _frame(facts, "index_score")


def _index(app: App, wanted: Wanted) -> Wanted:
    """The point of the series that is drawn."""
    component = wanted.get("component", indices.TOTAL)
    shown = indices.series(_scores(app, wanted), wanted["index"], component, [wanted["province"]])
    return shown.filter(year=wanted["year"]).row(0, named=True)


def _said(app: App, wanted: Wanted) -> Wanted:
    """The row of one source in the table of all sources."""
    component = wanted.get("component", indices.TOTAL)
    rows = indices.values(_scores(app, wanted), wanted["said"], component, [wanted["province"]])
    found = rows.filter(pl.col("year") == wanted["year"], pl.col("source").str.contains(
        wanted["source"], literal=True))  # fmt: skip
    assert found.height == 1, f"{wanted}: {found.height} rows"
    return found.row(0, named=True)


def _change(app: App, wanted: Wanted) -> Wanted:
    changes = rank_changes(
        _scores(app, wanted), wanted["change"], wanted["province"], wanted["base"], wanted["year"]
    )
    found = changes.of(wanted.get("component", indices.TOTAL))
    assert found is not None
    return found


def _risen(app: App, wanted: Wanted) -> Wanted:
    changes = rank_changes(
        _scores(app, wanted), wanted["index"], wanted["province"], wanted["base"], wanted["year"]
    )
    return {"risen": changes.risen, "compared": changes.compared, "index": wanted["index"]}


_ASKED: Final[dict[str, Callable[[App, Wanted], Wanted]]] = {
    "figure": _figure,
    "row": _row,
    "rating": _rating,
    "statement": _statement,
    "coverage": _coverage,
    "target": _target,
    "signed": _signed,
    "said": _said,
    "change": _change,
    "risen": _risen,
    "index": _index,
    "programme": _programme,
}
"""First key of an entry → what answers it; the more particular ones first."""

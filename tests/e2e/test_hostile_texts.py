"""Text from files never speaks with our voice: every text column, on every screen, in a browser.

Each free text of the database is hostile and names its column. Whatever of it gets into the page
has to be read as it was written, and nothing else may have come of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

from connectors.database.session import open_database
from tests.e2e.app_server import AppServer, Installation
from tests.e2e.hostile_database import build, columns, expected, marks
from tests.e2e.hostile_texts import HOST, shown
from tests.e2e.walk import Walk
from ui.shell.registry import SCREENS

# What becomes of a text that is taken for more: by what it is, or by what it says.
_MADE: Final = f"""() => {{
    const own = new URL(location.href).origin;
    const outside = [...document.querySelectorAll('a[href]')].map(a => a.href)
        .filter(href => !href.startsWith(own) && !href.startsWith('data:'))
        .filter(href => !/^tel:[+\\d]+$/.test(href));  // digits, whatever the text was
    const made = [...document.querySelectorAll(
        '.katex, img[src*="{HOST}"], img[alt="Streamlit logo"], b#z, [aria-label="delete icon"],' +
        ' [data-testid=stMarkdownContainer] :is(del, sup, blockquote, hr, .footnotes),' +
        ' .stMarkdownShimmer'
    )].filter(one => !one.closest('.js-plotly-plot')).map(one => one.outerHTML.slice(0, 200));
    const coloured = [...document.querySelectorAll(
        '.stMarkdownColoredText, .stMarkdownColoredBackground, .stMarkdownBadge'
    )].map(one => one.textContent).filter(said => ['đỏ', 'x', 'b', 'r'].includes(said));
    // What is read, not what styles are made of (the margins of paper: tests/ui/shell).
    const read = one => {{
        const copy = one.cloneNode(true);
        copy.querySelectorAll('style').forEach(style => style.remove());
        return copy.textContent;
    }};
    const texts = [...document.querySelectorAll('.stApp, [data-testid=stPopoverBody]')].map(read);
    return {{outside, made: [...made, ...coloured], texts}};
}}"""

_IDS: Final = {
    "task": "SELECT task_id FROM task_update ORDER BY id DESC LIMIT 1",
    "task_six": "SELECT id FROM task WHERE person IS NOT NULL LIMIT 1",
    "finding": "SELECT finding_id FROM finding_check ORDER BY id LIMIT 1",
    "dossier": "SELECT dossier_id FROM apology ORDER BY id LIMIT 1",
    "paused": "SELECT dossier_id FROM pause ORDER BY id LIMIT 1",
    "commitment": "SELECT unit_id FROM commitment GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "value": "SELECT id FROM indicator_value WHERE wording IS NOT NULL LIMIT 1",
    "batch": "SELECT batch_id FROM rejected_row ORDER BY id LIMIT 1",
    "succession": "SELECT old_unit_id FROM unit_succession LIMIT 1",
}

# Of these columns the page itself has words to read, whatever its tables have painted by then:
# were they no longer found, this test would look at nothing.
_READ: Final = {
    "calendar_override": {"document", "name"},
    "dossier": {"code"},
    "finding": {"description", "recommendation", "responsible"},
    "index_score": {"method_version", "province"},
    "indicator_value": {"source", "wording"},
    "procedure": {"name"},
}


def _addresses(at: Installation) -> list[str]:
    """Every screen, with its parts and with something of each kind opened."""
    database = open_database(at.database_url)
    with database.connect() as connection:
        ids = {name: connection.execute(text(sql)).scalar() for name, sql in _IDS.items()}
        targets = connection.execute(text("SELECT id FROM target ORDER BY id")).scalars().all()
        codes = connection.execute(text("SELECT code FROM procedure LIMIT 1")).scalars().all()
    database.dispose()
    opened = [
        ("late", f"dossier={ids['dossier']}"), ("late", f"dossier={ids['paused']}"),
        ("late", "figure=on_time&period=2026-05"), ("late", "figure=received&period=2026"),
        ("units", f"unit={ids['commitment']}"), ("units", f"unit={ids['succession']}"),
        ("tasks", f"task={ids['task']}&when=all"), ("tasks", f"task={ids['task_six']}&when=all"),
        ("inspections", f"finding={ids['finding']}&span=all"),
        ("inspections", "span=all&tab=visits"), ("inspections", "span=all&tab=groups"),
        *(("targets", f"target={one}") for one in (targets[0], targets[-1])),
        ("indices", "index=SIPAS"), ("indices", "index=PAR INDEX"), ("indices", "index=PCI"),
        ("service", "component=1&part=denominator"), ("service", f"unit={ids['commitment']}"),
        *(("procedures", f"code={quote(code)}") for code in codes), ("procedures", "state=expired"),
        ("reported", f"value={ids['value']}"), ("reported", "whose=every"),
        ("data", f"batch={ids['batch']}"), ("admin", "account=1"),
        *(("data", f"part={part}") for part in ("upload", "quality", "calendar", "snapshot")),
        *(("admin", f"part={part}") for part in (
            "sessions", "roles", "audit", "thresholds", "calendar", "health")),
    ]  # fmt: skip
    paths = {screen.key: screen.path for screen in SCREENS}
    return [*paths.values(), *(f"{paths[key]}?{query}" for key, query in opened)]


@pytest.fixture(scope="module")
def hostile_server(
    start_app: Callable[..., AppServer], tmp_path_factory: pytest.TempPathFactory
) -> AppServer:
    return start_app(build(tmp_path_factory.mktemp("hostile")))


def _problems(page: Page, seen: set[str]) -> Iterator[str]:
    found = page.evaluate(_MADE)
    yield from (f"a link to {href}" for href in found["outside"])
    yield from (f"something was made: {html}" for html in found["made"])
    names = [f"{one.table.name}.{one.name}" for one in columns()]
    for whole in found["texts"]:
        for place, key, rest in marks(whole):
            wanted = _letters(expected(place, key))
            got = _letters(rest[: 2 * len(wanted) + 50])
            name = "audit" if place == 9999 else names[place]
            seen.add(name)
            if not got.startswith(wanted) and not _cut(got, wanted):
                yield f"{name}: {wanted[:80]!r} is read as {got[:80]!r}"


def _letters(text: str) -> str:
    """A text without blanks and without the case of its letters: lines break, sentences begin."""
    return re.sub(r"\s", "", shown(text)).casefold()


def _cut(got: str, wanted: str) -> bool:
    """Whether a text is only shortened, and says so."""
    return "…" in got and wanted.startswith(got.split("…")[0])


def test_every_text_of_the_records_is_only_text_on_every_screen(
    hostile_server: AppServer, new_page: Callable[..., Page]
) -> None:
    seen: set[str] = set()
    wrong: dict[str, set[str]] = {}
    asked: list[str] = []
    ha_dong = 16
    everywhere = _addresses(hostile_server.installation)
    for role, unit, addresses in (
        ("admin", None, everywhere),
        ("unit", ha_dong, everywhere[: len(SCREENS) // 2]),
    ):
        page = new_page(role=role, unit_id=unit)
        page.on("request", lambda request: asked.append(request.url))
        walk = Walk(page)
        for address in addresses:
            walk.to(f"{hostile_server.url}/{address}")
            wrong.setdefault(f"{role} {address}", set()).update(_problems(page, seen))
    foreign = {url for url in asked if not url.startswith((hostile_server.url, "data:", "blob:"))}
    read = {f"{table}.{column}" for table, names in _READ.items() for column in names}
    assert ({where: sorted(what)[:5] for where, what in wrong.items() if what}, foreign) == (
        {},
        set(),
    )
    assert read - seen == set()

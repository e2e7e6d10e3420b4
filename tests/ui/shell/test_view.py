"""The view in the URL: what is written is read back, what means nothing is named and left out."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.ask import DEFINITIONS
from metrics.core.measure import measure
from metrics.core.periods import KINDS, Period, period_of
from metrics.core.thresholds import Override, Thresholds
from metrics.dossiers.catalogue import figure
from tests.frames import CLOCK, facts_of
from tests.oracle import RawDossier
from ui.shell.view import View, default_view, read_view

KNOWN = frozenset({1, 2, 3})
DEFAULT = default_view(datetime(2026, 11, 22, 17))

PERIODS = st.one_of(
    st.builds(
        period_of,
        st.sampled_from([kind for kind in KINDS if kind != "custom"]),
        st.dates(date(2005, 1, 1), date(2090, 1, 1)),
    ),
    st.builds(
        lambda a, b: Period("custom", min(a, b), max(a, b)),
        st.dates(date(2005, 1, 1), date(2090, 1, 1)),
        st.dates(date(2005, 1, 1), date(2090, 1, 1)),
    ),
)
VIEWS = st.builds(
    View,
    unit=st.sampled_from([None, *KNOWN]),
    period=PERIODS,
    as_of=st.none()
    | st.datetimes(datetime(2005, 1, 1), datetime(2090, 1, 1)).map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    definition=st.sampled_from(DEFINITIONS),
    compare=st.sampled_from([None, "timestamp", "day"]),
    due=st.sampled_from(["current", "original"]),
)


@given(VIEWS)
def test_a_link_shows_a_colleague_the_same_view(view):
    assert read_view(view.params(DEFAULT), DEFAULT, KNOWN) == (view, [])


def test_the_default_view_needs_no_parameters():
    assert DEFAULT.params(DEFAULT) == {}


@pytest.mark.parametrize(
    ("data_until", "week"),
    [
        (datetime(2026, 11, 22, 17), "week:2026-W47"),  # Sunday
        (datetime(2026, 11, 20, 17), "week:2026-W47"),  # Friday, closing time
        (datetime(2026, 11, 20, 16, 59), "week:2026-W46"),
        (datetime(2026, 11, 23, 8), "week:2026-W47"),  # Monday's meeting reviews the week before
    ],
)
def test_the_week_that_the_meeting_reviews(data_until, week):
    assert default_view(data_until).period.token == week


def test_a_week_before_the_first_dossier_is_not_what_is_shown_first():
    """Data of 16–20/11, ending before Friday's closing time: week 46 was shown, and was empty."""
    until = datetime(2026, 11, 20, 16, 30)
    assert default_view(until, datetime(2026, 11, 16, 8)).period.token == "week:2026-W47"
    assert default_view(until, datetime(2026, 11, 15, 8)).period.token == "week:2026-W46"


@pytest.mark.parametrize(
    "params",
    [
        {"unit": "4"},
        {"unit": "9" * 5000},  # more digits than Python reads as a number
        {"unit": "1 OR 1=1"},
        {"unit": "-1"},
        {"period": "week:2026-W99"},
        {"period": "<script>"},
        {"period": "week:0001-W01"},  # nothing lies before it
        {"period": "week:9999-W51"},
        {"period": "custom:0001-01-01..9999-12-31"},
        {"period": "year:9998"},
        {"asof": "hôm qua"},
        {"asof": "0001-01-01"},
        {"asof": "9999-12-31T23:59"},
        {"asof": "2026-11-16T00:00Z"},  # local time, or seven hours later?
        {"def": "best"},
        {"cmp": "century"},
        {"due": "never"},
    ],
)
def test_a_forged_parameter_is_left_out_and_named(params):
    view, problems = read_view(params, DEFAULT, KNOWN)
    assert view == DEFAULT
    assert len(problems) == 1


@pytest.mark.parametrize("key", ["unit", "period", "asof", "def", "cmp", "due"])
def test_a_link_cannot_put_its_own_words_on_the_screen(key):
    """The sentence is Markdown: a picture in it would be fetched, a link could be clicked."""
    _, [problem] = read_view({key: "![x](http://evil.example/x.png)"}, DEFAULT, KNOWN)
    assert "evil" not in problem


@pytest.mark.parametrize(
    ("data_until", "moment"),
    [
        (datetime(2026, 11, 22, 17), datetime(2026, 11, 22, 17, 1)),  # the week is not over
        (datetime(2026, 11, 22, 17, 0, 30), datetime(2026, 11, 22, 17, 1)),
        (datetime(2026, 11, 22, 23, 59, 59), datetime(2026, 11, 23)),
        (datetime(2026, 12, 1), datetime(2026, 11, 23)),
        (datetime(2026, 11, 1), datetime(2026, 11, 16)),  # no data of that week yet
        (None, datetime(2026, 11, 23)),
    ],
)
def test_figures_are_never_judged_beyond_the_end_of_the_data(data_until, moment):
    """A dossier is not late only because the source has not been read since."""
    assert View(None, period_of("week", date(2026, 11, 16))).moment(data_until) == moment


def test_the_newest_event_of_the_data_is_counted_by_default() -> None:
    """Ended at 10:00, data until 10:00: it was shown as still pending, and overdue."""
    newest = datetime(2026, 11, 18, 10)
    ended = RawDossier(
        received_at=datetime(2026, 11, 16, 8),
        due_at=datetime(2026, 11, 17, 17),
        ended_at=newest,
        end_kind="result",
    )
    view = View(None, period_of("week", date(2026, 11, 16)))
    found = measure(
        facts_of([ended]),
        [figure("resolved"), figure("pending_overdue")],
        [view.ask(CLOCK, newest)],
    )
    counts = dict(found.select("figure", "numerator").iter_rows())
    assert counts == {"resolved": 1, "pending_overdue": 0}


def test_an_installations_days_of_due_soon_hold() -> None:
    own = Thresholds((Override("due_soon_days", 5, date(2026, 1, 1), "QĐ 1"),))
    assert DEFAULT.ask(CLOCK, None).within == 3
    ask = DEFAULT.ask(CLOCK, None, own)
    assert (ask.within, ask.threshold("due_soon_days").document) == (5, "QĐ 1")

"""How states look: a shape, a colour and always a word; of all screens in this one table.

Red is for what somebody has to act on, amber for a warning, green for what is done well. Nothing
is told by a colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ui.shell import theme
from ui.shell.text import safe


@dataclass(frozen=True)
class Mark:
    """A shape with its class of style, and the colour that charts draw it in."""

    shape: str
    style: str
    colour: str

    def text(self, word: str) -> str:
        """The shape and the word, where only text can stand."""
        return f"{self.shape} {word}"

    def html(self, word: str) -> Html:
        """The shape and the word in the state's colour."""
        return Html(f'<span class="dh-state {self.style}">{self.shape} {safe(word)}</span>')


class Html(str):
    """Text that is HTML already; whatever else is put into a page is escaped first."""


BAD: Final = Mark("◆", "dh-bad", theme.BAD)
WARN: Final = Mark("▲", "dh-warn", theme.WARN)
GOOD: Final = Mark("●", "dh-good", theme.GOOD)
HALF: Final = Mark("◐", "dh-good", theme.GOOD)
GOING: Final = Mark("○", "dh-muted", theme.SERIES)
OPEN: Final = Mark("◇", "dh-muted", theme.NEUTRAL)
NONE: Final = Mark("–", "dh-muted", theme.NEUTRAL)


def moved(change: float, words: str) -> Html:
    """A change with its words, green where it is for the better (more), red where not."""
    style = "good" if change > 0 else "bad" if change < 0 else "muted"
    return Html(f'<span class="dh-{style}">{safe(words)}</span>')


def odd(words: str) -> Html:
    """What contradicts, or is only assumed."""
    return Html(f'<span class="dh-warn">▲ {safe(words)}</span>')


MARKS: Final[dict[str, dict[str, Mark]]] = {
    "task": {
        "overdue": BAD,
        "unreported": Mark("◆", "dh-bad", "#d98b7f"),
        "in_time": GOING,
        "no_due": NONE,
        "completed_on_time": GOOD,
        "completed_late": WARN,
        "completed_undetermined": Mark("●", "dh-good", "#8fb9a0"),
    },
    "finding": {
        "past_due": BAD,
        "in_time": GOING,
        "no_due": WARN,
        "fixed_on_time": GOOD,
        "fixed_late": GOOD,
        "fixed_undetermined": GOOD,
    },
    "feedback": {
        "past_due": BAD,
        "in_time": GOING,
        "no_due": WARN,
        "ended_on_time": GOOD,
        "ended_late": WARN,
        "ended_undetermined": GOING,
    },
    "dossier": {
        "late": BAD,
        "overdue": BAD,
        "waiting": WARN,
        "no_due": WARN,
        "due_soon": WARN,
        "in_time": GOOD,
        "on_time": GOOD,
    },
    "rate": {
        "alarm": BAD,
        "below": WARN,
        "open": OPEN,
        "held": WARN,
        "met": GOOD,
        "unknown": NONE,
    },
    "funnel": {
        "below_outer": BAD,
        "below_inner": WARN,
        "few": NONE,
        "within": GOING,
        "above_inner": GOING,
        "above_outer": GOOD,
    },
    "budget": {
        "spent": BAD,
        "runs_out": WARN,
        "may_run_out": WARN,
        "lasts": HALF,
        "safe": GOOD,
        "over": GOING,
        "unknown": NONE,
    },
    "target": {"missed": BAD, "at_risk": WARN, "likely": HALF, "met": GOOD, "unknown": GOING},
}
"""Register → state → how it looks; its word is the register's own (metrics). "rate": of a rate
against its target; "funnel": of a unit among its like; "budget": of what a target can bear."""

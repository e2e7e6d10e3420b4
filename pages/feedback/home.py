"""What the home screen shows of feedback: lines that ask for a decision."""

from __future__ import annotations

from metrics.dossiers.attention import Line
from pages.feedback import data as feedback_data
from ui.shell.context import Frame


def lines(frame: Frame) -> list[Line]:
    """Feedback past its date and not done."""
    ask = feedback_data.question(frame)
    return feedback_data.lines(feedback_data.key_of(frame, ask))

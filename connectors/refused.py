"""Why a value, a row or a file of a register is not taken."""

from __future__ import annotations

from typing import Self

from connectors.intake.report import IntakeRefused
from metrics.registers.columns import Problem


class BadValue(ValueError):
    """A value that cannot be taken; the message is Vietnamese and says what to do."""


class RegisterRefused(IntakeRefused):
    """A row or a file that cannot be taken; nothing was written. ``problems``: one by one."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems

    @classmethod
    def of(cls, problems: list[Problem]) -> Self:
        """The refusal that names every problem, one a line."""
        return cls("\n".join(problem.sentence() for problem in problems), tuple(problems))

"""Expressions in the words of the engine that the facts are on.

Conditions are written in what Narwhals and Polars have in common. Narwhals asks every part of an
expression what it is before it hands it to Polars, which took half of a home screen's time; so
where the facts are on Polars, the same words make Polars' own expressions. To mypy they are
Narwhals', which is what they are everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

if TYPE_CHECKING:
    from narwhals.functions import When

_words: ContextVar[Any] = ContextVar("words", default=nw)


def col(name: str) -> nw.Expr:
    """A column."""
    found: nw.Expr = _words.get().col(name)
    return found


def lit(value: Any) -> nw.Expr:
    """One value."""
    found: nw.Expr = _words.get().lit(value)
    return found


def when(condition: nw.Expr) -> When:
    """``when(…).then(…).otherwise(…)``."""
    found: When = _words.get().when(condition)
    return found


def whole(name: str) -> Any:
    """A type of whole numbers, ``Int64`` or ``Int32``, to cast to."""
    return getattr(_words.get(), name)


@contextmanager
def own_words(frame: nw.LazyFrame[Any]) -> Iterator[Any]:
    """The frame itself where it is on Polars, with which the words above are Polars' meanwhile.

    What is made of it goes back by :func:`wrapped`. A frame of another engine stays as it is.
    """
    native = frame.to_native()
    if not isinstance(native, pl.LazyFrame):
        yield frame
        return
    before = _words.set(pl)
    try:
        yield native
    finally:
        _words.reset(before)


def wrapped(frame: Any) -> nw.LazyFrame[Any]:
    """A frame as everybody else knows it."""
    return nw.from_native(frame) if isinstance(frame, pl.LazyFrame) else frame

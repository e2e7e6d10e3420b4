"""Where strangers stand in line: rates, patience, turns; by a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.shell import runs
from ui.shell.gate import Bucket, Forecourt, Gate, Line, Porch, TooMany
from ui.shell.limits import limits

STRANGERS = replace(
    limits().strangers,
    per_second=10,
    burst=20,
    address_per_second=2,
    address_burst=4,
    patience_seconds=1,
    waiting=3,
    addresses=5,
)
CHECKS = replace(limits().passphrases, at_once=1, waiting=3, address_waiting=2, patience_seconds=60)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 20), st.integers(1, 8))
def test_a_bucket_gives_no_more_than_its_rate(
    gaps: list[float], per_second: int, burst: int
) -> None:
    """Whenever people come: in any stretch of time, the burst and the rate times its length."""
    bucket, now, given_at = Bucket(per_second, burst), 50.0, []
    for gap in gaps:
        now += gap
        given_at.append(now + bucket.wait(now))
        bucket.take(now)
    for first in range(len(given_at)):
        for last in range(first, len(given_at)):
            span = given_at[last] - given_at[first]
            assert last - first + 1 <= burst + span * per_second + 1 + 1e-6


def test_a_bucket_that_rested_is_full_again() -> None:
    bucket = Bucket(2, 4)
    for _ in range(4):
        assert bucket.wait(0) == 0
        bucket.take(0)
    assert bucket.wait(0) == pytest.approx(0.5)
    assert not bucket.is_full(1.9)
    assert bucket.is_full(2)


def _run(what: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(what)


def test_one_address_cannot_take_the_places_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slept = Clock(), []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("ui.shell.gate.asyncio.sleep", sleep)
    gate = Gate(STRANGERS, clock)

    async def come() -> None:
        for _ in range(4):
            await gate.enter("203.0.113.7")
        assert slept == []
        for _ in range(2):  # within its patience it waits
            await gate.enter("203.0.113.7")
        assert slept == pytest.approx([0.5, 1.0])
        with pytest.raises(TooMany):
            await gate.enter("203.0.113.7")
        assert slept[-1] == STRANGERS.patience_seconds  # and is not answered at once
        slept.clear()
        await gate.enter("198.51.100.1")  # somebody else comes in at once
        assert slept == []

    _run(come())


def test_so_many_wait_and_the_next_is_turned_away_at_once() -> None:
    async def come() -> None:
        gate = Gate(replace(STRANGERS, patience_seconds=30))
        for _ in range(4):
            await gate.enter("a")
        waiting = [asyncio.ensure_future(gate.enter("a")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(TooMany):
            await asyncio.wait_for(gate.enter("a"), 0.2)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert gate._waiting == 0  # who gave up has left the line

    _run(come())


def test_strangers_give_way_to_screens_one_by_one_but_not_for_ever() -> None:
    async def come() -> None:
        quiet, let_in = [False], []
        porch = Porch(replace(STRANGERS, give_way_seconds=0.05), lambda: quiet[0])

        async def stranger(number: int) -> None:
            await porch.step()
            let_in.append(number)

        tasks = [asyncio.ensure_future(stranger(number)) for number in range(4)]
        await tasks[0]
        assert let_in == [0]  # the others have not been waited for
        quiet[0] = True
        await asyncio.gather(*tasks)
        assert let_in == [0, 1, 2, 3]

    _run(come())


def test_connections_go_in_by_address_in_turn_and_at_the_rate() -> None:
    """One address that fills its places keeps another waiting for one of them, not for all."""

    async def come() -> None:
        went_in: list[str] = []
        bounds = replace(STRANGERS, per_second=200, burst=1, patience_seconds=0.05)
        clock = Clock()
        court = Forecourt(bounds, clock, lambda: True)

        def stands(name: str, address: str) -> bool:
            return court.stand(name, address, lambda: went_in.append(name))

        assert stands("first", "a")
        assert went_in == ["first"]  # at once
        taken = [stands(f"a{number}", "a") for number in range(20)]
        assert taken == sorted(taken, reverse=True)
        assert 8 <= sum(taken) <= 10  # as many as have their turn in half a second
        assert stands("b0", "b")
        assert stands("c0", "c")
        court.leave("c0", "c")
        court.leave("never there", "d")
        while court._waiting:
            clock.now += 0.005
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert went_in[:4] == ["first", "a0", "b0", "a1"]
        assert "c0" not in went_in
        assert len(went_in) == sum(taken) + 2

    _run(come())


def test_a_screen_is_being_drawn_while_its_run_is_young(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runs.is_quiet()
    with pytest.raises(RuntimeError), runs.running():
        assert not runs.is_quiet()
        raise RuntimeError
    assert runs.is_quiet()
    with runs.running():  # an import
        patient = replace(limits(), strangers=replace(STRANGERS, run_seconds=-1))
        monkeypatch.setattr("ui.shell.runs.limits", lambda: patient)
        assert runs.is_quiet()


def test_addresses_that_are_remembered_are_bounded() -> None:
    async def come() -> None:
        gate = Gate(replace(STRANGERS, burst=1000, per_second=1000), Clock())
        for number in range(50):
            await gate.enter(f"198.51.100.{number}")
        assert len(gate._by_address) <= STRANGERS.addresses

    _run(come())


def test_addresses_take_turns_before_the_check() -> None:
    async def come() -> list[str]:
        line, done = Line(CHECKS), []

        async def check(who: str) -> None:
            async with line.turn(who[0]):
                done.append(who)
                await asyncio.sleep(0)

        await asyncio.gather(*(check(who) for who in ("a1", "a2", "a3", "b1")))
        return done

    assert _run(come()) == ["a1", "a2", "b1", "a3"]


def test_a_line_that_is_full_turns_away_and_who_leaves_frees_the_place() -> None:
    async def come() -> None:
        line, go = Line(CHECKS), asyncio.Event()

        async def check(who: str) -> None:
            async with line.turn(who):
                await go.wait()

        tasks = [asyncio.ensure_future(check(who)) for who in ("a", "b", "b", "c")]
        await asyncio.sleep(0)
        with pytest.raises(TooMany):  # three wait: as many as may
            async with line.turn("d"):
                pass
        tasks[3].cancel()
        await asyncio.gather(tasks[3], return_exceptions=True)
        with pytest.raises(TooMany):  # two of that address wait: as many as may
            async with line.turn("b"):
                pass
        go.set()
        await asyncio.gather(*tasks[:3])
        assert (line._busy, line._count, len(line._waiting)) == (0, 0, 0)

    _run(come())

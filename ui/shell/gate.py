"""Where strangers stand in line: so many a second, slowed before they are refused.

One event loop serves everybody. What is not signed in gets a bounded share of it, in all and by
address; whoever comes faster waits, and only who would wait too long, or finds too many waiting, is
turned away. Used from the event loop only, so nothing here is locked.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Final

from ui.shell import runs
from ui.shell.limits import PassphraseLimits, StrangerLimits


class TooMany(RuntimeError):
    """No room, or too long to wait."""


class Bucket:
    """So many a second, and so many at once; tells how long to wait for the next.

    Kept as the moment until which what was taken is paid for (GCRA): one number a bucket.
    """

    __slots__ = ("_ahead", "_each", "_paid")

    def __init__(self, per_second: float, burst: int) -> None:
        self._each = 1 / per_second
        self._ahead = self._each * burst
        self._paid = float("-inf")

    def wait(self, now: float, before: int = 0) -> float:
        """Seconds until one more may be taken, after so many others."""
        return max(max(self._paid, now) + self._each * (before + 1) - self._ahead - now, 0.0)

    def take(self, now: float) -> None:
        """Takes one, whether its time has come or is being waited for."""
        self._paid = max(self._paid, now) + self._each

    def is_full(self, now: float) -> bool:
        """Whether it is as if nothing had been taken."""
        return self._paid <= now


class Porch:
    """One after the other, and while no screen is being drawn: a stranger waits for that, but
    never so long that a busy house lets nobody in."""

    def __init__(self, limits: StrangerLimits, is_quiet: Callable[[], bool] | None = None) -> None:
        self._limits = limits
        self._is_quiet = is_quiet or runs.is_quiet
        self._first = asyncio.Lock()

    async def step(self) -> None:
        """Waits for one's turn."""
        async with self._first:
            left = self._limits.give_way_seconds
            while left > 0 and not self._is_quiet():
                await asyncio.sleep(_LOOK)
                left -= _LOOK


_LOOK: Final = 0.005
"""Seconds between two looks whether it is quiet; one stranger at a time looks."""


class Forecourt:
    """Strangers' connections whose request has come: it is not looked at before its turn.

    What a request costs before anybody can say who asks (its head is parsed, a task begins) comes
    at the same rate as everything else of strangers, and of one that is turned away it costs
    nothing. The addresses go in turn: one that fills its places keeps nobody else waiting.
    """

    def __init__(
        self,
        limits: StrangerLimits,
        clock: Callable[[], float] | None = None,
        is_quiet: Callable[[], bool] | None = None,
    ) -> None:
        self._limits = limits
        self._is_quiet = is_quiet or runs.is_quiet
        self._porch = Porch(limits, self._is_quiet)
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._all = Bucket(limits.per_second, limits.burst)
        self._waiting: OrderedDict[str, OrderedDict[Hashable, Callable[[], None]]] = OrderedDict()
        self._usher: asyncio.Task[None] | None = None

    def stand(self, who: Hashable, address: str, come_in: Callable[[], None]) -> bool:
        """Whether the turn comes in time: then ``come_in`` is called at it, if need be at once."""
        now = self._clock()
        if not self._waiting and not self._all.wait(now) and self._is_quiet():
            self._all.take(now)
            come_in()
            return True
        # Its address's turn comes once a round.
        before = (len(self._waiting.get(address, ())) + 1) * len(self._waiting)
        if self._all.wait(now, before) > self._limits.patience_seconds:
            return False
        self._waiting.setdefault(address, OrderedDict())[who] = come_in
        if self._usher is None:
            self._usher = asyncio.get_running_loop().create_task(self._let_in())
        return True

    def leave(self, who: Hashable, address: str) -> None:
        """Gives the place up, if there is one."""
        own = self._waiting.get(address)
        if own is None:
            return
        own.pop(who, None)
        if not own:
            del self._waiting[address]

    async def _let_in(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._all.wait(self._clock()))
                await self._porch.step()
                if self._waiting:
                    self._all.take(self._clock())
                    asyncio.get_running_loop().call_soon(self._next())
        finally:
            self._usher = None

    def _next(self) -> Callable[[], None]:
        address, own = self._waiting.popitem(last=False)
        _, come_in = own.popitem(last=False)
        if own:
            self._waiting[address] = own
        return come_in


class Gate:
    """The line of strangers before everything else."""

    def __init__(self, limits: StrangerLimits, clock: Callable[[], float] | None = None) -> None:
        self._limits = limits
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._all = Bucket(limits.per_second, limits.burst)
        self._by_address: OrderedDict[str, Bucket] = OrderedDict()
        self._waiting = 0

    async def enter(self, address: str) -> None:
        """Waits for the address's turn. Raises TooMany, after the wait that is allowed: who is
        answered at once comes back at once."""
        wait = self._turn(address)
        if wait is None or self._waiting >= self._limits.waiting:
            if self._waiting < self._limits.waiting:
                await self._stand(self._limits.patience_seconds)
            raise TooMany(address)
        if wait:
            await self._stand(wait)

    async def _stand(self, seconds: float) -> None:
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1

    def _turn(self, address: str) -> float | None:
        """Seconds to wait, the turn being taken; None where that is too long."""
        now = self._clock()
        own = self._bucket(address, now)
        wait = max(self._all.wait(now), own.wait(now))
        if wait > self._limits.patience_seconds:
            return None
        self._all.take(now)
        own.take(now)
        return wait

    def _bucket(self, address: str, now: float) -> Bucket:
        known = self._by_address
        found = known.get(address)
        if found is None:
            while known and (
                len(known) >= self._limits.addresses or next(iter(known.values())).is_full(now)
            ):
                known.popitem(last=False)
            found = known[address] = Bucket(
                self._limits.address_per_second, self._limits.address_burst
            )
        known.move_to_end(address)
        return found


class Line:
    """The line before bcrypt: a few at a time, the addresses in turn.

    One address with a hundred waiting makes another wait for one of them, not for all.
    """

    def __init__(self, limits: PassphraseLimits) -> None:
        self._limits = limits
        self._busy = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Waits for a place and holds it. Raises TooMany where too many wait, or too long."""
        if self._busy < self._limits.at_once:
            self._busy += 1
        else:
            await self._wait(address)
        try:
            yield
        finally:
            self._hand_on()

    async def _wait(self, address: str) -> None:
        own = self._waiting.get(address)
        if self._count >= self._limits.waiting or (
            own is not None and len(own) >= self._limits.address_waiting
        ):
            raise TooMany(address)
        if own is None:
            own = self._waiting[address] = deque()
        place = asyncio.get_running_loop().create_future()
        own.append(place)
        self._count += 1
        try:
            await asyncio.wait_for(asyncio.shield(place), self._limits.patience_seconds)
        except (TimeoutError, asyncio.CancelledError) as end:
            if place.done():
                self._hand_on()
            else:
                self._leave(address, place)
            if isinstance(end, TimeoutError):
                raise TooMany(address) from None
            raise

    def _leave(self, address: str, place: asyncio.Future[None]) -> None:
        place.cancel()
        own = self._waiting[address]
        own.remove(place)
        self._count -= 1
        if not own:
            del self._waiting[address]

    def _hand_on(self) -> None:
        """Gives the place to the next address that waits, else frees it."""
        if not self._waiting:
            self._busy -= 1
            return
        address, own = next(iter(self._waiting.items()))
        place = own.popleft()
        self._count -= 1
        if own:
            self._waiting.move_to_end(address)
        else:
            del self._waiting[address]
        place.set_result(None)

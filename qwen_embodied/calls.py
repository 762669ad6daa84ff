"""Calls of a planner that go on while the arm moves."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol

from qwen_embodied.planning import Plan, Planner, PlanRequest

ENDING = 2.0  # s in which a call under way may end when no more are made
AGAIN = 0.1  # s after which a call is told again that it is not wanted


class Call(Protocol):
    """One call under way."""

    def is_ready(self) -> bool:
        """Say whether the answer is there."""
        ...

    def result(self) -> Plan:
        """Wait for the answer; raises what the planner raised."""
        ...

    def cancel(self) -> None:
        """Want the answer no more."""
        ...


class Calls(ABC):
    """Begins calls of a planner, one at a time.

    Attributes:
        takes_time: Whether an answer may come later than the question.
    """

    takes_time = True

    def __init__(self, planner: Planner, guesser: Planner | None = None) -> None:
        """Take the planner, and one that says at once what the answer may be, if there is one."""
        self.planner, self.guesser = planner, guesser

    @abstractmethod
    def begin(self, request: PlanRequest) -> Call:
        """Ask; a call before it has ended or is cancelled."""


class Immediate(Calls):
    """A planner that the arm waits for."""

    takes_time = False

    def begin(self, request: PlanRequest) -> Call:
        """Ask when the answer is wanted."""
        return _Due(self.planner, request, lambda: True)


class Delayed(Calls):
    """A planner whose answers come a while later, on a clock that need not be the wall's."""

    def __init__(
        self, planner: Planner, seconds: float, now: Callable[[], float],
        guesser: Planner | None = None,
    ) -> None:  # fmt: skip
        """Take the planner, how long an answer takes, s, the clock, s, and who guesses."""
        super().__init__(planner, guesser)
        self._seconds, self._now = seconds, now

    def begin(self, request: PlanRequest) -> Call:
        """Ask; the answer is ready when its time has passed."""
        due = self._now() + self._seconds - 1e-6
        return _Due(self.planner, request, lambda: self._now() >= due)


class _Due:
    """A call whose answer is made when it is taken."""

    def __init__(
        self, planner: Planner, request: PlanRequest, is_ready: Callable[[], bool]
    ) -> None:
        self._planner, self._request, self.is_ready = planner, request, is_ready

    def result(self) -> Plan:
        return self._planner.plan(self._request)

    def cancel(self) -> None:
        pass


class InBackground(Calls):
    """A planner that is asked in a thread; a call begins when the one before has ended."""

    def __init__(
        self, planner: Planner, cancel: Callable[[], None], guesser: Planner | None = None
    ) -> None:
        """Take the planner, what ends its call under way from any thread, and who guesses."""
        super().__init__(planner, guesser)
        self._cancel = cancel
        self._thread = ThreadPoolExecutor(1, 'planner call')
        self._last: Future[Plan] | None = None

    def begin(self, request: PlanRequest) -> Call:
        """Ask in the thread; what it still does is cancelled."""
        before, self._last = self._last, self._thread.submit(self.planner.plan, request)
        return _Asked(self._last, before, self._cancel)

    def close(self) -> None:
        """Cancel what is under way, and make no more calls."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        for _ in range(round(ENDING / AGAIN)):
            if self._last is None or self._last.done():
                return
            self._cancel()
            wait([self._last], AGAIN)


class _Asked:
    """A call in the thread, perhaps behind one that nobody wants any more."""

    def __init__(
        self, future: Future[Plan], before: Future[Plan] | None, cancel: Callable[[], None]
    ) -> None:
        self._future, self._before, self._stop = future, before, cancel
        self._hurry()

    def is_ready(self) -> bool:
        self._hurry()
        return self._future.done()

    def result(self) -> Plan:
        while self._before is not None and not self._before.done():
            self._hurry()
            wait([self._before], AGAIN)
        return self._future.result()

    def cancel(self) -> None:
        if not self._future.cancel() and not self._future.done():
            self._stop()

    def _hurry(self) -> None:
        """End the call before; a planner that has just begun may not have heard it."""
        if self._before is not None and not self._before.done():
            self._stop()

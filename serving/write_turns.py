"""Who changes something waits its turn apart from who reads.

Routes run in threads, and a route that changes something holds its thread until the writer has
stored it. The changes of a process therefore have threads of their own; further ones wait without
any, and past ``MOST_WAITING`` they are told to come again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from core.group_writer import BusyError

WRITERS, READERS, MOST_WAITING = 32, 40, 400
SAFE = {"GET", "HEAD", "OPTIONS"}
P = ParamSpec("P")
T = TypeVar("T")


def make_room_for_readers() -> None:
    """Give the event loop so many threads that changes never take the readers' away."""
    to_thread.current_default_thread_limiter().total_tokens = READERS + WRITERS


@asynccontextmanager
async def turn(limiter: CapacityLimiter) -> AsyncIterator[None]:
    """Wait until one more may change something. Raises ``BusyError``."""
    check_room(limiter)
    async with limiter:
        yield


def check_room(limiter: CapacityLimiter) -> None:
    """Raise ``BusyError`` where too many wait already."""
    waiting = limiter.statistics().tasks_waiting
    if waiting >= MOST_WAITING:
        raise BusyError(waiting=waiting)


async def await_turn(request: Request) -> AsyncIterator[None]:
    """Hold a turn while a route runs that changes something; its body has been read by now.

    A coroutine reads its body itself, which may take long: it takes its turn with ``in_turn``.
    """
    limiter = request.app.state.context.writing
    if request.method in SAFE:
        yield
    elif iscoroutinefunction(request.scope["endpoint"]):
        check_room(limiter)
        yield
    else:
        async with turn(limiter):
            yield


async def in_turn(limiter: CapacityLimiter, fn: Callable[..., T], *args: Any) -> T:
    """Run ``fn`` in one of the threads of those who change something. Raises ``BusyError``."""
    check_room(limiter)
    return await to_thread.run_sync(fn, *args, limiter=limiter)


#: For the applications: it holds for every route of theirs.
TURNS = [Depends(await_turn, scope="function")]

"""Answers leave at once: the socket of each visitor has TCP_NODELAY.

asyncio sets it only where a socket's protocol is given as TCP. `streamlit run`, and uvicorn with
``--workers`` or ``--fd``, make the listening socket with protocol 0, which accepted ones take over.
Nagle's algorithm then keeps the body of an answer until the visitor's system has acknowledged its
head, which it puts off for 40 ms from the second answer of a connection on.

By then uvicorn's configuration is made, so its class is taught, as in ``serving.server_name``; any
protocol that an operator chooses with ``--http`` is meant.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from functools import cache
from typing import Any

import uvicorn

_NAME = "http_protocol_class"


class _AtOnce:
    """The HTTP protocol that uvicorn chose, which sets the option on each connection."""

    def __get__(self, config: Any, _owner: Any = None) -> Any:
        if config is None:
            return self
        if _NAME not in vars(config):
            raise AttributeError(_NAME)
        return _sending_at_once(vars(config)[_NAME])

    def __set__(self, config: Any, protocol: Any) -> None:
        vars(config)[_NAME] = protocol


def send_at_once() -> None:
    """Let all servers of this process, also those to come, send what they have at once."""
    setattr(uvicorn.Config, _NAME, _AtOnce())


@cache
def _sending_at_once(protocol: Any) -> Any:
    class SendingAtOnce(protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            _set_nodelay(transport.get_extra_info("socket"))
            super().connection_made(transport)

    return SendingAtOnce


def _set_nodelay(accepted: Any) -> None:
    """Set the option; a Unix socket has none."""
    with suppress(OSError, AttributeError):
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

"""Answers do not tell by which program they come.

uvicorn adds ``server: uvicorn`` to each unless it is told not to, and `streamlit run` starts it
without telling. By then its configuration is made, so its class is taught instead.
"""

from __future__ import annotations

from typing import Any

import uvicorn

_OWN = (b"server", b"uvicorn")
_NAME = "encoded_headers"


class _Unnamed:
    """The headers that uvicorn adds, without its own name; an operator's ``--header`` stays."""

    def __get__(self, config: Any, _owner: Any = None) -> list[tuple[bytes, bytes]]:
        return [header for header in vars(config).get(_NAME, []) if header != _OWN]

    def __set__(self, config: Any, headers: list[tuple[bytes, bytes]]) -> None:
        vars(config)[_NAME] = headers


def hide_server_name() -> None:
    """Take uvicorn's name out of all answers of this process, also of those to come."""
    setattr(uvicorn.Config, _NAME, _Unnamed())

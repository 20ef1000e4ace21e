"""What ``secrets.toml`` says of identity providers."""

from __future__ import annotations

from typing import Any

import streamlit as st


def auth() -> dict[str, Any]:
    """Return ``[auth]`` of ``secrets.toml``; empty where there is none."""
    found = st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
    return found.to_dict() if found is not None else {}

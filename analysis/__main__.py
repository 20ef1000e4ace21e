"""The commands of analysis: ``python -m analysis themes …``."""

from __future__ import annotations

from commands.themes import main

if __name__ == "__main__":
    raise SystemExit(main())

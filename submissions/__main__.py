"""The commands of campaigns and proposals: ``python -m submissions …``."""

from __future__ import annotations

from commands.submissions import main

if __name__ == "__main__":
    raise SystemExit(main())

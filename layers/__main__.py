"""The commands of layers: ``python -m layers export …``."""

from __future__ import annotations

from commands.export import main

if __name__ == "__main__":
    raise SystemExit(main())

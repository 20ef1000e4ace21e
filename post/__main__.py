"""``python -m post …``, as operators' timetables call it: the commands of ``notifications``."""

from __future__ import annotations

from notifications.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())

"""What templates are compiled to: once for all languages, and once for all processes at set-up.

``python -m serving.fixed_files`` compiles them into a folder beside the front-end packages (``make
setup`` does). What was compiled of another text, by another Python or another Jinja is not used;
without that folder each process compiles what it needs, once.
"""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket


class TemplateCode(BytecodeCache):
    """Keeps compiled templates in memory, and reads those that stand in ``folder``.

    ``writes``: put there what was compiled, too.
    """

    def __init__(self, folder: Path, *, writes: bool = False) -> None:
        self._folder = folder / f".jinja-{version('jinja2')}"
        self._writes = writes
        self._made: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code; one of another text stays without."""
        known = self._made.get(bucket.key)
        if known is None:
            with suppress(OSError):
                known = self._place(bucket).read_bytes()
        if known is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template that was compiled."""
        code = self._made[bucket.key] = bucket.bytecode_to_string()
        if self._writes:
            self._folder.mkdir(parents=True, exist_ok=True)
            whole = self._place(bucket).with_suffix(".part")
            whole.write_bytes(code)
            whole.replace(self._place(bucket))

    def _place(self, bucket: Bucket) -> Path:
        return self._folder / bucket.key


def prepare(templates: Environment, folder: Path) -> int:
    """Compile all templates into ``folder`` that do not stand there; return how many there are."""
    made = templates.overlay(bytecode_cache=TemplateCode(folder, writes=True))
    names = made.list_templates()
    for name in names:
        made.get_template(name)
    return len(names)

"""The names of all actions that the source records in the audit trail, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("people", "layers", "post", "submissions", "api", "web", "screens", "printing")


class UnnamedActionError(ValueError):
    """An action is recorded under a name that cannot be read from the source."""


def recorded_actions() -> dict[str, set[str]]:
    """Return each action with the files that record it. Raises ``UnnamedActionError``."""
    found: dict[str, set[str]] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for name in _of_module(tree, path):
                found.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    return found


def _of_module(tree: ast.Module, path: Path) -> Iterator[str]:
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        parameters = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and _is_recording(call):
                given = next((k.value for k in call.keywords if k.arg == "action"), None)
                node = given if given is not None else call.args[2]
                if isinstance(node, ast.Name) and node.id in parameters:
                    continue  # a short way of that module: its callers name the action
                yield from _names(node, constants, f"{path}:{call.lineno}")


def _is_recording(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    keyword = any(k.arg == "action" for k in call.keywords)
    return name.lstrip("_") in {"record", "recorded"} and (keyword or len(call.args) >= 3)


def _names(node: ast.expr, constants: dict[str, ast.expr], where: str) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _names(constants[node.id], constants, where)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        table = constants.get(node.value.id)
        if isinstance(table, ast.Call) and table.args:  # MappingProxyType({...})
            table = table.args[0]
        if not isinstance(table, ast.Dict):
            raise UnnamedActionError(f"{where}: no table of names in this module")
        for value in table.values:
            yield from _names(value, constants, where)
    elif isinstance(node, ast.IfExp):
        yield from _names(node.body, constants, where)
        yield from _names(node.orelse, constants, where)
    else:
        raise UnnamedActionError(f"{where}: say the action as a literal string")

"""The names of all actions that the source records in the audit trail, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.sources import saying


class UnnamedActionError(ValueError):
    """An action is recorded under a name that cannot be read from the source."""


def recorded_actions() -> dict[str, set[str]]:
    """Return each action with the files that record it. Raises ``UnnamedActionError``."""
    found: dict[str, set[str]] = {}
    for path, text in saying("record"):
        for name in _of_module(ast.parse(text), path):
            found.setdefault(name, set()).add(path.as_posix())
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
                yield from _of_call(call, constants, parameters, f"{path}:{call.lineno}")


def _is_recording(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    keyword = any(k.arg == "action" for k in call.keywords)
    return name.lstrip("_") in {"record", "record_for", "recorded"} and (
        keyword or len(call.args) >= 3
    )


def _of_call(
    call: ast.Call, constants: dict[str, ast.expr], parameters: set[str], where: str
) -> Iterator[str]:
    """Give the names in the first argument that is one; a module's short way may have its own."""
    given = [k.value for k in call.keywords if k.arg == "action"]
    for node in [*given, *call.args[2:]]:
        found = _names(node, constants)
        if found:
            yield from found
            return
        if isinstance(node, ast.Name) and node.id == "action" and node.id in parameters:
            return  # a short way of that module: its callers name the action
    raise UnnamedActionError(f"{where}: say the action as a literal string")


def _names(node: ast.expr | None, constants: dict[str, ast.expr]) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Name):
        return _names(constants.get(node.id), constants)
    if isinstance(node, ast.IfExp):
        return _names(node.body, constants) + _names(node.orelse, constants)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        table = constants.get(node.value.id)
        if isinstance(table, ast.Call) and table.args:  # MappingProxyType({...})
            table = table.args[0]
        values = table.values if isinstance(table, ast.Dict) else []
        return [name for value in values for name in _names(value, constants)]
    return []

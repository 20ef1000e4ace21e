"""Solves in a process of its own, so that it can be ended; started by ``child_process`` alone.

On its input: eight bytes that say how long the problem is, and the problem. On its output: lines
with the share that is done, one with the length of the solutions, and these. It ends once its input
is closed: whoever asked is gone then. Arrays travel as NumPy writes them, without pickled objects.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from typing import IO, Any

import numpy as np

from geo.siting.problem import Model, Problem, Reach, Reason, Sites, Solution, Status
from geo.siting.solve import solve

LENGTH = 8
_SCALARS = ("number", "budget", "far_m", "time_limit_s", "by_cost")
_ARRAYS = ("served_by", "served", "metres", "unreachable", "load")


def packed_problem(problem: Problem, numbers: Sequence[int]) -> bytes:
    """Return a problem, to be solved for each of these numbers of sites, as bytes."""
    arrays: dict[str, Any] = {"weights": problem.weights, "numbers": np.array(numbers, dtype=int)}
    for name in ("demand", "site", "metres"):
        arrays[f"reach_{name}"] = getattr(problem.reach, name)
    for name, values in asdict(problem.sites).items():
        arrays[f"sites_{name}"] = values
    told = {name: getattr(problem, name) for name in _SCALARS}
    return _packed(arrays, {**told, "model": str(problem.model)})


def read_problem(data: bytes) -> tuple[Problem, list[int]]:
    """Undo :func:`packed_problem`."""
    arrays, told = _unpacked(data)
    sites = Sites(**{one.name: arrays[f"sites_{one.name}"] for one in fields(Sites)})
    reach = Reach(
        arrays["reach_demand"],
        arrays["reach_site"],
        arrays["reach_metres"],
        points=len(arrays["weights"]),
        sites=len(sites),
    )
    model = Model(told.pop("model"))
    return Problem(arrays["weights"], reach, sites, model, **told), arrays["numbers"].tolist()


def packed_solutions(solutions: Sequence[Solution]) -> bytes:
    """Return solutions as bytes."""
    arrays: dict[str, Any] = {}
    told = []
    for place, one in enumerate(solutions):
        arrays |= {f"{place}_{name}": getattr(one, name) for name in _ARRAYS}
        plain = {"status": str(one.status), "reason": str(one.reason), "chosen": list(one.chosen)}
        numbers = ("objective", "bound", "seconds", "needed")
        told.append({**plain, **{name: getattr(one, name) for name in numbers}})
    return _packed(arrays, told)


def read_solutions(data: bytes) -> list[Solution]:
    """Undo :func:`packed_solutions`."""
    arrays, told = _unpacked(data)
    found = []
    for place, one in enumerate(told):
        one |= {name: arrays[f"{place}_{name}"] for name in _ARRAYS}
        one |= {"status": Status(one["status"]), "reason": Reason(one["reason"])}
        found.append(Solution(**{**one, "chosen": tuple(one["chosen"])}))
    return found


def _packed(arrays: dict[str, Any], told: Any) -> bytes:
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
    np.savez(buffer, told=text, **arrays)
    return buffer.getvalue()


def _unpacked(data: bytes) -> tuple[dict[str, Any], Any]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(arrays.pop("told").tobytes())


def solve_numbers(
    problem: Problem, numbers: Sequence[int], tell: Callable[[float], None]
) -> list[Solution]:
    """Solve a problem for each number of sites, or once where there is none."""
    asked = [replace(problem, number=number) for number in numbers] or [problem]
    found = []
    for place, one in enumerate(asked):
        found.append(solve(one, lambda share, place=place: tell((place + share) / len(asked))))  # type: ignore[misc]
        tell((place + 1) / len(asked))
    return found


def _exact(file: IO[bytes], length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        sys.exit(1)
    return data


def _end_with_input(file: IO[bytes]) -> None:
    file.read(1)
    os._exit(1)


def main() -> None:
    """Read a problem, solve it, write the solutions."""
    given, told = sys.stdin.buffer, sys.stdout.buffer
    problem, numbers = read_problem(_exact(given, int.from_bytes(_exact(given, LENGTH), "big")))
    threading.Thread(target=_end_with_input, args=(given,), daemon=True).start()

    def tell(share: float) -> None:
        told.write(json.dumps({"share": share}).encode() + b"\n")
        told.flush()

    data = packed_solutions(solve_numbers(problem, numbers, tell))
    told.write(json.dumps({"length": len(data)}).encode() + b"\n" + data)
    told.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

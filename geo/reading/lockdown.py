"""What a reading process gives up before it opens a stranger's file.

Three layers, each for itself enough against what is known: limits on memory, processor time, sizes
and open files (POSIX); no network, by a name space without any (Linux); and no file but its own
folder and the libraries, by Landlock (Linux 5.13 and later). What a system lacks is left out: the
drivers that could use it are not there either.

Source: the kernel's documentation of Landlock (userspace-api/landlock), setrlimit(2), unshare(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from geo.reading.limits import MIB, ReadLimits

if sys.platform != "win32":
    import resource

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SIGKILL = 9
#: System calls of Landlock: the same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
#: Rights over files by the version that brought them: all of the first (execute, write, read, list,
#: remove, make), moving, truncating, commands to devices.
_RIGHTS_SINCE = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_READ_FILE, _LIST_FOLDER = 1 << 2, 1 << 3
#: Binding and connecting TCP sockets, since the fourth version.
_TCP = (4, 0b11)


def peak_mb() -> int:
    """Return the most memory that this process has held so far, in MB; 0 where unknown.

    Linux counts in ``getrusage`` what the parent held when it started this program; the status
    file does not, but a locked-down process cannot read it, which is forked and needs not.
    """
    if sys.platform == "win32":
        return 0
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * 1024 / 1e6)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)


def die_with_parent() -> None:
    """Ask the kernel to end this process when the thread that forked it ends (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def limit_resources(limits: ReadLimits) -> None:
    """Limit memory, processor time, file sizes and open files; no core dumps."""
    if sys.platform == "win32":
        return
    wanted = [
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, max(limits.result_mb, limits.unpacked_mb) * MIB),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_CORE, 0),
    ]
    if sys.platform == "linux":
        wanted.append((resource.RLIMIT_AS, limits.address_space))
    for name, most in wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, (most, most))


def leave_network() -> bool:
    """Move this process into a name space without a network; tell whether that worked."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return any(
        libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET)
    )


def leave_files(own: Path, readable: Iterable[Path]) -> bool:
    """Give up all files but those in ``own`` and, to read, ``readable``; tell whether it worked.

    Where the kernel can, TCP is given up with them.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = sum(right for since, right in _RIGHTS_SINCE.items() if version >= since)
    handled = struct.pack("=QQ", rights, _TCP[1])[: 16 if version >= _TCP[0] else 8]
    rules = libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if rules < 0:
        return False
    try:
        _allow(libc, rules, own, rights)
        for path in readable:
            _allow(libc, rules, path, _READ_FILE | (_LIST_FOLDER if path.is_dir() else 0))
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    with contextlib.suppress(OSError):
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = struct.pack("=Qi", rights, beneath)
            libc.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0)
        finally:
            os.close(beneath)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)

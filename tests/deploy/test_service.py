"""The service file for systemd: it starts what is there, with settings that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from core.settings import Settings
from people.access.client_address import networks_of

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "lujian.service"


def test_the_service_believes_this_machine_alone_and_writes_to_one_folder() -> None:
    pairs = re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    orders = dict(pairs)
    said = dict(
        word.split("=", 1) for key, value in pairs if key == "Environment" for word in value.split()
    )
    known = {f"LUJIAN_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert {name for name in said if name.startswith("LUJIAN_")} <= known
    assert said["FORWARDED_ALLOW_IPS"] == ""
    assert [net.is_loopback for net in networks_of(said["LUJIAN_TRUSTED_PROXIES"])] == [True]
    assert orders["ReadWritePaths"] == said["LUJIAN_VAR_DIR"]
    assert orders["ProtectSystem"] == "strict"
    command = shlex.split(orders["ExecStart"])
    assert command[command.index("--server.address") + 1] == "127.0.0.1"

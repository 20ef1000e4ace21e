"""What the office did in the demonstration campaigns: invented steps and replies.

As after the real campaign A, where a salon agreed to set up a bike-parking project, and after B,
which gave micro-parks their site and programme. Nothing here was said by any office.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

OFFICE = "清河街道（演示）"


@dataclass(frozen=True)
class DemoStep:
    """A step told of the ``nearest`` proposals of a category around a place (WGS 84 degrees)."""

    category: str
    longitude: float
    latitude: float
    nearest: int
    stage: str
    at: datetime
    reply: str


def _step(
    place: tuple[str, float, float, int], stage: str, at: tuple[int, int, int], reply: str
) -> DemoStep:
    return DemoStep(*place, stage, datetime(*at, 2, tzinfo=UTC), reply)


_STATION = ("bike_parking", 116.3108, 40.0374, 6)
_QINGSHANG = ("bike_parking", 116.3256, 40.0372, 3)
_LINGXIU = ("public_space", 116.3067, 40.0522, 3)
_DANGDAI = ("micro_park", 116.3190, 40.0481, 6)
_YIMEI = ("micro_park", 116.3169, 40.0391, 3)

STEPS: dict[str, list[DemoStep]] = {
    "bike-parking": [
        _step(
            _STATION,
            "discussed",
            (2020, 11, 12),
            "您提的地方已列入单车停放座谈会的议题，居民代表、单车企业和交通部门会一起商量。",
        ),
        _step(
            _STATION,
            "decided",
            (2020, 12, 3),
            "座谈会商定：车站外新划两处停放区，早晚高峰由企业派人调度。",
        ),
        _step(_STATION, "built", (2021, 4, 20), "停放区已经划好，共 86 个车位。谢谢您的建议！"),
        _step(
            _QINGSHANG,
            "answered",
            (2020, 11, 20),
            "已请单车企业每天清理两次，请您继续帮我们看着。",
        ),
        _step(
            _LINGXIU,
            "declined",
            (2020, 12, 8),
            "这里是消防通道，不能设置座椅。我们会在东侧空地另找位置，再告诉您。",
        ),
    ],
    "micro-park": [
        _step(
            _DANGDAI, "discussed", (2021, 6, 10), "这块空地进入微公园选址，规划师将上门听取意见。"
        ),
        _step(
            _DANGDAI,
            "decided",
            (2021, 7, 15),
            "确定在这里建微公园：儿童活动、座椅和遮阳各占一角，秋天开工。",
        ),
        _step(_YIMEI, "discussed", (2021, 6, 10), "您的建议已交给社区规划师，正在和邻居们商量。"),
    ],
}

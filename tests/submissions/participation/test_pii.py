"""What is highlighted as personal, and what a map of bike parking is full of and is not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from submissions.participation.pii import (
    Confidence,
    PersonalKind,
    PiiFinding,
    find_personal,
    is_id_number,
    passes_luhn,
)

K, S = PersonalKind, Confidence

FOUND: list[tuple[str, str, PersonalKind, Confidence]] = [
    ("请打13800138000谢谢", "13800138000", K.PHONE, S.SURE),
    ("电话１３８００１３８０００", "１３８００１３８０００", K.PHONE, S.SURE),
    ("手机 138 0013 8000。", "138 0013 8000", K.PHONE, S.SURE),
    ("138-0013-8000找我", "138-0013-8000", K.PHONE, S.SURE),
    ("1 3 8 0 0 1 3 8 0 0 0", "1 3 8 0 0 1 3 8 0 0 0", K.PHONE, S.SURE),
    ("打+86 13800138000", "+86 13800138000", K.PHONE, S.SURE),
    ("打008613800138000", "008613800138000", K.PHONE, S.SURE),
    ("电话幺三八零零一三八零零零", "幺三八零零一三八零零零", K.PHONE, S.LIKELY),
    ("010-62912345", "010-62912345", K.LANDLINE, S.SURE),
    ("(0312)6291234", "(0312)6291234", K.LANDLINE, S.SURE),
    ("座机62912345", "62912345", K.LANDLINE, S.LIKELY),
    ("身份证11010519491231002X", "11010519491231002X", K.ID_NUMBER, S.SURE),
    ("身份证11010519491231002x号", "11010519491231002x", K.ID_NUMBER, S.SURE),
    ("号码110105194912310021", "110105194912310021", K.ID_NUMBER, S.PERHAPS),
    ("老证110105491231002", "110105491231002", K.ID_NUMBER, S.LIKELY),
    ("车京A12345天天占道", "京A12345", K.PLATE, S.SURE),
    ("京a·f0236挡路", "京a·f0236", K.PLATE, S.SURE),
    ("京AD12345占充电桩", "京AD12345", K.PLATE, S.SURE),
    ("冀B12345F是货车", "冀B12345F", K.PLATE, S.SURE),
    ("京N1234警停在这里", "京N1234警", K.PLATE, S.SURE),
    ("写信到 li.ming@mail.example.com。", "li.ming@mail.example.com", K.EMAIL, S.SURE),
    ("微信号：wxid_li2024", "wxid_li2024", K.CHAT, S.SURE),
    ("加我vx liming88", "liming88", K.CHAT, S.SURE),
    ("ＱＱ：１２３４５６７８", "１２３４５６７８", K.CHAT, S.SURE),
    ("卡号6222021234567890128", "6222021234567890128", K.BANK_CARD, S.SURE),
    ("银行卡：4111 1111 1111 1111", "4111 1111 1111 1111", K.BANK_CARD, S.SURE),
    ("我叫张伟,住这边", "张伟", K.NAME, S.LIKELY),
    ("联系人：欧阳娜娜", "欧阳娜娜", K.NAME, S.LIKELY),
    ("楼下王女士说不行", "王", K.NAME, S.LIKELY),
    ("李建国先生每天遛狗", "李建国", K.NAME, S.LIKELY),
    ("周围李女士都说好", "李", K.NAME, S.LIKELY),
    ("我是王小明,希望", "王小明", K.NAME, S.PERHAPS),
    ("有事找王建国。", "王建国", K.NAME, S.LIKELY),
    ("联系欧阳娜娜就行", "欧阳娜娜", K.NAME, S.LIKELY),
    ("名字叫李四", "李四", K.NAME, S.LIKELY),
    ("住12号楼3单元402", "12号楼3单元402", K.HOME, S.SURE),
    ("我家3号楼２单元５０１室", "3号楼２单元５０１室", K.HOME, S.SURE),
    ("五号楼二单元三零一", "五号楼二单元三零一", K.HOME, S.SURE),
    ("12号楼402室漏水", "12号楼402室", K.HOME, S.SURE),
    ("7栋2单元门口", "7栋2单元", K.HOME, S.LIKELY),
    ("门牌3-2-402", "3-2-402", K.HOME, S.PERHAPS),
]


@pytest.mark.parametrize(("text", "part", "kind", "sureness"), FOUND)
def test_what_is_personal_is_found_whole(
    text: str, part: str, kind: PersonalKind, sureness: Confidence
) -> None:
    start = text.index(part)
    assert find_personal(text) == [PiiFinding(start, start + len(part), kind, sureness)]


NOTHING = [
    "坐478路、307路公交到清河站",
    "地铁13号线和昌平线换乘",
    "停了3000元一辆的车,约1500辆",
    "收费15元/小时,每月2000元",
    "小区有1650户,90287人",
    "2024年5月1日8:30-9:30很挤",
    "2024-05-01到2024-06-30,20240501",
    "拨打12345热线没有用",
    "邮编100085",
    "安宁庄路12号院北门",
    "3号楼和5号楼之间有空地",
    "5号楼200米外有一个车棚",
    "A座和B座之间",
    "京藏高速G6辅路",
    "京A牌照的车很多",
    "宽2.5米长12.75米,约40平方米",
    "坐标116.3044,40.0490",
    "1 1 2 3 5 8 1 3 2 1 3 4",
    "保安大爷和门卫大爷都很好",
    "环卫师傅、出租车师傅没地方休息",
    "安排老师带孩子来",
    "广场舞大妈太多",
    "我是高中生,每天骑车",
    "我是常住居民",
    "微信小程序扫码,微信公众号也行",
    "QQ群里都在说",
    "402室内温度",
    "清河嘉园东区,毛纺路58号",
    "要30-50个车位,1-2层",
    "8-10-12点最堵",
    "@物业 请处理",
    "请看 https://www.example.com/a?b=12345678",
    "编号 2024000123456789 的单子",
    "阳光不好,高大的杨树太密",
    "找方便停车的地方,联系管理方。",
    "问路人。找位置停车",
    "北门路一段159号",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_the_map_is_full_of_is_not_marked(text: str) -> None:
    assert find_personal(text) == []


def test_several_come_in_order_without_overlaps() -> None:
    text = "我叫王芳,电话13800138000,住12号楼3单元402,车牌京A12345"
    found = find_personal(text)
    assert [text[one.start : one.end] for one in found] == [
        "王芳", "13800138000", "12号楼3单元402", "京A12345",
    ]  # fmt: skip


def test_check_symbols_are_those_of_the_standards() -> None:
    # GB 11643-1999 gives these two as its examples; the third is the second, one digit wrong.
    assert is_id_number("11010519491231002X")
    assert is_id_number("440524188001010014")
    assert not is_id_number("440524188001010015")
    assert passes_luhn("79927398713")
    assert not passes_luhn("79927398710")
    base = "1101051949123100"
    fitting = [n for n in range(100) for x in "0123456789X"
               if is_id_number(f"{base[:15]}{n:02d}{x}")]  # fmt: skip
    assert len(fitting) == 100


_PIECES = st.sampled_from(
    ["1", "138", "8000", " ", "-", "京", "A", "号楼", "单元", "微信", "王", "女士", "我叫", "@",
     ".", "６", "６２", "\ud800", "ﬀ", "㍿", "\u0130", "联系人", ":", "卡号", "室", "一"]
)  # fmt: skip


@given(st.text() | st.lists(_PIECES, max_size=40).map("".join))
@example("ﬃ13800138000")
@example("\u013013800138000")
def test_spans_lie_within_any_text(text: str) -> None:
    at = 0
    for one in find_personal(text):
        assert at <= one.start < one.end <= len(text)
        at = one.end


def test_what_never_ends_is_read_in_a_moment() -> None:
    for piece in ("1", "1 ", "a@", "a.", "王", "一单元", "微信", "京A1", "(010)", "1-1-1-"):
        find_personal(piece * 3_000)

"""Invented places with names such as Beijing has, as many as one asks for."""

from __future__ import annotations

import random

from layers.gazetteer.index import Place

_STEM_WORDS = """
清河 上地 西二旗 安宁庄 小营 朱房 永泰 学院 知春 中关村 五道口 双榆树
北太平庄 花园 牡丹园 马甸 健翔 志新 静淑苑 建清园 成府 蓝旗营 万柳 巴沟
火器营 六郎庄 海淀 苏州街 人民大学 魏公村 紫竹院 车道沟 曙光 世纪城 远大
四季青 田村 玉泉 永定路 万寿路 羊坊店 甘家口 增光 阜成 八里庄 定慧 恩济
香山 青龙桥 树村 马连洼 农大 西北旺 永丰 温泉 苏家坨 上庄 东升 清华 燕北
柳浪 长城 乐家 重兴 朝阳庵 行知 单店 厢黄旗 肖家河 药用植物 唐家岭 航天
航材 百旺 颐和 圆明 文慧 皂君庙 大钟寺 联慧 罗庄 塔院 冠城 月季 太月
新街口 明光 西土城 蓟门 学知 六道口 石油 林业 矿业 地质
"""
_STEMS = tuple(_STEM_WORDS.split())
_PARTS = (*"东西南北中新前后一二三四五小", "第一", "第二", "第三")
_ENDS = {
    "community": ("社区", "一里社区", "二里社区", "南社区", "北社区", "家园社区"),
    "compound": ("小区", "家园", "花园", "嘉园", "苑", "里", "公寓", "大院", "宿舍", "佳园"),
    "compound_gate": ("小区南门", "小区北门", "家园东门", "苑西门", "嘉园西南门", "大院北门"),
    "school": ("小学", "中学", "幼儿园", "实验学校", "第一小学", "第二小学", "附属中学"),
    "park": ("公园", "街心公园", "绿地", "体育公园", "滨水绿廊"),
    "main": ("路", "大街", "中路", "东路", "西路", "南路", "北一路", "桥"),
    "metro_station": ("站", "桥站", "东站", "北站"),
    "station_exit": ("站A口", "站B口", "站C口", "站东出口"),
    "bus_stop": ("站(公交)", "路口西站(公交)", "小区站(公交)", "桥东站(公交)"),
    "mall": ("购物中心", "菜市场", "便民市场", "生活广场", "超市"),
    "hospital": ("医院", "卫生服务站", "社区卫生服务中心"),
    "office": ("科技园", "创新园东门", "大厦", "街道办事处", "软件园", "写字楼"),
}


def invented_places(count: int, *, seed: int = 7) -> list[Place]:
    """Return places around Haidian; up to some 20,000 nearly all names differ."""
    rng = random.Random(seed)
    return [_place(rng) for _ in range(count)]


def _place(rng: random.Random) -> Place:
    kind = rng.choice(list(_ENDS))
    name = rng.choice(_STEMS)
    if rng.random() < 0.5:
        name += rng.choice(_STEMS)
    if rng.random() < 0.6:
        name += rng.choice(_PARTS)
    if rng.random() < 0.2:
        name += f"{rng.randint(1, 99)}号"
    name += rng.choice(_ENDS[kind])
    return Place(name, "", kind, 116.2 + 0.2 * rng.random(), 39.9 + 0.2 * rng.random())

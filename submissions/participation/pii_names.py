"""Finding names of persons in a Chinese text: a surname with a title, or after 我叫, 联系人, …

Pure. Most Chinese surnames are common words too, so a surname alone is no name here; words that
begin or end with one (保安大爷, 安排老师) are left out by the lists below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_DOUBLE = "欧阳|上官|司马|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|长孙|宇文|夏侯|令狐|端木|南宫"
_SINGLE = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁"
    "魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易"
    "常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝"
    "左涂谷祁耿牟卜葛詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋甘景薄单包司柏宁柯阮桂闵"
)
_SURNAME = f"(?:{_DOUBLE}|[{_SINGLE}])"
_TITLES = (
    "女士|先生|小姐|阿姨|大爷|大妈|大姐|大哥|师傅|老师|同志|医生|大夫|奶奶|爷爷|叔叔|婆婆|经理|主任|书记"
    "|老板|太太|所长|站长|院长|校长|局长|科长|队长|警官"
)
#: No given name has these.
_NO_NAME = (
    "的了是在有和与及跟给让被把都也很去来到请找问说要会能可没不这那"
    "我你他她它们个位名些吗呢吧啊就住电手今"
)
_GIVEN = rf"[^\W\da-z_{_NO_NAME}]"
_TITLED = re.compile(rf"(?=(?P<name>{_SURNAME}{_GIVEN}{{0,2}}?)(?:{_TITLES}))")
_NAMED = re.compile(
    "(?:我叫|我的名字[是叫]|名字[是叫]?|名叫|叫做|姓名|联系人|户主|签名|落款|当事人|投诉人|举报人|申请人)"
    rf"[:\s是为叫]{{0,3}}(?P<name>{_SURNAME}{_GIVEN}{{1,2}})(?![^\W\da-z_]{{2,}}{_TITLES})"
)
_END = r"(?=[,，。.;；:!！?？、)）\s]|$)"
_SELF = re.compile(rf"(?:我是|本人)(?P<name>{_SURNAME}{_GIVEN}{{1,2}}){_END}")
#: Whom to turn to: a surname and two characters, before a stop or what one does with a person.
_TURNED_TO = re.compile(
    rf"(?:找|联系|问问?|通知|叫一?下)(?P<name>{_SURNAME}{_GIVEN}{{2}})"
    rf"(?:{_END}|(?=就[行好]|电话|手机|商量|反映|联系|核实|拿钥匙))"
)
#: A name right before a number that reaches its owner.
_BEFORE_NUMBER = re.compile(
    rf"(?P<name>{_SURNAME}{_GIVEN}{{1,2}})[\s:,，、(（]{{0,2}}"
    r"(?=1[3-9]\d[-\s.·]?\d{4}[-\s.·]?\d{4}(?!\d))"
)


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words that begin like a name does, or end where one would begin.
_WORDS = _listed(
    """
    安排 安全 安静 安装 安宁 马路 马上 周末 周围 周边 周一 周二 周三 周四 周五 周六 周日 高大
    高龄 高中 高处 高峰 高级 高校 高铁 方便 方向 常见 常来 常年 常住 常常 于是 关于 关注 关心
    文化 文明 文艺 白天 白色 金属 石头 石子 田园 向着 向上 左右 左边 左转 阳光 阳台 江边 夏天
    夏季 路上 路边 路口 路灯 路面 管理 管道 单车 单位 单独 包括 包子 成为 成年 成人 游玩 游客
    游泳 万一 温度 温馨 石凳 毛纺 向阳 安宁庄 宁静 易拉 席地 位置 位于 任何 任务 余地 应该
    严重 武术 牛奶 申请 齐全 景观 景色 景区 项目 费用 谷歌 庄重 童趣 段落 雷雨 梅花 兰花 柳树
    桂花 桂树 白杨 杨树 杨柳 柏树 松柏 苗木 甘甜 薄弱 曲折 查看 查询 司机 左侧 路过 路人 路段
    小区 居民 业主 物业
    """
)
_ENDINGS = _listed(
    """
    保安 治安 公安 平安 长安 西安 门卫 环卫 警卫 城管 物管 保管 主管 交管 园林 树林 森林 绿林
    地方 对方 双方 官方 前方 后方 东方 西方 南方 北方 提高 身高 增高 太高 很高 现金 资金 奖金
    清江 马路 道路 公路 铁路 网路 走路 一路 修路 小路 大路 问路 岔路 单位 座位 车位 各位 诸位
    岗位 方位 席位 主席 出席 缺席 关系 相关 有关 机关 海关 开关 难关 由于 对于 关于 至于 属于
    等于 位于 用于 大于 处于 便于 善于 完成 变成 形成 组成 造成 建成 收成 旅游 导游 上游 下游
    太阳 朝阳 夕阳 向阳 沈阳 面包 书包 背包 红包 钱包 调查 检查 审查 公司 上司 丰盛 茂盛 儿童
    家童 语文 中文 英文 作文 人文 时段 路段 阶段 地段 手段 水温 气温 体温 保温 低温 高温 木柏
    明白 空白 健康 小康 荒石 宝石 岩石 化石 校庄 村庄 农庄 山庄 钱庄 安宁庄 后厂 事项 选项
    单项 各项 多项 一万 两万 几万 千万 上万 汉武 生意 交易 容易 贸易 不易 简易 风景 背景 前景
    夜景 场景 街景 学费 免费 收费 消费 水费 电费 自费 世纪 年纪 经纪 法律 外欧 西欧 北欧 东欧
    清单 名单 简单 菜单 订单 床单 传单 山谷 峡谷 稻谷 五谷 开窗 右左 黄牛 水牛 奶牛 蜗牛 骑马
    木马 斑马 立马 罗马 海马 人马
    """
)


def find_names(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start, end, and whether it is likely (else perhaps) of what may be a name.

    ``text`` is narrow lower case (``personal.find_personal`` sees to that). Of a person with a
    title the span is the name alone, as 某 can stand for it.
    """
    for hit in _TITLED.finditer(text):
        if not _is_word(text, hit):
            yield *hit.span("name"), True
    for hit in _NAMED.finditer(text):
        if not _starts_a_word(hit["name"]):
            yield *hit.span("name"), True
    for pattern in (_SELF, _TURNED_TO, _BEFORE_NUMBER):
        for hit in pattern.finditer(text):
            if not _is_word(text, hit):
                yield *hit.span("name"), pattern is _TURNED_TO


def _is_word(text: str, hit: re.Match[str]) -> bool:
    start = hit.start("name")
    before = text[max(0, start - 2) : start + 1]
    return _starts_a_word(hit["name"]) or before in _ENDINGS or before[-2:] in _ENDINGS


def _starts_a_word(name: str) -> bool:
    return name in _WORDS or name[:2] in _WORDS

"""Qinghe as drawn by hand for the demonstration: schematic, not surveyed (示意).

Coordinates are longitude and latitude in degrees, WGS 84 (EPSG:4326); sizes are metres. The outline
keeps the box, the area and the neighbours that are publicly known (G6 east, railway west, river
south); what lies inside is placed plausibly. ``data.make_layers`` turns these tables into GeoJSON.
"""

from __future__ import annotations

LonLat = tuple[float, float]

WEST_EDGE: list[LonLat] = [  # north to south, beside the Beijing-Baotou railway
    (116.2966, 40.0588),
    (116.2993, 40.0539),
    (116.3018, 40.0487),
    (116.3052, 40.0441),
    (116.3088, 40.0394),
    (116.3117, 40.0352),
    (116.3143, 40.0311),
    (116.3161, 40.0262),
    (116.3183, 40.0196),
]
SOUTH_EDGE: list[LonLat] = [  # west to east
    (116.3236, 40.0206),
    (116.3301, 40.0212),
    (116.3358, 40.0219),
    (116.3408, 40.0217),
    (116.3417, 40.0172),
    (116.3455, 40.0166),
    (116.3487, 40.0153),
]
EAST_EDGE: list[LonLat] = [  # south to north, beside the G6 expressway
    (116.3516, 40.0172),
    (116.3467, 40.0230),
    (116.3436, 40.0276),
    (116.3388, 40.0326),
    (116.3347, 40.0378),
    (116.3304, 40.0431),
    (116.3261, 40.0492),
    (116.3232, 40.0541),
]
NORTH_EDGE: list[LonLat] = [  # east to west
    (116.3197, 40.0531),
    (116.3163, 40.0563),
    (116.3122, 40.0597),
    (116.3069, 40.0585),
    (116.3031, 40.0597),
    (116.3004, 40.0610),
]
OUTLINE: list[LonLat] = WEST_EDGE + SOUTH_EDGE + EAST_EDGE + NORTH_EDGE

COMMUNITIES: list[tuple[str, str, str, LonLat, int, int]] = [
    # last two digits (2020), Chinese name, English name, seed, weights registered and migrant
    ("01", "清河嘉园社区", "Qinghe Jiayuan", (116.3418, 40.0282), 34, 30),
    ("03", "四街社区", "Sijie (Fourth Street)", (116.3255, 40.0318), 22, 46),
    ("07", "朱房社区", "Zhufang", (116.3180, 40.0302), 24, 78),
    ("08", "安宁里社区", "Anningli", (116.3236, 40.0451), 36, 24),
    ("09", "火箭军社区", "Rocket Force Compound", (116.3195, 40.0357), 28, 6),
    ("10", "长城润滑油社区", "Great Wall Lubricants", (116.3222, 40.0402), 22, 16),
    ("12", "空军装备研究院社区", "Air Force Equipment Academy", (116.3105, 40.0450), 30, 6),
    ("13", "安宁庄东路28号社区", "28 Anningzhuang East Road", (116.3195, 40.0520), 20, 22),
    ("14", "美和园社区", "Meiheyuan", (116.3440, 40.0205), 48, 40),
    ("16", "花园楼社区", "Huayuanlou", (116.3240, 40.0225), 40, 34),
    ("17", "毛纺南小区社区", "Maofang South", (116.3362, 40.0258), 46, 28),
    ("18", "毛纺北小区社区", "Maofang North", (116.3363, 40.0303), 44, 28),
    ("19", "北毛社区", "Beimao (Wool Mill)", (116.3302, 40.0285), 32, 24),
    ("20", "安宁东路社区", "Anning East Road", (116.3250, 40.0492), 28, 36),
    ("21", "阳光社区", "Yangguang (Sunshine)", (116.3315, 40.0323), 36, 34),
    ("22", "安宁北路社区", "Anning North Road", (116.3150, 40.0550), 24, 40),
    ("23", "西二旗一里社区", "Xi'erqi Yili", (116.3025, 40.0575), 36, 34),
    ("24", "安宁庄社区", "Anningzhuang", (116.3130, 40.0492), 18, 82),
    ("25", "怡美家园社区", "Yimei Jiayuan", (116.3169, 40.0391), 38, 26),
    ("26", "海清园社区", "Haiqingyuan", (116.3110, 40.0402), 28, 22),
    ("27", "当代城市家园社区", "Dangdai City Homes", (116.3190, 40.0481), 50, 30),
    ("29", "清上园社区", "Qingshangyuan", (116.3256, 40.0372), 48, 34),
    ("30", "力度家园社区", "Lidu Jiayuan", (116.3330, 40.0368), 24, 24),
    ("31", "小营西路32号院社区", "32 Xiaoying West Road", (116.3172, 40.0445), 20, 12),
    ("32", "领秀硅谷社区", "Lingxiu Silicon Valley", (116.3095, 40.0565), 46, 38),
    ("33", "学府树家园第一社区", "Xuefushu No. 1", (116.3282, 40.0446), 36, 30),
    ("34", "智学苑社区", "Zhixueyuan", (116.3044, 40.0490), 30, 24),
    ("35", "领秀新硅谷社区", "Lingxiu New Silicon Valley", (116.3067, 40.0522), 44, 40),
    ("36", "学府树家园第二社区", "Xuefushu No. 2", (116.3298, 40.0408), 36, 32),
]

ROADS: list[tuple[str, str, str, bool, list[LonLat]]] = [
    # kind, Chinese name, English name, divides communities, line
    (
        "expressway",
        "京藏高速(G6)",
        "G6 Beijing-Lhasa Expressway",
        False,
        [(116.3547, 40.0130), *EAST_EDGE, (116.3216, 40.0585)],
    ),
    (
        "main",
        "西二旗大街",
        "Xi'erqi Street",
        True,
        [
            (116.298, 40.0511),
            (116.306, 40.0507),
            (116.3126, 40.0514),
            (116.318, 40.05),
            (116.3222, 40.0505),
            (116.3275, 40.052),
        ],
    ),
    (
        "main",
        "安宁庄路",
        "Anningzhuang Road",
        True,
        [
            (116.301, 40.0463),
            (116.3085, 40.047),
            (116.315, 40.0467),
            (116.321, 40.0462),
            (116.3305, 40.047),
        ],
    ),
    (
        "main",
        "小营西路",
        "Xiaoying West Road",
        True,
        [
            (116.304, 40.0417),
            (116.3098, 40.0423),
            (116.316, 40.042),
            (116.3235, 40.0424),
            (116.3336, 40.0427),
        ],
    ),
    (
        "main",
        "清河中街",
        "Qinghe Middle Street",
        True,
        [
            (116.31, 40.0334),
            (116.3165, 40.0333),
            (116.3232, 40.0341),
            (116.329, 40.0344),
            (116.3405, 40.0345),
        ],
    ),
    (
        "main",
        "毛纺路",
        "Maofang Road",
        True,
        [
            (116.313, 40.0258),
            (116.32, 40.0268),
            (116.3275, 40.0262),
            (116.333, 40.0278),
            (116.3395, 40.028),
            (116.342, 40.0255),
            (116.348, 40.0252),
        ],
    ),
    (
        "main",
        "安宁庄西路",
        "Anningzhuang West Road",
        True,
        [
            (116.3117, 40.0606),
            (116.3118, 40.056),
            (116.3098, 40.0508),
            (116.3105, 40.0476),
            (116.314, 40.0421),
            (116.3143, 40.0375),
            (116.3165, 40.0333),
            (116.32, 40.0268),
        ],
    ),
    (
        "main",
        "安宁庄东路",
        "Anningzhuang East Road",
        True,
        [
            (116.3202, 40.0552),
            (116.3222, 40.0505),
            (116.321, 40.0462),
            (116.3202, 40.0422),
            (116.3205, 40.0385),
            (116.3232, 40.0341),
        ],
    ),
    (
        "main",
        "龙岗路",
        "Longgang Road",
        True,
        [
            (116.3262, 40.048),
            (116.3256, 40.0425),
            (116.3283, 40.0392),
            (116.329, 40.0344),
            (116.3275, 40.0262),
        ],
    ),
    (
        "main",
        "学清路",
        "Xueqing Road",
        True,
        [
            (116.3331, 40.0196),
            (116.3322, 40.0236),
            (116.333, 40.0278),
            (116.3343, 40.031),
            (116.3348, 40.0345),
            (116.3352, 40.0405),
        ],
    ),
    (
        "main",
        "西二旗北路",
        "Xi'erqi North Road",
        True,
        [
            (116.2965, 40.0548),
            (116.305, 40.0545),
            (116.3105, 40.0538),
            (116.3165, 40.053),
            (116.3215, 40.0525),
        ],
    ),
    (
        "secondary",
        "上地东路",
        "Shangdi East Road",
        False,
        [(116.2985, 40.0492), (116.3030, 40.0432), (116.3078, 40.0368), (116.3105, 40.0310)],
    ),
    (
        "secondary",
        "西二旗中路",
        "Xi'erqi Middle Road",
        True,
        [(116.3062, 40.0600), (116.3061, 40.0545), (116.3060, 40.0507)],
    ),
    (
        "secondary",
        "清河站东路",
        "Qinghe Station East Road",
        False,
        [(116.3104, 40.0423), (116.3122, 40.0385), (116.3143, 40.0352), (116.3150, 40.0333)],
    ),
    (
        "secondary",
        "龙岗北一路",
        "Longgang North 1st Road",
        True,
        [(116.3202, 40.0385), (116.3283, 40.0392), (116.3365, 40.0393)],
    ),
    (
        "secondary",
        "清河东路",
        "Qinghe East Road",
        True,
        [(116.3343, 40.0310), (116.3395, 40.0280)],
    ),
    (
        "secondary",
        "清河南岸路",
        "Qinghe South Bank Road",
        False,
        [
            (116.318, 40.0229),
            (116.325, 40.024),
            (116.3322, 40.0236),
            (116.34, 40.023),
            (116.346, 40.0228),
        ],
    ),
]

RIVER: list[LonLat] = [
    (116.3120, 40.0247),
    (116.3165, 40.0246),
    (116.3210, 40.0254),
    (116.3262, 40.0250),
    (116.3318, 40.0248),
    (116.3365, 40.0238),
    (116.3420, 40.0240),
    (116.3475, 40.0241),
    (116.3530, 40.0226),
]
RIVER_WIDTH_M = 38.0

RAILWAYS: list[tuple[str, str, str, list[LonLat]]] = [
    (
        "railway",
        "京包铁路",
        "Beijing-Baotou Railway",
        [(116.2948, 40.0622), *WEST_EDGE, (116.3196, 40.0160)],
    ),
    (
        "metro",
        "地铁13号线",
        "Metro Line 13",
        [
            (116.2937, 40.0612),
            (116.2968, 40.0553),
            (116.3005, 40.0486),
            (116.3043, 40.0434),
            (116.3078, 40.0388),
            (116.3108, 40.0345),
            (116.3128, 40.0298),
            (116.3152, 40.0235),
        ],
    ),
    (
        "metro",
        "地铁昌平线",
        "Metro Changping Line",
        [
            (116.2952, 40.0624),
            (116.2974, 40.0572),
            (116.3012, 40.0492),
            (116.307, 40.0414),
            (116.3099, 40.0378),
            (116.314, 40.0345),
            (116.324, 40.0345),
            (116.3342, 40.0346),
            (116.334, 40.027),
            (116.3326, 40.019),
        ],
    ),
]
STATIONS: list[tuple[str, str, str, LonLat]] = [
    ("railway_station", "清河站", "Qinghe Railway Station", (116.3108, 40.0374)),
    ("station_exit", "清河站东出口", "Qinghe Station, East Exit", (116.3118, 40.0379)),
    ("station_exit", "清河站北出口", "Qinghe Station, North Exit", (116.3101, 40.0392)),
    ("station_exit", "清河站南出口", "Qinghe Station, South Exit", (116.3127, 40.0357)),
    ("metro_station", "西二旗站", "Xi'erqi Metro Station", (116.3002, 40.0533)),
    ("station_exit", "西二旗站B口", "Xi'erqi Station, Exit B", (116.3009, 40.0530)),
    ("metro_station", "朱房北站", "Zhufangbei Metro Station", (116.3240, 40.0345)),
    ("station_exit", "朱房北站A口", "Zhufangbei Station, Exit A", (116.3236, 40.0348)),
    ("metro_station", "清河小营桥站", "Qinghe Xiaoyingqiao Metro Station", (116.3342, 40.0346)),
    ("station_exit", "清河小营桥站C口", "Qinghe Xiaoyingqiao Station, Exit C", (116.3339, 40.0349)),
]

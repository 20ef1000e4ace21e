"""Small places of Qinghe, placed plausibly by hand for the demonstration (示意).

Longitude and latitude in degrees, WGS 84 (EPSG:4326); sizes in metres, turns in degrees
anticlockwise from east. Community gates are not listed: ``data.make_layers`` derives them.
"""

from __future__ import annotations

from data.qinghe_drawing import LonLat

PARKS: list[tuple[str, str, LonLat, float, float, float]] = [
    # Chinese name, English name, centre, length, width, turn
    ("清河滨水绿廊东段", "Qing River Greenway, East", (116.3385, 40.0250), 560, 70, -1),
    ("清河滨水绿廊西段", "Qing River Greenway, West", (116.3225, 40.0244), 640, 60, -2),
    ("朱房公园", "Zhufang Park", (116.3168, 40.0288), 230, 210, 20),
    ("清河翠谷公园", "Qinghe Green Valley Park", (116.3266, 40.0303), 210, 130, 8),
    ("安宁庄公园", "Anningzhuang Park", (116.3146, 40.0484), 220, 150, 5),
    ("西二旗绿地", "Xi'erqi Green", (116.3040, 40.0559), 210, 120, 8),
    ("站前绿地", "Station Front Green", (116.3129, 40.0371), 210, 80, -62),
    ("当代花园", "Dangdai Garden", (116.3171, 40.0484), 150, 110, 0),
    ("龙岗路街心公园", "Longgang Road Pocket Park", (116.3301, 40.0378), 140, 110, 5),
    ("硅谷北公园", "Silicon Valley North Park", (116.3135, 40.0570), 190, 110, -47),
    ("京藏高速防护绿带", "G6 Shelter Belt", (116.3352, 40.0361), 260, 50, -53),
    ("美和园绿地", "Meiheyuan Green", (116.3462, 40.0190), 190, 140, 0),
]

PLACES: list[tuple[str, str, str, LonLat]] = [
    # kind, Chinese name, English name, position
    ("mall", "五彩城购物中心", "Wucaicheng Mall", (116.3267, 40.0352)),
    ("mall_door", "五彩城南门", "Wucaicheng Mall, South Door", (116.3266, 40.0347)),
    ("mall_door", "五彩城东门", "Wucaicheng Mall, East Door", (116.3276, 40.0353)),
    ("mall_door", "五彩城西门", "Wucaicheng Mall, West Door", (116.3255, 40.0353)),
    ("mall", "华联清河店", "Hualian Supermarket, Qinghe", (116.3222, 40.0326)),
    ("mall", "西二旗生活广场", "Xi'erqi Neighbourhood Mall", (116.3067, 40.0540)),
    ("mall", "安宁庄便民市场", "Anningzhuang Market", (116.3118, 40.0503)),
    ("mall", "小营桥菜市场", "Xiaoyingqiao Food Market", (116.3302, 40.0421)),
    ("office", "小米科技园", "Xiaomi Science Park", (116.3078, 40.0452)),
    ("office", "小米科技园东门", "Xiaomi Science Park, East Gate", (116.3094, 40.0458)),
    ("office", "小米科技园南门", "Xiaomi Science Park, South Gate", (116.3080, 40.0436)),
    ("office", "清河街道办事处", "Qinghe Subdistrict Office", (116.3244, 40.0333)),
    ("office", "上地创新园北门", "Shangdi Innovation Park, North Gate", (116.3147, 40.0347)),
    ("office", "毛纺厂文创园", "Wool Mill Creative Park", (116.3313, 40.0269)),
    ("school", "清河第一小学", "Qinghe No. 1 Primary School", (116.3214, 40.0314)),
    ("school", "清河第四小学", "Qinghe No. 4 Primary School", (116.3314, 40.0352)),
    ("school", "清河中学", "Qinghe Middle School", (116.3225, 40.0366)),
    ("school", "毛纺路小学", "Maofang Road Primary School", (116.3349, 40.0272)),
    ("school", "西二旗小学", "Xi'erqi Primary School", (116.3077, 40.0558)),
    ("school", "安宁庄实验学校", "Anningzhuang Experimental School", (116.3160, 40.0472)),
    ("school", "学府树幼儿园", "Xuefushu Kindergarten", (116.3286, 40.0432)),
    ("school", "朱房小学", "Zhufang Primary School", (116.3174, 40.0317)),
    ("school", "美和园幼儿园", "Meiheyuan Kindergarten", (116.3429, 40.0210)),
    ("hospital", "清河医院", "Qinghe Hospital", (116.3312, 40.0299)),
    ("hospital", "安宁庄社区卫生服务站", "Anningzhuang Health Station", (116.3144, 40.0509)),
    ("hospital", "花园楼卫生服务站", "Huayuanlou Health Station", (116.3271, 40.0229)),
    ("care_home", "清河养老驿站", "Qinghe Care Home for the Elderly", (116.3283, 40.0316)),
    ("library", "清河文化活动中心", "Qinghe Culture Centre", (116.3303, 40.0336)),
]

BUS_STOPS: list[tuple[str, str, LonLat]] = [
    ("清河中街西站", "Qinghe Middle Street West", (116.3196, 40.0335)),
    ("清河街道办事处站", "Subdistrict Office", (116.3250, 40.0340)),
    ("清河站", "Qinghe", (116.3298, 40.0345)),
    ("清河小营桥西站", "Xiaoyingqiao West", (116.3296, 40.0427)),
    ("小营西路站", "Xiaoying West Road", (116.3222, 40.0425)),
    ("小营西路西口站", "Xiaoying West Road West End", (116.3128, 40.0423)),
    ("安宁庄站", "Anningzhuang", (116.3126, 40.0470)),
    ("安宁里站", "Anningli", (116.3227, 40.0461)),
    ("当代城市家园站", "Dangdai City Homes", (116.3190, 40.0466)),
    ("安宁庄东路北站", "Anningzhuang East Road North", (116.3219, 40.0498)),
    ("安宁东路站", "Anning East Road", (116.3236, 40.0508)),
    ("西二旗大街站", "Xi'erqi Street", (116.3083, 40.0511)),
    ("智学苑站", "Zhixueyuan", (116.3040, 40.0507)),
    ("西二旗北路站", "Xi'erqi North Road", (116.3029, 40.0548)),
    ("领秀硅谷站", "Lingxiu Silicon Valley", (116.3119, 40.0568)),
    ("安宁北路站", "Anning North Road", (116.3150, 40.0531)),
    ("龙岗路站", "Longgang Road", (116.3287, 40.0366)),
    ("清上园站", "Qingshangyuan", (116.3272, 40.0406)),
    ("阳光小区站", "Yangguang", (116.3341, 40.0318)),
    ("毛纺南小区站", "Maofang South", (116.3369, 40.0281)),
    ("毛纺路东口站", "Maofang Road East End", (116.3408, 40.0264)),
    ("花园楼站", "Huayuanlou", (116.3289, 40.0239)),
    ("朱房站", "Zhufang", (116.3187, 40.0296)),
    ("美和园站", "Meiheyuan", (116.3438, 40.0227)),
    ("怡美家园站", "Yimei Jiayuan", (116.3143, 40.0392)),
]

BIKE_PARKING: list[tuple[str, float, float, int]] = [
    # place it serves, metres east and north of it, bicycles it holds
    ("清河站东出口", 35, 12, 180),
    ("清河站北出口", 28, -14, 120),
    ("清河站南出口", 22, 18, 90),
    ("西二旗站B口", 30, -10, 220),
    ("朱房北站A口", -25, 12, 80),
    ("清河小营桥站C口", -30, 14, 90),
    ("五彩城南门", 24, -8, 150),
    ("五彩城东门", 12, 30, 80),
    ("小米科技园东门", 16, 22, 200),
    ("小米科技园南门", -30, 10, 140),
    ("上地创新园北门", 10, 24, 60),
    ("华联清河店", 28, 16, 50),
    ("西二旗生活广场", -24, -18, 70),
    ("安宁庄便民市场", 30, -16, 40),
    ("清河街道办事处", 20, 20, 30),
    ("清河医院", -26, 12, 40),
    ("清河中学", 24, -20, 36),
    ("毛纺路小学", -22, 16, 30),
    ("安宁庄站", 18, 14, 40),
    ("当代城市家园站", -20, 14, 46),
    ("安宁里站", 22, -12, 40),
    ("小营西路站", -24, -14, 50),
    ("西二旗大街站", 24, 14, 60),
    ("领秀硅谷站", 16, -24, 50),
    ("龙岗路站", 14, 26, 40),
    ("毛纺南小区站", 24, -12, 40),
    ("花园楼站", -26, -12, 36),
]

IDLE_PLOTS: list[tuple[str, str, LonLat, float, float, float]] = [
    # Chinese name, English name, centre, length, width, turn
    ("五彩城西侧边角地", "Corner beside Wucaicheng", (116.3246, 40.0358), 42, 24, 3),
    ("清河站前三角地", "Triangle before the Station", (116.3137, 40.0363), 46, 30, -60),
    ("阳光社区东墙外空地", "Ground outside Yangguang's East Wall", (116.3337, 40.0325), 52, 18, 72),
    ("毛纺北小区锅炉房旧址", "Former Boiler House, Maofang North", (116.3352, 40.0306), 48, 36, 10),
    ("毛纺南小区南侧空地", "Ground south of Maofang South", (116.3352, 40.0251), 60, 22, 0),
    ("安宁里北侧绿地边角", "Green Corner north of Anningli", (116.3233, 40.0456), 38, 20, 0),
    ("安宁庄拆违腾退地", "Cleared Ground at Anningzhuang", (116.3121, 40.0487), 70, 40, 8),
    ("智学苑东门外空地", "Ground outside Zhixueyuan's East Gate", (116.3062, 40.0490), 40, 26, 80),
    ("领秀新硅谷南侧边角地", "Corner south of Lingxiu New", (116.3072, 40.0513), 56, 20, 0),
    ("西二旗一里配电房旁", "Beside Xi'erqi Yili Substation", (116.3013, 40.0570), 26, 18, 30),
    ("朱房拆违腾退地", "Cleared Ground at Zhufang", (116.3192, 40.0304), 68, 42, 15),
    ("花园楼临河空地", "Riverside Ground at Huayuanlou", (116.3252, 40.0232), 64, 30, 5),
    ("美和园西侧闲置地", "Idle Ground west of Meiheyuan", (116.3424, 40.0195), 50, 34, 85),
    ("怡美家园东侧围墙边", "Beside Yimei Jiayuan's East Wall", (116.3186, 40.0394), 55, 14, 88),
    ("学府树南侧街角", "Street Corner south of Xuefushu", (116.3275, 40.0416), 34, 22, -20),
    (
        "清河嘉园北侧桥下空间",
        "Space under the Bridge, Qinghe Jiayuan",
        (116.3404, 40.0298),
        58,
        20,
        -50,
    ),
]

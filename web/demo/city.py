"""The demonstration city: its shops, couriers and customers, as plain data."""

from dataclasses import dataclass
from typing import Final


CENTRE: Final = (57.7020, 11.9680)
"""Latitude and longitude of its middle: in Gothenburg, whose streets come with the product."""
ZONE_NAME: Final = "哥德堡中心 Gothenburg Centre"
RADIUS_METRES: Final = 6000
PASSWORD: Final = "paidan-demo"  # noqa: S105  printed on the demo's first page
OPERATOR_PHONE: Final = "+8613900000001"


@dataclass(frozen=True, slots=True)
class Dish:
    """One thing on a menu; price in fen; `stock` null means no limit."""

    name: str
    price_minor: int
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop, at the door nearest to `east` and `north` in metres from the middle."""

    name: str
    kind: str
    east: int
    north: int
    preparation_minutes: int
    menu: tuple[Dish, ...]
    auto_accept: bool = False


SHOPS: Final = (
    Shop("老张牛肉面 Zhang's Noodles", "noodles", -350, 240, 10, (
        Dish("红烧牛肉面 Braised beef noodles", 2600), Dish("清汤面 Clear noodles", 1400),
        Dish("卤蛋 Braised egg", 300), Dish("酸梅汤 Plum juice", 800))),
    Shop("蜀香火锅 Shu Hotpot", "hotpot", 620, 480, 22, (
        Dish("单人火锅 Hotpot for one", 5800, 30), Dish("肥牛 Sliced beef", 3200),
        Dish("毛肚 Tripe", 3600), Dish("冰粉 Ice jelly", 900))),
    Shop("小满茶铺 Xiaoman Tea", "tea", 120, -160, 5, (
        Dish("茉莉奶绿 Jasmine milk tea", 1600), Dish("杨枝甘露 Mango pomelo", 2200),
        Dish("手打柠檬茶 Lemon tea", 1800)), auto_accept=True),
    Shop("鲜果时光 Fresh Fruit", "fruit", -820, -540, 6, (
        Dish("草莓一盒 Strawberries", 2900, 40), Dish("蓝莓一盒 Blueberries", 1900, 40),
        Dish("果切拼盘 Fruit platter", 2500))),
    Shop("百姓大药房 People's Pharmacy", "pharmacy", 900, -300, 4, (
        Dish("退热贴 Cooling patches", 2400), Dish("创可贴 Plasters", 800),
        Dish("维生素C Vitamin C", 3500))),
    Shop("二十四小时便利 Round-the-Clock", "convenience", -120, 760, 4, (
        Dish("饭团 Rice ball", 700), Dish("关东煮 Oden", 1500), Dish("矿泉水 Water", 300),
        Dish("电池 Batteries", 1200)), auto_accept=True),
    Shop("春天花店 Spring Flowers", "flowers", 1500, 820, 15, (
        Dish("向日葵 Sunflowers", 4900, 20), Dish("红玫瑰 Red roses", 9900, 20))),
    Shop("麦田烘焙 Wheat Bakery", "bakery", -1300, 300, 7, (
        Dish("可颂 Croissant", 1200, 60), Dish("贝果 Bagel", 1400),
        Dish("巴斯克蛋糕 Basque cake", 3200, 15))),
    Shop("川味小馆 Sichuan Kitchen", "restaurant", 300, 1100, 16, (
        Dish("麻婆豆腐饭 Mapo tofu rice", 2400), Dish("宫保鸡丁饭 Kung pao chicken", 2900),
        Dish("回锅肉 Twice-cooked pork", 3800), Dish("米饭 Rice", 300))),
    Shop("夜猫烧烤 Night Owl Grill", "barbecue", -640, -1150, 20, (
        Dish("羊肉串十串 Ten lamb skewers", 4000), Dish("烤茄子 Grilled aubergine", 1800),
        Dish("烤馒头 Grilled buns", 900))),
    Shop("轻食主义 Light Bowl", "salad", 760, -1240, 9, (
        Dish("鸡胸沙拉 Chicken salad", 3200), Dish("三文鱼碗 Salmon bowl", 4600, 25),
        Dish("牛油果吐司 Avocado toast", 2800))),
    Shop("宠物乐园 Pet Paradise", "pets", 1750, -650, 5, (
        Dish("猫罐头 Cat food", 1500), Dish("狗粮 Dog food", 8900),
        Dish("猫砂 Cat litter", 3900))),
)  # fmt: skip

COURIER_NAMES: Final = (
    "陈飞", "刘洋", "赵磊", "孙浩", "周杰", "吴敏", "郑强", "王芳", "冯刚", "褚亮",
    "卫平", "蒋涛", "沈静", "韩冰", "杨帆", "朱峰", "秦岭", "许多", "何苗", "吕梁",
)  # fmt: skip
CUSTOMER_NAMES: Final = (
    "林小雨", "张伟", "李娜", "王强", "刘敏", "陈晨", "杨柳", "黄磊", "赵雪", "吴迪",
    "徐静", "孙悦", "马超", "朱琳", "胡歌", "郭靖", "何洁", "高山", "罗兰", "梁爽",
    "宋词", "唐诗", "韩梅", "冯雨", "邓紫", "曹操", "彭飞", "曾经", "肖战", "田野",
)  # fmt: skip


def staff_phone(shop: int, number: int) -> str:
    """Log-in of the `number`-th person of a shop: 1 is the owner."""
    return f"+86138{shop + 1:04d}{number:04d}"


def courier_phone(courier: int) -> str:
    """Log-in of a courier."""
    return f"+86137{courier + 1:08d}"


def customer_phone(customer: int) -> str:
    """Log-in of a customer."""
    return f"+86136{customer + 1:08d}"


def all_phones() -> list[str]:
    """Log-ins of everybody the demonstration makes."""
    staff = [staff_phone(shop, turn) for shop in range(len(SHOPS)) for turn in (1, 2)]
    couriers = [courier_phone(number) for number in range(len(COURIER_NAMES))]
    customers = [customer_phone(number) for number in range(len(CUSTOMER_NAMES))]
    return [OPERATOR_PHONE, *staff, *couriers, *customers]

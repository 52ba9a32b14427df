"""The sentences of the pages over all sites of a district, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

DISTRICT: Final[Mapping[str, Text]] = {
    "grid.title": Text("District {name}", "辖区 {name}"),
    "grid.not_read": Text(
        "THE DATABASE IS NOT READ - nothing new is shown", "数据库无法读取，画面不会更新"
    ),
    "grid.whose": Text("Whose alarms", "报警归属"),
    "grid.all": Text("All", "全部"),
    "grid.mine": Text("Mine", "本席"),
    "grid.copied": Text("provisional", "暂报"),
    "grid.forgotten": Text("no longer at the site", "现场已无记录"),
    "grid.desk": Text("{desk}", "{desk}"),
    "grid.fallen_back": Text("passed on to {desk}", "已转 {desk}"),
    "grid.sites": Text("Sites: {count}", "点位 {count} 个"),
    "grid.silent": Text("Not heard: {count}", "失联 {count} 个"),
    "grid.behind": Text("Behind: {count}", "补传中 {count} 个"),
    "grid.faults": Text("Faults: {count}", "故障 {count} 项"),
    "grid.silent_one": Text("{site} is not heard since {since}", "{site} 自 {since} 起失联"),
    "grid.silent_many": Text(
        "{count} sites fell silent together at {since}", "{count} 个点位自 {since} 起同时失联"
    ),
    "grid.level": Text("{level}: {area}", "{area}：{level}"),
}

"""What a district says about its areas: desks, levels, plans and notes; in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

AREAS: Final[Mapping[str, Text]] = {
    "areas.twice": Text("{area} has an [[area]] already", "{area} 已有 [[area]]"),
    "areas.kind_twice": Text("{kind} has a rule in this area already", "本区域已有 {kind} 的规则"),
    "areas.no_desk": Text(
        "no rule of this file has the desk '{name}'; near it: {near}",
        "本文件中没有值班台“{name}”；相近的有：{near}",
    ),
    "areas.same_desk": Text(
        "it is the rule's own desk; name another, or leave it out for the next larger area",
        "与本规则的值班台相同；请填写其他值班台，或省略以转给上一级区域",
    ),
    "areas.no_area": Text(
        "no place of a register lies in '{area}'; near it: {near}",
        "登记表中没有位于“{area}”的地点；相近的有：{near}",
    ),
    "areas.no_gateway": Text("no gateway has a place in {area}", "{area} 内没有网关"),
    "areas.level_time": Text(
        "a level lasts {least} to {most} seconds", "响应级别的时长为 {least} 至 {most} 秒"
    ),
    "district.not_connected": Text(
        "gateway {gateway} is not connected; nothing was sent to it",
        "网关 {gateway} 未连接；未向其发送",
    ),
    "district.no_alarm": Text(
        "the district has no alarm {name} of {gateway}; open are: {near}",
        "区级平台没有 {gateway} 的报警 {name}；未关闭的有：{near}",
    ),
    "district.note_forgotten": Text(
        "the gateway was put back and does not have this alarm any more",
        "该网关已从备份恢复，不再有此报警",
    ),
    "history.late": Text("{note} (written {time}, came later)", "{note}（{time} 填写，之后送达）"),
}

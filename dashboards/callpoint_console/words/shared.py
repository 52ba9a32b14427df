"""The sentences that every page of the console has, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SHARED: Final[Mapping[str, Text]] = {
    "page.name": Text("Callpoint", "Callpoint 报警点"),
    "page.skip": Text("Skip to the content", "跳到正文"),
    "page.menu": Text("Pages", "页面"),
    "page.overview": Text("Overview", "总览"),
    "page.operator": Text("Operator", "值班台"),
    "page.more": Text("More", "更多"),
    "page.search": Text("Search", "搜索"),
    "page.strip": Text("What concerns every page", "全局提示"),
    "page.language": Text("Language", "语言"),
    "page.not_live": Text("NOT LIVE - last update {time}", "画面已停止更新，最后更新 {time}"),
    "page.stopped": Text(
        "NO GATEWAY IS RUNNING - alarms do not arrive", "网关未运行，无法接收报警"
    ),
    "page.unheard": Text(
        "THE GATEWAY IS NOT HEARD - its alarms do not arrive here",
        "网关失联，其报警无法到达本平台",
    ),
    "page.retired": Text(
        "THE GATEWAY IS OUT OF SERVICE since {since} - no alarms come from it",
        "网关自 {since} 起停用，不再上报报警",
    ),
    "page.not_reloaded": Text(
        "The changed configuration is not used: {why}", "未采用更改后的配置：{why}"
    ),
    "page.sound_on": Text("SOUND ON", "声音已开"),
    "page.sound_off": Text("SOUND OFF", "声音已关"),
    "page.failed": Text("It was not done: no answer. Try again.", "操作未完成：无应答，请重试。"),
    "page.missing": Text("There is no such page", "没有此页面"),
    "level.1": Text("life", "生命"),
    "level.2": Text("intrusion", "入侵"),
    "level.3": Text("fault", "故障"),
    "level.4": Text("notice", "提示"),
    "level.off": Text("out of service", "停用"),
}

"""The sentences of the pages over all sites of a district, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

DISTRICT: Final[Mapping[str, Text]] = {
    "grid.title": Text("District {name}", "区级平台 {name}"),
    "grid.not_read": Text(
        "THE DATABASE IS NOT READ - nothing new is shown", "数据库无法读取，画面不会更新"
    ),
    "grid.whose": Text("Whose alarms", "报警归属"),
    "grid.all": Text("All", "全部"),
    "grid.mine": Text("Mine", "本值班台"),
    "grid.copied": Text("provisional", "暂报"),
    "grid.forgotten": Text("no longer at the site", "站点已无此报警"),
    "grid.fallen_back": Text("passed on to {desk}", "已转 {desk}"),
    "area_level.city": Text("city", "市级"),
    "area_level.district": Text("district", "区级"),
    "area_level.street": Text("street", "街道"),
    "area_level.community": Text("community", "社区"),
    "grid.sites": Text("Sites: {count}", "站点 {count} 个"),
    "grid.silent": Text("Not heard: {count}", "失联 {count} 个"),
    "grid.behind": Text("Behind: {count}", "补传中 {count} 个"),
    "grid.faults": Text("Faults: {count}", "故障 {count} 项"),
    "grid.silent_one": Text("{site} has not been heard since {since}", "{site} 自 {since} 起失联"),
    "grid.silent_many": Text(
        "{count} sites fell silent together at {since}", "{count} 个站点自 {since} 起同时失联"
    ),
    "grid.more_silent": Text("Further sites not heard: {count}", "另有 {count} 个站点失联"),
    "grid.level": Text("{level}: {area}", "{area}：{level}"),
    "grid.whole": Text("everything", "全部区域"),
    "grid.unread": Text("{area}: not read yet", "{area}：尚未读取"),
    "grid.sentence": Text(
        "{area}: {alarms}, {faults}; {heard} of {sites} sites heard",
        "{area}：{alarms}，{faults}；站点在线 {heard}/{sites}",
    ),
    "grid.path": Text("Where this is", "所在区域"),
    "grid.parts": Text("Areas", "下级区域"),
    "grid.site_list": Text("Sites", "站点"),
    "grid.one_site": Text("1 site", "1 个站点"),
    "grid.n_sites": Text("{count} sites", "{count} 个站点"),
    "grid.n_silent": Text("{count} of {sites} not heard", "失联 {count}/{sites}"),
    "grid.n_behind": Text("{count} entries behind", "待补传 {count} 条"),
    "grid.not_heard": Text("not heard", "失联"),
    "grid.together": Text(
        "{count} sites fell silent together: look at the line first",
        "{count} 个站点同时失联，请先检查线路",
    ),
    "grid.calm": Text("Sites that are well: {count}", "{count} 个站点正常"),
    "grid.retired": Text("{count} out of service", "{count} 个已停用"),
    "grid.overdue": Text("overdue", "超时"),
    "grid.gateways": Text("All sites", "全部站点"),
    "grid.not_all": Text(
        "You do not see all of this area; choose one of yours",
        "您无权查看该区域的全部内容，请选择您所辖的区域",
    ),
    "area_step.acknowledged": Text("acknowledged", "确认"),
    "area_step.arrived": Text("on scene", "到场"),
    "area_step.reinforced": Text("reinforced", "增援"),
    "area_step.closed": Text("closed", "结案"),
    "area_month.parts": Text("By area", "按区域"),
    "area_month.arrived_in": Text("on scene in {time}", "{time}内到场"),
    "area_month.reinforced_in": Text("reinforced in {time}", "{time}内增援"),
    "area_month.medians": Text(
        "Times are medians from the alarm's arrival at its gateway; the shares in time count from "
        "the dispatch.",
        "时长为中位数，自报警到达网关起计；按时率自派出起计。",
    ),
    "grid.copied_explained": Text(
        "A copy came ahead of the entry, because the gateway is behind. The whole card is shown "
        "when the entry comes.",
        "网关正在补传，此为先于条目送达的副本；条目送达后显示完整信息。",
    ),
    "grid.forgotten_explained": Text(
        "The gateway's journal was put back from a backup and does not have this alarm any more. "
        "Find out at the site, then close the alarm here.",
        "该网关的日志已从备份恢复，不再有此报警。请先到现场核实，再在此结案。",
    ),
    "confirm.title": Text("Confirmed", "确认情况"),
    "confirm.explain": Text(
        "Every gateway in the area must confirm; those that have not are named, and those that "
        "are out of service, for which nobody waits.",
        "区域内的每个网关都须确认；未确认的网关会列出，已停用的网关也会列出，无须等待。",
    ),
    "confirm.count": Text("{confirmed} of {sites}", "{confirmed}/{sites}"),
    "told_state.waiting": Text("has not confirmed yet", "尚未确认"),
    "told_state.refused": Text("refuses: {why}", "拒绝：{why}"),
    "told_state.changed": Text("changed at the site by {who}", "已在站点由 {who} 更改"),
    "told_state.retired": Text("out of service since {since}", "{since} 起停用"),
    "area_plan.explain": Text(
        "What a site has written itself goes before the plan of the smallest area around it.",
        "站点自行编写的预案优先，其次为其所在最小区域的预案。",
    ),
    "area_plan.none": Text(
        "No area has an action plan: sites follow their own plans, or those as shipped.",
        "尚未向任何区域下发预案，各站点使用自己的或出厂的预案。",
    ),
    "area_plan.steps": Text("Steps", "步骤"),
    "area_plan.new": Text("Give an area an action plan", "向区域下发预案"),
    "area_plan.profile": Text("For places used as", "适用地点类型"),
    "area_plan.every": Text("every place", "所有地点类型"),
    "area_plan.write": Text("Write the steps", "编写步骤"),
    "area_plan.give": Text("Give it to the area", "下发至该区域"),
    "area_plan.remove": Text("Take it back", "撤回"),
    "map.title": Text("Map", "地图"),
    "map.of": Text("District {name}: map", "区级平台 {name}：地图"),
    "map.well": Text("well", "正常"),
    "map.nothing": Text(
        "No map: the district has no map_file, and no register has coordinates.",
        "没有地图：未设置 map_file，各登记表也没有经纬度。",
    ),
    "map.area_state": Text(
        "{area}: open alarms {alarms}, sites not heard {silent} of {sites}",
        "{area}：未结束的报警 {alarms} 起，失联站点 {silent}/{sites}",
    ),
    "map.site_state": Text("{site}: {state}", "{site}：{state}"),
    "gateways.title": Text("{area}: {sites}", "{area}：{sites}"),
    "gateways.site": Text("Site", "站点"),
    "gateways.where": Text("Where", "位置"),
    "gateways.state": Text("State", "状态"),
    "gateways.faults": Text("Faults", "故障"),
    "gateways.program": Text("Program", "程序版本"),
    "gateways.protocol": Text("Protocol", "协议版本"),
    "gateways.pages": Text("Pages of the list", "列表分页"),
    "gateways.heard": Text("last heard {time}", "最近联系 {time}"),
    "gateway_state.heard": Text("heard", "在线"),
    "gateway_state.silent": Text("not heard", "失联"),
    "gateway_state.behind": Text("behind", "补传中"),
    "gateway_state.retired": Text("out of service since {since}", "{since} 起停用"),
    "gateway_state.never": Text("never heard", "从未联系"),
}

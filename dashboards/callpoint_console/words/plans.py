"""The sentences of the pages of action plans, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

PLANS: Final[Mapping[str, Text]] = {
    "plan.title": Text("Action plans", "处置预案"),
    "plan.of": Text("{kind}, {profile}", "{kind}（{profile}）"),
    "plan.kind": Text("Kind of alarm", "报警类型"),
    "plan.version": Text("Version", "版本"),
    "plan.steps": Text("Steps", "步骤数"),
    "plan.written": Text("Written by", "编写人"),
    "plan.shipped": Text("as shipped", "出厂预案"),
    "plan.none": Text("NO PLAN", "没有预案"),
    "plan.missing": Text(
        "Devices of this site may raise alarms for which there is no plan: {what}.",
        "本站设备可能触发以下没有预案的报警：{what}。",
    ),
    "plan.not_here": Text("No device of this site is at such a place", "本站没有此类地点的设备"),
    "plan.unknown": Text("There is no such plan", "没有此预案"),
    "plan.given": Text("Given by the district", "区级平台下发"),
    "plan.given_here": Text("given by the district", "区级平台下发"),
    "plan.given_area": Text("To the area", "适用区域"),
    "plan.given_first": Text(
        "What is written at this site goes before the district's plan of the smallest area around "
        "a place, and that before the plan as shipped.",
        "本站编写的预案优先；其次为该地点所在最小区域的区级平台预案；最后为出厂预案。",
    ),
    "plan.in_force": Text("In force", "现行版本"),
    "plan.english": Text("English", "英文"),
    "plan.chinese": Text("Chinese", "中文"),
    "plan.action": Text("The desk records", "系统记录"),
    "plan.only_note": Text("that it was done", "已完成此步骤"),
    "plan.versions": Text("All versions", "全部版本"),
    "plan.number": Text("Version {version}", "第 {version} 版"),
    "plan.by": Text("{who}, {time}", "{who}，{time}"),
    "plan.same": Text("The same steps as before", "步骤与上一版相同"),
    "plan.added": Text("new", "新增"),
    "plan.removed": Text("removed", "删除"),
    "plan.back": Text("Go back to version {version}", "恢复第 {version} 版"),
    "plan.edit": Text("Change the plan", "修改预案"),
    "plan.rules": Text(
        "Each step needs both languages. Steps are done in the order of their numbers; a step "
        "without texts is left out. Without any step there is no plan. Alarms that are open "
        "keep the version with which they began.",
        "每个步骤须有中英文。步骤按序号执行；没有文字的步骤将被删除。没有任何步骤即没有预案。"
        "未结束的报警继续使用其开始时的版本。",
    ),
    "plan.order_of": Text("Number", "序号"),
    "plan.id": Text("Short name (a to z, 0 to 9, _)", "短名（a 至 z、0 至 9、_）"),
    "plan.step": Text("Step {number}", "步骤 {number}"),
    "plan.save": Text("Save as a new version", "保存为新版本"),
    "plan.outdated": Text(
        "Somebody has written another version meanwhile, so nothing was saved. Compare it below.",
        "在此期间他人已保存新版本，本次未保存。请在下方对照。",
    ),
}

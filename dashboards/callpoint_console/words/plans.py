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
    "plan.too_many": Text("At most {step} steps.", "最多 {step} 个步骤。"),
    "plan.bad_id": Text(
        "Step {step}: the short name is 1 to 24 of a to z, 0 to 9 and _, a letter first.",
        "步骤 {step}：短名须为 1 至 24 个 a 至 z、0 至 9 或 _，以字母开头。",
    ),
    "plan.id_twice": Text(
        "Step {step}: another step has the same short name.", "步骤 {step}：短名与其他步骤重复。"
    ),
    "plan.no_english": Text(
        "Step {step}: the English text is missing.", "步骤 {step}：缺少英文。"
    ),
    "plan.no_chinese": Text(
        "Step {step}: the Chinese text is missing.", "步骤 {step}：缺少中文。"
    ),
    "plan.bad_text": Text(
        "Step {step}: a text is one line of at most 200 characters.",
        "步骤 {step}：文字须为一行，最多 200 个字符。",
    ),
    "plan.person": Text(
        "Step {step}: a plan names no person; telephone numbers belong to the contacts.",
        "步骤 {step}：预案不得涉及个人；电话号码请存入联系人。",
    ),
    "plan.bad_action": Text(
        "Step {step}: the desk records no such action.", "步骤 {step}：系统不记录此操作。"
    ),
    "plan.order": Text(
        "Step {step}: this is not possible after the steps before it. People are dispatched, "
        "arrive, and then the alarm is resolved.",
        "步骤 {step}：在前面的步骤之后无法执行。顺序为派出、到场、处置完成。",
    ),
}

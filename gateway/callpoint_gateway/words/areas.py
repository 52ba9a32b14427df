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
    "areas.no_places": Text(
        "no gateway has told its places yet, so there is no '{area}'; enrol gateways first: "
        "callpoint district enrol",
        "尚无网关上报地点，因此没有“{area}”；请先登记网关：callpoint district enrol",
    ),
    "areas.no_gateway": Text("no gateway has a place in {area}", "{area} 内没有网关"),
    "areas.level_time": Text(
        "a level lasts {least} to {most} seconds", "响应级别的时长为 {least} 至 {most} 秒"
    ),
    "areas.level_held": Text(
        "{who} was first: level {number} holds here already, about as long",
        "{who} 已先启动：第 {number} 号响应级别在此生效，时长相近",
    ),
    "district.not_connected": Text(
        "gateway {gateway} is not connected, or has another name; nothing was sent to it; "
        "call its site, or see callpoint district status",
        "网关 {gateway} 未连接或不存在，未向其发送；"
        "请致电其站点，或查看 callpoint district status",
    ),
    "district.no_alarm": Text(
        "the district has no alarm {name} of {gateway}; open are: {near}",
        "区级平台没有 {gateway} 的报警 {name}；未结案的有：{near}",
    ),
    "district.not_forgotten": Text(
        "no open alarm of this number was forgotten by its gateway",
        "没有此编号的、网关已遗失的未结案报警",
    ),
    "district.note_forgotten": Text(
        "the gateway's journal was put back from a backup and does not have this alarm any more",
        "该网关的日志已从备份恢复，不再有此报警",
    ),
    "district.note_kept": Text(
        "noted here; gateway {gateway} does not answer, and gets the note when it comes back",
        "已在区级平台记录；网关 {gateway} 未应答，恢复连接后送达",
    ),
    "district.note_of_retired": Text(
        "noted here; gateway {gateway} is out of service and does not get the note",
        "已在区级平台记录；网关 {gateway} 已停用，不会送达",
    ),
    "district.note_waits": Text(
        "  note, not delivered yet: {note} ({who}, {time})",
        "  备注（尚未送达）：{note}（{who}，{time}）",
    ),
    "areas.no_file": Text(
        "this district has no rules for areas: name their file in `areas` of its configuration",
        "本区级平台没有区域规则；请在配置的 areas 中指定文件",
    ),
    "areas.head.kind": Text("kind", "类型"),
    "areas.head.turn": Text("turn", "顺序"),
    "areas.head.desk": Text("desk", "值班台"),
    "areas.head.level": Text("level", "层级"),
    "areas.head.centre": Text("centre", "接警中心"),
    "areas.head.responders": Text("responders", "处置人员"),
    "areas.head.for": Text("for", "时限"),
    "areas.head.why": Text("because", "原因"),
    "areas.level.city": Text("city", "市级"),
    "areas.level.district": Text("district", "区级"),
    "areas.level.street": Text("street", "街道"),
    "areas.level.community": Text("community", "社区"),
    "areas.all": Text("everything", "全部区域"),
    "areas.for_ever": Text("until it is taken", "直至有人受理"),
    "areas.why.none": Text("no area around has a rule for it", "所在区域没有相应规则"),
    "areas.why.smallest": Text(
        "{area} is the smallest area with a rule for it", "{area} 是有相应规则的最小区域"
    ),
    "areas.why.larger": Text(
        "nobody has taken it; {area} is the next larger area", "无人受理；{area} 是上一级区域"
    ),
    "areas.why.named": Text(
        "nobody has taken it; the rule before names this desk (of {area})",
        "无人受理；上一条规则指定了此值班台（{area}）",
    ),
    "areas.with_nobody": Text(
        "  since {since} no area has a desk for it", "  自 {since} 起没有区域有值班台负责"
    ),
    "areas.with": Text(
        "  with {desk} ({centre}) since {since}", "  自 {since} 起由 {desk}（{centre}）负责"
    ),
    "areas.with_until": Text(
        "  with {desk} ({centre}) since {since}; the next desk has it at {due}",
        "  自 {since} 起由 {desk}（{centre}）负责；{due} 转下一值班台",
    ),
    "areas.site.waiting": Text("has not confirmed yet", "尚未确认"),
    "areas.site.confirmed": Text("has confirmed", "已确认"),
    "areas.site.refused": Text("refuses", "拒绝"),
    "areas.site.changed": Text("was changed at the site", "已在站点更改"),
    "areas.site.retired": Text("is out of service", "已停用"),
    "areas.site_why": Text("{what}: {why}", "{what}：{why}"),
    "areas.site_by": Text("{what} by {who}", "{what}（{who}）"),
    "upstream.no_question": Text(
        "no district may ask '{name}'; near it: {near}",
        "不能允许区级平台执行“{name}”；相近的有：{near}",
    ),
    "step.too_many": Text("At most {step} steps.", "最多 {step} 个步骤。"),
    "step.bad_id": Text(
        "Step {step}: the short name is 1 to 24 of a to z, 0 to 9 and _, a letter first.",
        "步骤 {step}：短名须为 1 至 24 个 a 至 z、0 至 9 或 _，以字母开头。",
    ),
    "step.id_twice": Text(
        "Step {step}: another step has the same short name.", "步骤 {step}：短名与其他步骤重复。"
    ),
    "step.no_english": Text(
        "Step {step}: the English text is missing.", "步骤 {step}：缺少英文。"
    ),
    "step.no_chinese": Text(
        "Step {step}: the Chinese text is missing.", "步骤 {step}：缺少中文。"
    ),
    "step.bad_text": Text(
        "Step {step}: a text is one line of at most 200 characters.",
        "步骤 {step}：文字须为一行，最多 200 个字符。",
    ),
    "step.person": Text(
        "Step {step}: a plan names no person; telephone numbers belong to the contacts.",
        "步骤 {step}：预案不得涉及个人；电话号码请存入联系人。",
    ),
    "step.bad_action": Text(
        "Step {step}: the desk records no such action.", "步骤 {step}：系统不记录此操作。"
    ),
    "step.order": Text(
        "Step {step}: this is not possible after the steps before it. People are dispatched, "
        "arrive, and then the alarm is resolved.",
        "步骤 {step}：在前面的步骤之后无法执行。顺序为派出、到场、处置完成。",
    ),
    "areas.plan_none": Text("no area has an action plan", "尚未向任何区域下发预案"),
    "areas.plan": Text(
        "{area}: {kind}, {profile}: version {version}, {steps} steps, by {who}",
        "{area}：{kind}（{profile}），第 {version} 版，{steps} 个步骤，{who}",
    ),
    "areas.plan_removed": Text(
        "{area}: {kind}, {profile}: taken back", "{area}：{kind}（{profile}），已撤回"
    ),
    "areas.every_profile": Text("every profile", "所有地点类型"),
    "given.empty": Text(
        "an action plan has one step at least; to remove it, take it back",
        "预案至少包含一个步骤；如需删除预案，请撤回",
    ),
    "given.digest": Text(
        "the action plan came damaged: its steps do not fit its digest; send it again",
        "预案已损坏：步骤与摘要不符；请重新发送",
    ),
    "given.none": Text("no such action plan is given to '{area}'", "“{area}”没有下发此预案"),
    "given.too_many": Text(
        "this site has {most} action plans of its district already; take some back",
        "本站已有 {most} 个区级平台下发的预案；请先撤回一部分",
    ),
    "given.file": Text(
        "{file} of the state directory cannot be used ({why}); move it away, and the district "
        "gives its action plans again",
        "状态目录中的 {file} 无法使用（{why}）；请将其移走，区级平台会重新下发预案",
    ),
    "own_plan.file": Text(
        "{file} of the state directory cannot be used ({why}); move it away, and the console "
        "tells the site's action plans again",
        "状态目录中的 {file} 无法使用（{why}）；请将其移走，控制台会重新发送本站编写的预案",
    ),
    "own_plan.too_many": Text(
        "the action plans that a site has written itself have more than {most} versions",
        "本站编写的预案超过 {most} 个版本",
    ),
    "history.late": Text("{note} (written {time}, came later)", "{note}（{time} 填写，之后送达）"),
}

"""Why the gateway does not do what it is asked, and what to do instead; in both languages.

Values in braces are data: names of the register, numbers, words of a command.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

REFUSALS: Final[Mapping[str, Text]] = {
    "field": Text("{field}: {why}", "{field}：{why}"),
    # A value that is not of its type.
    "value.type": Text("Expected `{wanted}`, got `{got}`", "应为 `{wanted}`，实为 `{got}`"),
    "value.wanted": Text("Expected `{wanted}`", "应为 `{wanted}`"),
    "value.pattern": Text(
        "Expected `{wanted}` matching regex {pattern}", "应为符合正则 {pattern} 的 `{wanted}`"
    ),
    "value.length": Text("Expected `{wanted}` of length {bound}", "`{wanted}` 的长度应为 {bound}"),
    "value.bound": Text("Expected `{wanted}` {bound}", "应为 {bound} 的 `{wanted}`"),
    "value.enum": Text("Invalid enum value {value}", "不允许的值 {value}"),
    "value.json": Text("JSON is malformed at byte {byte}", "JSON 格式错误（第 {byte} 字节）"),
    "value.truncated": Text("the text ends too early", "内容不完整"),
    "value.missing": Text("Object missing required field `{field}`", "缺少 `{field}`"),
    "value.unknown": Text("Object contains unknown field `{field}`", "不认识 `{field}`"),
    # The control socket.
    "socket.no_question": Text("not a line of JSON that asks", "不是一行 JSON 提问"),
    "socket.not_so": Text("not a line of JSON that asks: {why}", "不是一行 JSON 提问：{why}"),
    "socket.unknown": Text(
        "this gateway knows no '{question}'; is it an older version?",
        "本网关不支持“{question}”，是否版本较旧？",
    ),
    "socket.older": Text("{why}; is the gateway an older version?", "{why}；网关是否版本较旧？"),
    "socket.failed": Text(
        "the gateway failed to do it; its log says why", "网关执行失败，原因见其日志"
    ),
    "socket.no_gateway": Text(
        "no gateway runs on {folder}; start it: callpoint run",
        "{folder} 上没有运行中的网关，请启动：callpoint run",
    ),
    "socket.no_answer": Text(
        "the gateway on {folder} does not answer ({why})", "{folder} 上的网关无应答（{why}）"
    ),
    "socket.other_version": Text(
        "the gateway on {folder} answers as another version does ({why}); restart it",
        "{folder} 上的网关版本不一致（{why}），请重新启动",
    ),
    "socket.ended": Text(
        "the gateway on {folder} ended before it answered", "{folder} 上的网关未应答即已结束"
    ),
    "socket.reloaded_not": Text(
        "the gateway goes on with what it had: {why}", "网关沿用原有配置：{why}"
    ),
    # The desk.
    "desk.cause_missing": Text(
        "alarm {number}: closing needs a cause: {causes}",
        "报警 {number}：结案须填写原因：{causes}",
    ),
    "desk.cause_only": Text(
        "alarm {number}: a cause belongs to closing only", "报警 {number}：仅结案时填写原因"
    ),
    "desk.not_now": Text(
        "alarm {number} is {handling}: {action} is not possible now, but {possible}",
        "报警 {number} {handling}：现在不能 {action}，可用：{possible}",
    ),
    "desk.nothing_more": Text("nothing more", "无"),
    "desk.too_long": Text(
        "an exercise lasts at most {hours} hours", "演练或测试最长 {hours} 小时"
    ),
    "desk.runs": Text("a {what} runs already; stop it first", "已有{what}进行中，请先停止"),
    "desk.several": Text(
        "several run: say which, by its number ({numbers})",
        "有多项正在进行，请指明编号（{numbers}）",
    ),
    "desk.runs_not": Text("no {what} is running", "当前没有{what}"),
    "desk.no_kind": Text("no kind '{kind}'; valid are {valid}", "没有类型“{kind}”，可用：{valid}"),
    # Partitions.
    "arming.armed_already": Text(
        "it is {state} already; disarm it first", "已是{state}状态，请先撤防"
    ),
    "arming.open": Text(
        "not ready: {zones}; close what is open, or force it to leave them out",
        "未就绪：{zones}；请关闭后再布防，或强制布防并旁路",
    ),
    "arming.no_delay": Text("no delay runs while it is {state}", "{state}状态下没有延时"),
    "arming.disarmed_already": Text("it is disarmed already", "已是撤防状态"),
    # Inhibits and levels.
    "inhibit.one_of": Text("name a device or a place, one of them", "请指定设备或地点之一"),
    "inhibit.zone_alone": Text("a zone needs its device", "指定防区时须指定设备"),
    "inhibit.life_too_long": Text(
        "alarms of life kinds are inhibited for 24 h at most", "生命安全报警最多屏蔽 24 小时"
    ),
    "level.no_area": Text(
        "nothing of the register is at '{area}'", "登记表中没有位于“{area}”的内容"
    ),
    "level.near": Text(
        "nothing of the register is at '{area}'; did you mean '{near}'?",
        "登记表中没有位于“{area}”的内容；是否指“{near}”？",
    ),
    # Orders to devices.
    "order.no_order": Text(
        "no order {order}; is the gateway an older version?",
        "没有命令 {order}，网关是否版本较旧？",
    ),
    "order.too_many": Text(
        "{most} orders wait already; let some of them end", "已有 {most} 条命令在等待，请稍后再试"
    ),
    # A fire centre's duty check.
    "duty.asked_nothing": Text(
        "centre '{centre}' has asked nothing", "监控中心“{centre}”没有查岗"
    ),
    "duty.nobody_asks": Text("no centre asks anything", "当前没有查岗"),
    # Reload and salvage.
    "reload.under_way": Text(
        "a reload is under way; try again when it is done", "正在重新加载，请稍后再试"
    ),
    "reload.unchanged": Text("nothing is changed: {why}", "配置未改动：{why}"),
    "reload.fixed": Text(
        "{name} of [gateway] cannot change while the gateway runs; restart it for that "
        "(systemctl restart callpoint)",
        "[gateway] 的 {name} 须重启网关才能更改（systemctl restart callpoint）",
    ),
    "salvage.no_file": Text(
        "no damaged file '{file}' in {folder}; there are: {files}",
        "{folder} 中没有损坏文件“{file}”，现有：{files}",
    ),
    "salvage.none": Text("none", "无"),
}

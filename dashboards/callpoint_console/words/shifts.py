"""The sentences of shifts and hand-overs, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SHIFTS: Final[Mapping[str, Text]] = {
    "shift.title": Text("My shift", "我的值班"),
    "shift.list": Text("Shifts", "值班记录"),
    "shift.on": Text("On shift: {who} since {since}", "值班：{who}（{since} 起）"),
    "shift.nobody": Text("Nobody is on shift", "当前无人值班"),
    "shift.waits": Text(
        "{who} handed over at {time}; nobody has signed for it yet",
        "{who} 于 {time} 交班，尚无人签收",
    ),
    "shift.look": Text("Look at it", "查看"),
    "shift.hand_over": Text("Hand over", "交班"),
    "shift.start": Text("Start my shift", "开始值班"),
    "shift.since": Text("You are on shift since {time}.", "您自 {time} 起值班。"),
    "shift.off": Text("You are not on shift.", "您当前未值班。"),
    "shift.explain": Text(
        "Your shift runs until somebody else has signed for it with their own login.",
        "在他人使用自己的账号签收之前，您的值班继续有效。",
    ),
    "shift.you_wait": Text(
        "You hand over; nobody has signed for it yet.", "您已发起交班，尚无人签收。"
    ),
    "shift.withdraw": Text("Take it back", "撤回交班"),
    "shift.handed": Text("What there is to hand over", "交接内容"),
    "shift.alarms": Text("Open alarms ({count})", "未结束的报警（{count}）"),
    "shift.exercise": Text("Running exercise", "正在进行的演练"),
    "shift.inhibits": Text("Inhibits ({count})", "屏蔽（{count}）"),
    "shift.inhibit": Text("{what}, until {until}", "{what}，至 {until}"),
    "shift.levels": Text("Response levels ({count})", "响应级别（{count}）"),
    "shift.level": Text("Response {level}: {area}, until {until}", "{level}：{area}，至 {until}"),
    "shift.orders": Text("Open work orders ({count})", "未完成工单（{count}）"),
    "shift.none": Text("none", "无"),
    "shift.one": Text("Hand-over by {who}", "{who} 的交班"),
    "shift.made": Text("Handed over", "交班时间"),
    "shift.signed": Text("Signed for", "签收"),
    "shift.signed_by": Text("{who}, {time}", "{who}，{time}"),
    "shift.unsigned": Text("not yet", "尚未签收"),
    "shift.sign": Text("I take over", "签收接班"),
    "shift.sign_as": Text(
        "You sign as {who}: your shift begins, and theirs ends.",
        "您将以 {who} 的身份签收：您的值班开始，对方的值班结束。",
    ),
    "shift.own": Text("Somebody else signs for your hand-over.", "交班须由他人签收。"),
    "shift.over": Text("That hand-over was signed for or taken back.", "该交班已被签收或已撤回。"),
    "shift.no_hand_over": Text("There is no such hand-over here", "没有此交班记录"),
    "shift.who": Text("Operator", "值班人"),
    "shift.from": Text("From", "开始"),
    "shift.until": Text("Until", "结束"),
    "shift.runs": Text("runs", "值班中"),
    "shift.ended_by": Text("{time}, by {who}", "{time}（{who}）"),
    "shift.end": Text("End", "结束"),
    "shift.end_one": Text("End the shift of {who}", "结束 {who} 的值班"),
    "shift.ended": Text("That shift has ended already.", "该值班已结束。"),
    "shift.empty": Text("There was no shift yet.", "尚无值班记录。"),
}

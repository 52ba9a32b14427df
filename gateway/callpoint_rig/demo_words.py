"""What a person reads in ``callpoint demo``, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

DEMO: Final[Mapping[str, Text]] = {
    "demo.terminal": Text("--keep needs a terminal for its keys", "--keep 须在终端中使用"),
    "demo.bad": Text(
        "the demo did not end as it should; see the verdict", "演示结果异常，请查看结论"
    ),
    "demo.intro": Text(
        "Three virtual boards run the real firmware under MicroPython. Mosquitto, the\n"
        "gateway, pysiaalarm (a receiver that others wrote) and a fire centre run too.",
        "三块虚拟板在 MicroPython 下运行真实固件。同时运行的有 Mosquitto、网关、\n"
        "pysiaalarm（第三方编写的接警接收机）和一个消防中心。",
    ),
    "demo.pages": Text(
        "the pages, to look at (the link works once)", "查看页面（链接仅一次有效）"
    ),
    "demo.desk": Text(
        "to act on alarms, choose a password (the link works once)",
        "处理报警请先设置密码（链接仅一次有效）",
    ),
    # The table.
    "column.pressed": Text("pressed", "触发"),
    "column.event": Text("event", "事件"),
    "column.stored": Text("stored", "已存储"),
    "column.centre": Text("centre", "接警中心"),
    "column.lamp": Text("lamp", "指示灯"),
    "column.lit": Text("lit", "亮灯"),
    "column.receiver": Text("receiver", "接收机"),
    "column.frame": Text("frame that the receiver printed", "接收机输出的帧"),
    "lamp.idle": Text("idle", "空闲"),
    "lamp.pressed": Text("pressed", "已触发"),
    "lamp.stored": Text("stored", "已存储"),
    "lamp.centre": Text("centre", "接警中心"),
    "lamp.operator": Text("operator", "值机员"),
    "lamp.undelivered": Text("undelivered", "未送达"),
    "lamp.alert": Text("alert", "警示"),
    "lamp.test": Text("test", "测试"),
    "lamp.fault": Text("fault", "故障"),
    "lamp.battery": Text("battery", "电池电量低"),
    # Events.
    "event.opens": Text("door opens", "门打开"),
    "event.closes": Text("door closes", "门关闭"),
    "event.panic": Text("panic", "紧急求助"),
    "event.panic_over": Text("panic restore", "紧急求助恢复"),
    "event.smoke": Text("smoke", "烟雾"),
    "event.smoke_over": Text("smoke restore", "烟雾恢复"),
    "event.no_broker": Text("panic, broker dead", "紧急求助（无服务器）"),
    "event.no_centre": Text("panic, centre away", "紧急求助（无中心）"),
    "event.itself": Text("raised by itself", "自行产生"),
    # The steps.
    "step.number": Text("{number}/{count}  {what}", "{number}/{count}  {what}"),
    "step.door": Text("a door opens and closes", "门打开后关闭"),
    "step.panic": Text("somebody presses the panic button", "有人按下紧急按钮"),
    "step.smoke": Text("a smoke detector, and its restore", "烟雾探测器报警，随后恢复"),
    "step.broker": Text(
        "the broker is killed (-9) while the button is pressed",
        "按下按钮时 MQTT 服务器被强行终止（-9）",
    ),
    "step.centre": Text(
        "the alarm centre is away while the button is pressed", "按下按钮时接警中心不可用"
    ),
    "step.kept": Text(
        "     the event is in the button's flash; the broker starts again",
        "     事件保存在按钮的闪存中；MQTT 服务器重新启动",
    ),
    "step.tries": Text(
        "     the gateway has it and keeps trying; the centre comes back",
        "     网关已存储事件并持续重试；接警中心恢复",
    ),
    "step.fire": Text(
        "     the fire centre hears (GB/T 26875.3): detector at {place}, fire",
        "     消防中心收到（GB/T 26875.3）：{place} 的探测器，火警",
    ),
    "step.fire_over": Text(
        "     the fire centre hears (GB/T 26875.3): detector at {place}, normal",
        "     消防中心收到（GB/T 26875.3）：{place} 的探测器，正常",
    ),
    # Keys.
    "key.all": Text(
        "p panic  d door  s smoke  b broker kill/start  c centre kill/start  q quit",
        "p 紧急求助  d 门  s 烟雾  b 终止/启动服务器  c 终止/启动接警中心  q 退出",
    ),
    "key.broker_killed": Text("broker killed", "MQTT 服务器已终止"),
    "key.broker_started": Text("broker started", "MQTT 服务器已启动"),
    "key.centre_killed": Text("centre killed", "接警中心已终止"),
    "key.centre_started": Text("centre started", "接警中心已启动"),
    "key.unknown": Text("no such key: {key}", "没有此按键：{key}"),
    "key.after": Text("{what}   {keys}", "{what}   {keys}"),
    # The verdict.
    "verdict.intact": Text("journal intact", "日志完整"),
    "verdict.damaged": Text("journal DAMAGED", "日志已损坏"),
    "verdict.points": Text(
        "{journal}, {points} points in the time series", "{journal}，时序库中有 {points} 个数据点"
    ),
    "verdict": Text(
        "verdict: raised {raised}, arrived {arrived}, duplicates {duplicates}, lost {lost}; "
        "lamps wrong {lamps_wrong}; {journal}; fire centre told {told} of {of}",
        "结论：触发 {raised}，到达 {arrived}，重复 {duplicates}，丢失 {lost}；"
        "指示灯错误 {lamps_wrong}；{journal}；消防中心收到 {told}/{of}",
    ),
}

"""The sentences of the alarm points' public pages and of the list of their addresses."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

POINTS: Final[Mapping[str, Text]] = {
    "point.title": Text("Alarm point", "报警点"),
    "point.works": Text("This alarm point works.", "本报警点工作正常。"),
    "point.mended": Text("This alarm point is being mended.", "本报警点正在检修。"),
    "point.mended_since": Text("Since {time}.", "自 {time} 起。"),
    "point.closed": Text(
        "This alarm point is out of service at this moment.", "本报警点暂停服务。"
    ),
    "point.unknown": Text(
        "Whether this alarm point works is not known at this moment.", "本报警点状态暂时未知。"
    ),
    "point.tested": Text("Last tested: {time}", "最近测试：{time}"),
    "point.untested": Text("Last tested: not on record", "最近测试：无记录"),
    "point.do": Text("In an emergency", "紧急情况下"),
    "point.press": Text(
        "Press the button until its light answers. Somebody is sent at once; you need not speak.",
        "按住按钮直至指示灯响应。系统将立即派人前来，无需通话。",
    ),
    "point.safe": Text(
        "Go where you are safe, and stay near if you can.", "请到安全处等候，尽量不要远离。"
    ),
    "point.call": Text(
        "You can also call 110 (police), 119 (fire) or 120 (ambulance).",
        "也可拨打 110（公安）、119（消防）、120（急救）。",
    ),
    "point.mended_do": Text(
        "Do not rely on this button now: call.", "目前请勿依赖本按钮，请直接拨打电话。"
    ),
    "point.no_url": Text(
        "Labels need an address that telephones reach: set public_url in [console]. The addresses "
        "below lead only to this machine; print no labels of them.",
        "标签需要手机可访问的地址：请在 [console] 中设置 public_url。以下地址只能在本机打开，"
        "请勿用于打印标签。",
    ),
    "point.technician": Text("Technicians: test this point", "技术人员：测试此报警点"),
    "point.sign_in": Text("Technicians: sign in", "技术人员：登录"),
    "point.help": Text(
        "In an emergency press the button, or call 110 (police), 119 (fire) or 120 (ambulance).",
        "紧急情况下请按下按钮，或拨打 110（公安）、119（消防）、120（急救）。",
    ),
    "point.none": Text("There is no such page.", "没有此页面。"),
    "point.wait": Text(
        "Too many requests from this address; try again in {seconds} s.",
        "此地址的请求过多，请在 {seconds} 秒后重试。",
    ),
    "point.label": Text("Alarm point. Scan to see whether it works.", "报警点 扫码查看是否正常"),
    "point.print": Text("Print labels", "打印标签"),
    "point.size": Text("Sheet or label", "标签规格"),
    "point.sizes": Text(
        "{width} x {height} mm, {count} on a page", "{width} x {height} 毫米，每页 {count} 张"
    ),
    "point.list": Text("Addresses for labels", "标签地址"),
    "point.place": Text("Place", "地点"),
    "point.address": Text("Address", "地址"),
    "point.csv": Text("As a table (CSV)", "导出表格（CSV）"),
    "point.on": Text(
        "Whoever has the address of an alarm point sees that it works, without signing in.",
        "知道报警点地址者无需登录即可查看其是否正常。",
    ),
    "point.off": Text(
        "The public pages are off: the addresses lead technicians to their test, others to the "
        "sign-in only. To show everybody whether a point works, set public_pages = true in "
        "[console] of gateway.toml; the addresses stay the same.",
        "公开页面未启用：这些地址仅供技术人员登录测试。要让所有人查看报警点是否正常，"
        "请在 gateway.toml 的 [console] 中设置 public_pages = true；地址不会改变。",
    ),
}

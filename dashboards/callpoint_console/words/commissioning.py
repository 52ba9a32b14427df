"""The sentences of a technician's pages: testing a point, what is left, hand-over reports."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

COMMISSIONING: Final[Mapping[str, Text]] = {
    "test.title": Text("Test of this point", "本点测试"),
    "test.idle": Text(
        "The alarm centre is told that you test. Nothing goes out as a real alarm.",
        "系统会告知接警中心正在测试，不会发出真实报警。",
    ),
    "test.start": Text("Start test", "开始测试"),
    "test.start_building": Text(
        "Start in all of {building} ({count} devices)", "在 {building} 全部开始（{count} 台设备）"
    ),
    "test.now": Text("Set it off now:", "现在请触发："),
    "test.more": Text("then {count} more here", "之后此处还有 {count} 项"),
    "test.done": Text("All done here", "此处已完成"),
    "test.ticked": Text("Received", "已收到"),
    "test.is_done": Text("tested", "已测试"),
    "test.is_open": Text("still to be tested", "待测试"),
    "test.took_ms": Text("{ms} ms to the gateway", "{ms} 毫秒到达网关"),
    "test.took_s": Text("{seconds} s to the gateway", "{seconds} 秒到达网关"),
    "test.signal": Text(
        "{mean} dBm, {quality} ({low} to {high}, {count} readings)",
        "{mean} dBm，{quality}（{low} 至 {high}，{count} 次）",
    ),
    "test.no_signal": Text("the device has not reported it", "设备未上报"),
    "test.no_signal_yet": Text("no reading yet", "尚无读数"),
    "test.measuring": Text("measuring for 1 minute:", "测量 1 分钟："),
    "test.volts": Text("{volts} V", "{volts} V"),
    "test.runs": Text("Test until {until}, started by {who}.", "测试至 {until}，由 {who} 开始。"),
    "test.ends": Text(
        "The test ends at {time}. Then start it again.", "测试将于 {time} 结束，之后请重新开始。"
    ),
    "test.stop": Text("End the test", "结束测试"),
    "test.sound": Text("Sound on", "打开声音"),
    "test.weak_battery": Text("battery weak: {volts} V", "电池电压低：{volts} V"),
    "test.weak_signal": Text(
        "signal weak: {dbm} dBm (at least {least})", "信号弱：{dbm} dBm（至少 {least}）"
    ),
    "test.weak_signal_do": Text(
        "move the device away from metal, or an access point nearer; then set it off again",
        "请将设备移离金属物，或将接入点移近，然后重新触发",
    ),
    "test.other_firmware": Text(
        "firmware {found}, most devices have {usual}", "固件 {found}，多数设备为 {usual}"
    ),
    "test.other_firmware_do": Text("update it, or flash it again", "请升级或重新烧录"),
    "test.no_clock": Text("its clock is not set", "时钟未设置"),
    "test.no_clock_do": Text(
        "see whether its network reaches the time server, then start it anew",
        "请检查网络能否到达时间服务器，然后重启设备",
    ),
    "hint.unheard": Text("never heard", "从未收到"),
    "hint.silent": Text("silent", "无响应"),
    "hint.fault": Text("fault", "故障"),
    "hint.trouble": Text("trouble", "异常"),
    "hint.battery": Text("battery weak", "电池电压低"),
    "hint.signal": Text("signal weak", "信号弱"),
    "hint.firmware": Text("other firmware", "固件不一致"),
    "hint.clock": Text("clock not set", "时钟未设置"),
    "photo.add": Text("Photo", "照片"),
    "photo.title": Text("Photo: {device}", "照片：{device}"),
    "photo.choose": Text("Take or choose a photo (JPEG or PNG)", "拍照或选择照片（JPEG 或 PNG）"),
    "photo.keep": Text("Keep photo", "保存照片"),
    "photo.delete": Text("Delete photo", "删除照片"),
    "photo.back": Text("Back to the test", "返回测试"),
    "photo.note": Text(
        "Place, time and camera are taken out of the file. No faces, please.",
        "文件中的位置、时间和相机信息会被删除。请勿拍摄人脸。",
    ),
    "photo.no_file": Text("Choose a photo first.", "请先选择照片。"),
    "photo.too_large": Text("The photo is too large.", "照片过大。"),
    "photo.bad": Text("This is no JPEG or PNG photo.", "不是 JPEG 或 PNG 照片。"),
    "photo.no_room": Text("There is no room for further photos.", "照片存储空间已满。"),
    "photo.none": Text("There is no photo.", "没有照片。"),
    "left.title": Text("Still to be tested", "待测试"),
    "left.go": Text("What is left", "还剩哪些"),
    "left.reading": Text("The journal is still being read.", "正在读取日志。"),
    "left.count": Text("{left} of {devices} devices left", "剩余 {left} / {devices} 台设备"),
    "left.watched": Text("{count} devices need a look", "{count} 台设备需要检查"),
    "left.building": Text("Building {building}", "{building}"),
    "left.of": Text("{left} of {devices} left", "剩余 {left} / {devices}"),
    "left.storey": Text("Storey {storey}", "{storey} 层"),
    "left.none": Text("Nothing is left here.", "此处已全部完成。"),
    "left.tested": Text("Tested ({count})", "已测试（{count}）"),
    "left.since": Text("Tests count since", "测试起算日期"),
    "left.show": Text("Show", "显示"),
    "handover.title": Text("Hand-over reports", "移交报告"),
    "handover.number": Text("Hand-over report {number}", "移交报告 {number}"),
    "handover.about": Text(
        "The report lists every device with its tests, signal, battery and firmware. It can be "
        "made while things are left; it says so.",
        "报告列出每台设备的测试、信号、电池和固件。未全部完成也可生成，报告会注明。",
    ),
    "handover.make": Text("Make the report", "生成报告"),
    "handover.again": Text("Load the page again, then make the report.", "请刷新页面后再生成。"),
    "handover.no_key": Text(
        "The report cannot be signed: look at the file {file}.",
        "报告无法签名，请检查文件 {file}。",
    ),
    "handover.no_key_yet": Text(
        "There is no key yet: the first report makes it.", "尚无密钥，生成第一份报告时创建。"
    ),
    "handover.none": Text("There is no such report.", "没有此报告。"),
    "handover.nothing": Text("There is no report yet.", "尚无报告。"),
    "handover.all": Text("All reports", "全部报告"),
    "handover.print": Text("Print", "打印"),
    "handover.file": Text("Signed file", "签名文件"),
    "handover.counts": Text(
        "{tested} of {devices} devices tested", "已测试 {tested} / {devices} 台设备"
    ),
    "handover.partial": Text("NOT COMPLETE: {count} devices left", "未完成：剩余 {count} 台设备"),
    "handover.whole": Text("Every device was tested.", "全部设备已测试。"),
    "handover.made": Text("Made", "生成时间"),
    "handover.who": Text("By account", "账号"),
    "handover.tested": Text("Tested", "测试"),
    "handover.pass": Text("Signal", "信号"),
    "handover.pass_mark": Text(
        "mean of {seconds} s, at least {dbm} dBm", "{seconds} 秒平均值，至少 {dbm} dBm"
    ),
    "handover.devices": Text("Devices", "设备"),
    "handover.device": Text("Device", "设备"),
    "handover.tests": Text("Tests", "测试"),
    "handover.not_tested": Text("NOT TESTED", "未测试"),
    "handover.signal": Text(
        "{mean} dBm ({low} to {high}, {count})", "{mean} dBm（{low} 至 {high}，{count} 次）"
    ),
    "handover.passes": Text("passes", "合格"),
    "handover.fails": Text("TOO WEAK", "过弱"),
    "handover.matters": Text("To be looked at", "待检查"),
    "handover.photo": Text("photo", "有照片"),
    "handover.seal": Text("Signature", "签名"),
    "handover.digest": Text("SHA-256 of the signed file:", "签名文件的 SHA-256："),
    "handover.key": Text("Key of this site:", "本站点公钥："),
    "handover.key_file": Text("Public key (PEM)", "公钥（PEM）"),
    "handover.check": Text("To check it, without a network:", "离线核验："),
    "handover.changed": Text(
        "This report was changed after it was signed. Do not trust it.",
        "本报告在签名后被更改，请勿采信。",
    ),
    "handover.handed": Text("Handed over by", "移交人"),
    "handover.taken": Text("Taken over by", "接收人"),
}

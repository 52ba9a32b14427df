"""The parts of a gateway and their faults, in both languages.

The key of a fault is its source: `broker/events`, `centre/police/path/2`.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SUPERVISED: Final[Mapping[str, Text]] = {
    "unknown": Text("not heard yet", "尚未收到"),
    "ok": Text("ok", "正常"),
    "due": Text("away", "等待中"),
    "fault": Text("FAULT", "故障"),
    "worked on": Text("worked on", "维护中"),
}
# The grades of what `callpoint doctor` found, all of the same width.
GRADES: Final[Mapping[str, Text]] = {
    "ok": Text("ok  ", "正常"),
    "warn": Text("warn", "警告"),
    "bad": Text("bad ", "异常"),
}
# The kinds of silence of a device.
SILENCES: Final[Mapping[str, Text]] = {
    "silent": Text("device is silent", "设备无响应"),
    "lost": Text("device lost its connection", "设备失联"),
    "unheard": Text("device was never heard", "设备从未上线"),
}
# For each kind of source: its name, and the meaning of its fault. {name} and {which} come from the
# rest of the source (see ``_filled``).
SOURCES: Final[Mapping[str, tuple[Text, Text]]] = {
    "broker": (
        Text("MQTT broker ({name})", "MQTT 服务器（{name}）"),
        Text("MQTT broker is not right ({name})", "MQTT 服务器异常（{name}）"),
    ),
    "serial": (
        Text("serial line {name}", "串口线路 {name}"),
        Text("serial line {name} is away", "串口线路 {name} 不可用"),
    ),
    "timeseries": (
        Text("time series", "时序库"),
        Text("time series takes nothing", "时序库不可用"),
    ),
    "upstream": (
        Text("line to the district", "区级线路"),
        Text("district cannot be reached", "区级平台无法连接"),
    ),
    "upstream/register": (
        Text("register at the district", "区级平台的登记表"),
        Text("the district does not have the register", "区级平台没有最新登记表"),
    ),
    "upstream/certificate": (
        Text("certificate for the district", "区级平台的证书"),
        Text("the certificate for the district ends", "区级平台的证书将到期"),
    ),
    "upstream/double": (
        Text("name at the district", "区级平台中的名称"),
        Text("two machines use this gateway's name and key", "两台机器在使用此网关的名称和密钥"),
    ),
    "webhook": (
        Text("webhook {name}", "Webhook {name}"),
        Text("webhook {name} takes nothing", "Webhook {name} 不可用"),
    ),
    "centre": (
        Text("centre {name}", "接警中心 {name}"),
        Text("centre {name} does not answer", "接警中心 {name} 无应答"),
    ),
    "path": (
        Text("centre {name}, path {which}", "接警中心 {name}（路径 {which}）"),
        Text("centre {name}: path {which} is lost", "接警中心 {name} 的路径 {which} 中断"),
    ),
    "refused": (
        Text("centre {name}, refusals", "接警中心 {name}（拒收）"),
        Text("centre {name} refuses", "接警中心 {name} 拒收"),
    ),
    "certificate": (
        Text("certificate of {name}", "{name} 的证书"),
        Text("certificate of {name} ends", "{name} 的证书将到期"),
    ),
    "certificates": (
        Text("renewal of certificates", "证书更新"),
        Text("certificates are not renewed", "证书未能更新"),
    ),
    "damaged": (
        Text("damaged journal {name}", "损坏的日志库 {name}"),
        Text("journal was damaged: {name}", "日志库曾损坏：{name}"),
    ),
    "duty": (
        Text("centre {name}, duty check", "接警中心 {name}（查岗）"),
        Text("centre {name} asks whether anybody is there", "接警中心 {name} 正在查岗"),
    ),
    "keypad": (
        Text("codes at {name}", "分区 {name} 的密码"),
        Text("too many wrong codes at {name}", "分区 {name} 密码错误次数过多"),
    ),
    "code": (
        Text("code of {name}", "{name} 的密码"),
        Text("code of {name} tried where it is not valid", "{name} 的密码在其他分区多次使用"),
    ),
    "journal": (
        Text("journal {name}", "日志库 {name}"),
        Text("journal {name} is not right", "日志库 {name} 异常"),
    ),
    "log": (
        Text("journal {name}, its log", "日志库 {name}（预写日志）"),
        Text("journal {name}: its log cannot be cut", "日志库 {name} 的预写日志无法截断"),
    ),
    "notifier": (
        Text("notifier", "通知服务"),
        Text("people outside are not told", "对外通知中断"),
    ),
    "notifier/undelivered": (
        Text("notifier, messages", "通知服务（消息）"),
        Text("messages reach nobody", "有消息未能送达任何人"),
    ),
    "alarms": (
        Text("alarms for the pages", "页面所用的报警数据"),
        Text("alarms for the pages are not kept", "页面所用的报警数据未更新"),
    ),
    "disk": (Text("disk", "磁盘"), Text("disk is nearly full", "磁盘空间不足")),
    "clock": (Text("clock", "时钟"), Text("clock is not synchronised", "时钟未同步")),
    "clock/step": (Text("clock, steps", "时钟跳变"), Text("clock was stepped", "时钟发生跳变")),
    "device": (
        Text("device {name}", "设备 {name}"),
        Text("device {name} is silent", "设备 {name} 无响应"),
    ),
    "flood": (
        Text("device {name}, allowance", "设备 {name}（限额）"),
        Text("device {name} sends too much", "设备 {name} 发送过多"),
    ),
    "chatter": (
        Text("device {name}, zone {which}", "设备 {name}（防区 {which}）"),
        Text("device {name}: zone {which} chatters", "设备 {name} 防区 {which} 频繁触发"),
    ),
    "unregistered": (
        Text("device {name}, register", "设备 {name}（登记）"),
        Text(
            "device {name} senses what the register does not know", "设备 {name} 上报未登记的防区"
        ),
    ),
    "identity": (
        Text("device {name}, identity", "设备 {name}（身份）"),
        Text("two boards send as device {name}", "两块电路板使用同一设备身份 {name}"),
    ),
    "devices": (
        Text("many devices", "多台设备"),
        Text("many devices fell silent together", "多台设备同时无响应"),
    ),
}
_OTHER: Final = (Text("{name}", "{name}"), Text("{name} is away", "{name} 不可用"))
URGENCY: Final[Mapping[str, Text]] = {
    "urgent": Text("centre {name}, urgent", "接警中心 {name}（紧急）"),
    "normal": Text("centre {name}, the rest", "接警中心 {name}（一般）"),
}


def source(text: str, language: str) -> str:
    """Return the name of a supervised part."""
    return _filled(text, 0, language)


def fault(text: str, language: str) -> str:
    """Return the meaning of a fault of this source."""
    return _filled(text, 1, language)


def consumer(text: str, language: str) -> str:
    """Return the name of a reader of the journal: `centre/police/urgent`, `timeseries`."""
    what, _, name = text.partition("/")
    name, _, part = name.rpartition("/")
    if what == "centre" and part in URGENCY:
        return URGENCY[part].in_(language).format(name=name)
    return source(text, language)


def _filled(text: str, which: int, language: str) -> str:
    first, _, name = text.partition("/")
    name, _, part = name.partition("/")
    part, _, number = part.partition("/")
    if text in SOURCES:
        key = text
    elif first in ("centre", "device", "journal") and part in SOURCES:
        key = part
    else:
        key = first
    texts = SOURCES.get(key)
    if texts is None:
        return _OTHER[which].in_(language).format(name=text)
    return texts[which].in_(language).format(name=name or "", which=number)

"""Kinds, states and details of events, in both languages; keys are the protocol's ``names``.

A kind is what a sensor reports (smoke); the sensor is what may fail (smoke detector).
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text
from callpoint_protocol import names

KINDS: Final[Mapping[int, Text]] = {
    names.PANIC: Text("panic", "紧急求助"),
    names.MEDICAL: Text("medical", "医疗求助"),
    names.SMOKE: Text("smoke", "烟雾"),
    names.DOOR: Text("door", "门"),
    names.INTRUSION: Text("intrusion", "入侵"),
    names.TAMPER: Text("tamper", "防拆"),
    names.GAS: Text("gas", "燃气"),
    names.WATER: Text("water", "漏水"),
    names.DEVICE: Text("device", "设备"),
    names.BATTERY: Text("battery", "电池"),
    names.SUPERVISION: Text("supervision", "通信监测"),
    names.TEST: Text("test", "测试"),
}
SENSORS: Final[Mapping[int, Text]] = {
    names.PANIC: Text("panic button", "紧急按钮"),
    names.MEDICAL: Text("medical button", "医疗求助按钮"),
    names.SMOKE: Text("smoke detector", "烟雾探测器"),
    names.DOOR: Text("door contact", "门磁"),
    names.INTRUSION: Text("intrusion detector", "入侵探测器"),
    names.TAMPER: Text("tamper switch", "防拆开关"),
    names.GAS: Text("gas detector", "燃气探测器"),
    names.WATER: Text("water detector", "漏水探测器"),
    names.DEVICE: Text("device", "设备"),
    names.BATTERY: Text("battery", "电池"),
    names.SUPERVISION: Text("device", "设备"),
    names.TEST: Text("test", "测试"),
}
# A state without its kind, as in a column of a table.
STATES: Final[Mapping[int, Text]] = {
    names.ALARM: Text("alarm", "报警"),
    names.RESTORE: Text("restore", "恢复"),
    names.TROUBLE: Text("trouble", "故障"),
    names.TROUBLE_RESTORE: Text("trouble_restore", "故障恢复"),
    names.TESTED: Text("test", "测试"),
    names.NOTICE: Text("status", "状态"),
}
# How a state is put together with its kind or sensor.
PHRASES: Final[Mapping[int, Text]] = {
    names.ALARM: Text("{kind} alarm", "{kind}报警"),
    names.RESTORE: Text("{kind} restored", "{kind}报警恢复"),
    names.TROUBLE: Text("{sensor} trouble", "{sensor}故障"),
    names.TROUBLE_RESTORE: Text("{sensor} trouble over", "{sensor}故障恢复"),
    names.TESTED: Text("{kind} test", "{kind}测试"),
}
# Whole texts where the phrases above would read badly.
EVENTS: Final[Mapping[tuple[int, int], Text]] = {
    (names.BATTERY, names.TROUBLE): Text("battery low", "电池电量低"),
    (names.BATTERY, names.TROUBLE_RESTORE): Text("battery restored", "电池电量恢复"),
    (names.SUPERVISION, names.TROUBLE): Text("device is silent", "设备无响应"),
    (names.SUPERVISION, names.TROUBLE_RESTORE): Text("device is heard again", "设备恢复响应"),
    (names.TEST, names.TESTED): Text("test", "测试"),
    (names.DOOR, names.NOTICE): Text("door opened", "门打开"),
}
FAULTS: Final[Mapping[int, Text]] = {
    names.FAULT_STUCK_INPUT: Text("input not restored for long", "输入长时间未复位"),
    names.FAULT_SPOOL_LOSS: Text("events lost from the spool", "事件缓存丢失"),
    names.FAULT_RESTART: Text("abnormal restart", "异常重启"),
    names.FAULT_CONFIGURATION: Text("configuration refused", "配置被拒绝"),
    names.FAULT_CLOCK: Text("time lost (clock not synchronised)", "时间丢失（时钟未同步）"),
    names.FAULT_SAFE_MODE: Text("safe mode", "安全模式"),
    names.FAULT_UPDATE_SIGNATURE: Text("update: signature not valid", "固件升级：签名无效"),
    names.FAULT_UPDATE_PRODUCT: Text("update: for another product", "固件升级：产品不符"),
    names.FAULT_UPDATE_HARDWARE: Text("update: for other hardware", "固件升级：硬件不符"),
    names.FAULT_UPDATE_SEQUENCE: Text("update: too old", "固件升级：版本过旧"),
    names.FAULT_UPDATE_SIZE: Text("update: too large", "固件升级：文件过大"),
    names.FAULT_UPDATE_DIGEST: Text("update: digest is wrong", "固件升级：校验失败"),
    names.FAULT_UPDATE_RETURNED: Text("update: returned to the old version", "固件升级：已回退"),
    names.FAULT_UPDATE_FLASH: Text("update: cannot be written", "固件升级：写入失败"),
}
# Faults of a supervised loop; they follow the name of its sensor.
LOOP_FAULTS: Final[Mapping[int, Text]] = {
    names.LOOP_SHORT: Text("line shorted", "线路短路"),
    names.LOOP_OPEN: Text("line cut", "线路断路"),
    names.LOOP_LOW: Text("line resistance low", "线路电阻偏低"),
    names.LOOP_HIGH: Text("line resistance high", "线路电阻偏高"),
    names.LOOP_MASKED: Text("masked", "被遮挡"),
}
# Troubles of a door; they name the door themselves.
DOOR_FAULTS: Final[Mapping[int, Text]] = {
    names.LEFT_OPEN: Text("door left open", "门长时间未关"),
    names.FORCED: Text("door forced open", "强行开门"),
}
GESTURES: Final[Mapping[int, Text]] = {
    names.GESTURE_SINGLE: Text("single", "单击"),
    names.GESTURE_HOLD: Text("hold", "长按"),
    names.GESTURE_DOUBLE: Text("double", "双击"),
}
POSITIONS: Final[Mapping[int, Text]] = {
    names.CLOSED: Text("closed", "关闭"),
    names.OPEN: Text("open", "打开"),
}
TESTS: Final[Mapping[int, Text]] = {
    names.TEST_MANUAL: Text("manual test", "手动测试"),
    names.TEST_PERIODIC: Text("periodic test", "定期测试"),
    names.TEST_WALK: Text("walk test begins", "步行测试开始"),
    names.TEST_WALK_END: Text("walk test ends", "步行测试结束"),
}

#: Telemetry readings by their keys (``names.READINGS``).
READINGS: Final[Mapping[str, Text]] = {
    "up": Text("up for", "已运行"),
    "mv": Text("battery", "电池"),
    "rs": Text("signal", "信号"),
    "tc": Text("temperature", "温度"),
    "hf": Text("free memory", "空闲内存"),
    "sd": Text("waiting events", "待发事件"),
    "rc": Text("started by", "启动原因"),
    "ci": Text("last command", "最近命令"),
    "cr": Text("configuration", "配置版本"),
    "ce": Text("certificate", "证书"),
    "wn": Text("new network", "新网络"),
}
#: Why a device has started.
RESET_CAUSES: Final[Mapping[int, Text]] = {
    names.CAUSE_POWER: Text("power", "上电"),
    names.CAUSE_HARD: Text("reset", "硬复位"),
    names.CAUSE_WATCHDOG: Text("watchdog", "看门狗"),
    names.CAUSE_WAKE: Text("wake", "唤醒"),
    names.CAUSE_SOFT: Text("software", "软复位"),
}


def kind(number: int, language: str) -> str:
    """Return the name of a kind, or its number if it has no name."""
    known = KINDS.get(number)
    return known.in_(language) if known else str(number)


def event(number: int, state: int, detail: int, language: str) -> str:
    """Return the text of an event of this kind, state and detail.

    KeyError: the protocol has no such kind or state.
    """
    known, sensor = KINDS[number].in_(language), SENSORS[number].in_(language)
    whole, specific = EVENTS.get((number, state)), _detail(number, state, detail)
    if number == names.BATTERY and whole:
        return f"{whole.in_(language)}{_millivolts(detail, language)}"
    if number == names.DOOR and state == names.NOTICE and detail == names.CLOSED:
        return Text("door closed", "门关闭").in_(language)
    if specific is None:
        phrase = whole or PHRASES[state]
        return phrase.in_(language).format(kind=known, sensor=sensor)
    text = specific.in_(language)
    if detail in LOOP_FAULTS:
        text = Text(f"{sensor}: {text}", f"{sensor}：{text}").in_(language)
    if state != names.TROUBLE_RESTORE:
        return text
    return Text(f"{text}: over", f"{text}（已恢复）").in_(language)


def _millivolts(detail: int, language: str) -> str:
    return Text(f" ({detail} mV)", f"（{detail} mV）").in_(language) if detail else ""


def _detail(number: int, state: int, detail: int) -> Text | None:
    """Return the text of a detail that replaces the phrase, None if it has none."""
    if state in (names.TROUBLE, names.TROUBLE_RESTORE):
        if number == names.DEVICE:
            return FAULTS.get(detail)
        own = DOOR_FAULTS.get(detail) if number == names.DOOR else None
        return own or LOOP_FAULTS.get(detail)
    return TESTS.get(detail) if (number, state) == (names.TEST, names.TESTED) else None


def detail(number: int, state: int, value: int, language: str) -> str | None:
    """Return the text of an event's detail alone, as in a column; None: it has none."""
    if number == names.BATTERY:
        return f"{value} mV"
    text = _detail(number, state, value)
    if number == names.DOOR and state == names.NOTICE:
        text = POSITIONS.get(value)
    elif number in (names.PANIC, names.MEDICAL) and state == names.ALARM:
        text = GESTURES.get(value)
    return text.in_(language) if text else None

"""What an event is called in a CAP message, in English and Chinese, and how grave it is."""

from typing import Final, NamedTuple

from callpoint_protocol import names

LANGUAGES: Final = ("zh-CN", "en")


class Kind(NamedTuple):
    """Category and severity are CAP's words; ``names`` is in the order of ``LANGUAGES``."""

    category: str
    severity: str
    names: tuple[str, str]


KINDS: Final = {
    names.PANIC: Kind("Security", "Extreme", ("紧急求助", "Panic button")),
    names.MEDICAL: Kind("Health", "Extreme", ("医疗求助", "Medical call")),
    names.SMOKE: Kind("Fire", "Extreme", ("烟雾报警", "Smoke")),
    names.DOOR: Kind("Security", "Minor", ("门", "Door")),
    names.INTRUSION: Kind("Security", "Severe", ("入侵", "Intrusion")),
    names.TAMPER: Kind("Security", "Moderate", ("防拆", "Tamper")),
    names.GAS: Kind("Fire", "Extreme", ("燃气泄漏", "Gas")),
    names.WATER: Kind("Infra", "Severe", ("漏水", "Water")),
    names.DEVICE: Kind("Infra", "Minor", ("设备", "Device")),
    names.BATTERY: Kind("Infra", "Minor", ("电池", "Battery")),
    names.SUPERVISION: Kind("Infra", "Minor", ("通信监测", "Supervision")),
    names.TEST: Kind("Other", "Minor", ("测试", "Test")),
}
STATES: Final = {
    names.ALARM: ("报警", "alarm"),
    names.RESTORE: ("恢复", "restored"),
    names.TROUBLE: ("故障", "trouble"),
    names.TROUBLE_RESTORE: ("故障恢复", "trouble over"),
    names.TESTED: ("测试", "test"),
    names.NOTICE: ("打开", "opened"),
}

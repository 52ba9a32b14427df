"""Every word of ``callpoint watch``, in the languages of the people who look at it."""

from callpoint_protocol import names

TEXTS = {
    "en": {
        "title": "Callpoint",
        "running": "gateway is running",
        "stopped": "NO GATEWAY IS RUNNING",
        "unknown": "no permission to see whether the gateway is running",
        "quiet": "All quiet",
        "alarms": "Open alarms",
        "faults": "Faults",
        "links": "Links",
        "rates": "Last minute",
        "active": "active",
        "restored": "restored",
        "accepted": "with centre {centres}",
        "refused": "REFUSED by {centres}",
        "waiting": "NO CENTRE HAS IT YET",
        "on_test": "on test",
        "zone": "zone {zone}",
        "more": "and {count} more",
        "lost": "device lost",
        "away": "{source} is away: {reason}",
        "backlog": "{name}: {count} waiting",
        "level": "{name}: nothing waiting",
        "no_links": "no centre and no time series yet",
        "rate_events": "{count} events",
        "rate_telemetry": "{count} readings",
        "days": "{count} d",
        "hours": "{count} h",
        "minutes": "{count} min",
        "seconds": "{count} s",
    },
    "zh": {
        "title": "Callpoint 报警点",
        "running": "网关运行中",
        "stopped": "网关未运行",
        "unknown": "无权限查看网关是否运行",
        "quiet": "一切正常",
        "alarms": "未结束的报警",
        "faults": "故障",
        "links": "链路",
        "rates": "最近一分钟",
        "active": "持续中",
        "restored": "已恢复",
        "accepted": "接警中心已接收：{centres}",
        "refused": "接警中心拒收：{centres}",
        "waiting": "尚无接警中心接收",
        "on_test": "测试中",
        "zone": "防区 {zone}",
        "more": "另有 {count} 条",
        "lost": "设备失联",
        "away": "{source} 不可用：{reason}",
        "backlog": "{name}：待处理 {count} 条",
        "level": "{name}：无积压",
        "no_links": "尚无接警中心和时序库",
        "rate_events": "事件 {count} 条",
        "rate_telemetry": "遥测 {count} 条",
        "days": "{count} 天",
        "hours": "{count} 小时",
        "minutes": "{count} 分钟",
        "seconds": "{count} 秒",
    },
}
KINDS = {
    "en": names.KINDS,
    "zh": {
        names.PANIC: "紧急求助",
        names.MEDICAL: "医疗求助",
        names.SMOKE: "烟雾",
        names.DOOR: "门磁",
        names.INTRUSION: "入侵",
        names.TAMPER: "防拆",
        names.GAS: "燃气",
        names.WATER: "漏水",
        names.DEVICE: "设备",
        names.BATTERY: "电池",
        names.SUPERVISION: "监控",
        names.TEST: "测试",
    },
}
FAULTS = {
    "en": names.FAULTS,
    "zh": {
        names.FAULT_STUCK_INPUT: "输入卡住",
        names.FAULT_SPOOL_LOSS: "缓存丢失",
        names.FAULT_RESTART: "异常重启",
        names.FAULT_CONFIGURATION: "配置被拒绝",
        names.FAULT_CLOCK: "时钟丢失",
        names.FAULT_SAFE_MODE: "安全模式",
        names.FAULT_UPDATE_SIGNATURE: "更新签名无效",
        names.FAULT_UPDATE_PRODUCT: "更新产品不符",
        names.FAULT_UPDATE_HARDWARE: "更新硬件不符",
        names.FAULT_UPDATE_SEQUENCE: "更新版本过旧",
        names.FAULT_UPDATE_SIZE: "更新过大",
        names.FAULT_UPDATE_DIGEST: "更新校验失败",
        names.FAULT_UPDATE_RETURNED: "更新已回退",
        names.FAULT_UPDATE_FLASH: "更新写入失败",
    },
}
# What may be wrong with a door or with a supervised loop.
INPUT_FAULTS = {
    "en": {
        names.LEFT_OPEN: "left open",
        names.FORCED: "forced open",
        names.LOOP_SHORT: "line shorted",
        names.LOOP_OPEN: "line cut",
        names.LOOP_LOW: "line resistance low",
        names.LOOP_HIGH: "line resistance high",
        names.LOOP_MASKED: "detector masked",
    },
    "zh": {
        names.LEFT_OPEN: "门未关",
        names.FORCED: "强行开门",
        names.LOOP_SHORT: "线路短路",
        names.LOOP_OPEN: "线路断路",
        names.LOOP_LOW: "线路电阻偏低",
        names.LOOP_HIGH: "线路电阻偏高",
        names.LOOP_MASKED: "探测器被遮挡",
    },
}
LANGUAGES = list(TEXTS)


class Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """``language`` is one of ``LANGUAGES``."""
        self._texts = TEXTS[language]
        self._kinds = KINDS[language]
        self._faults = FAULTS[language]
        self._input_faults = INPUT_FAULTS[language]

    def __call__(self, key: str, **values: object) -> str:
        """Return one text with its values."""
        return self._texts[key].format(**values)

    def kind(self, kind: int) -> str:
        """Return the name of a kind; a number that has none as it is."""
        return self._kinds.get(kind, str(kind))

    def trouble(self, kind: int, detail: int) -> str:
        """Return what is wrong with a device, or with what it senses."""
        if kind == names.DEVICE and detail:
            return self._faults.get(detail, str(detail))
        if kind == names.BATTERY:
            return f"{self.kind(kind)} {detail} mV"
        if not detail:
            return self.kind(kind)
        return f"{self.kind(kind)} {self._input_faults.get(detail, str(detail))}"

    def age(self, ms: int) -> str:
        """Return how long ago something was; never less than nothing."""
        seconds = max(0, ms) // 1000
        if seconds < 60:
            return self("seconds", count=seconds)
        if seconds < 3600:
            return f"{self('minutes', count=seconds // 60)} {self('seconds', count=seconds % 60)}"
        if seconds < 86_400:
            minutes = seconds % 3600 // 60
            return f"{self('hours', count=seconds // 3600)} {self('minutes', count=minutes)}"
        hours = seconds % 86_400 // 3600
        return f"{self('days', count=seconds // 86_400)} {self('hours', count=hours)}"

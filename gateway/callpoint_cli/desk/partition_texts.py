"""What people read about partitions, in English and Chinese."""

from typing import Final

from callpoint_gateway.journal.partition import Mode, State

TEXTS: Final = {
    "en": {
        "disarmed": "disarmed",
        "arming": "arming ({mode})",
        "armed": "armed ({mode})",
        "pending": "entry delay ({mode})",
        "triggered": "ALARM ({mode})",
        "home": "home",
        "away": "away",
        "night": "night",
        "left": "{seconds} s left",
        "bypassed": "left out until it is disarmed: {zones}",
        "none": "the register has no [[partition]]",
        "column_partition": "partition",
        "column_state": "state",
        "column_open": "open",
        "column_bypassed": "left out",
        "column_by": "by",
    },
    "zh": {
        "disarmed": "已撤防",
        "arming": "布防延时（{mode}）",
        "armed": "已布防（{mode}）",
        "pending": "进入延时（{mode}）",
        "triggered": "报警（{mode}）",
        "home": "在家",
        "away": "外出",
        "night": "夜间",
        "left": "剩 {seconds} 秒",
        "bypassed": "旁路至撤防: {zones}",
        "none": "登记表中没有 [[partition]]",
        "column_partition": "分区",
        "column_state": "状态",
        "column_open": "未就绪",
        "column_bypassed": "旁路",
        "column_by": "操作者",
    },
}


class PartitionWords:
    """The texts of one language."""

    def __init__(self, lang: str) -> None:
        """``lang`` is "en" or "zh"."""
        self._texts = TEXTS[lang]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values."""
        return self._texts[key].format(**values)

    def state(self, state: State, mode: Mode | None) -> str:
        """Return how a partition is."""
        return self(state, mode=self(mode) if mode else "")

"""Every word of the commands about alarms, in the languages of those who handle them."""

from callpoint_gateway.alarms.case import Condition, Handling
from callpoint_gateway.journal.entries import Mark

TEXTS = {
    "en": {
        "none": "no open alarms",
        "since": "{age} ago",
        "zone": "zone {zone}",
        "events": "{count} events",
        "left": "{what} within {age}",
        "missed": "{what} MISSED {age} ago",
        "acknowledge": "acknowledge",
        "arrive": "arrival",
        "reinforce": "reinforcement",
        "resolve": "resolution",
        "done": "alarm {alarm}: {handling}",
        "note": "alarm {alarm}: noted",
        "more": "and {count} more",
        Condition.ACTIVE.value: "active",
        Condition.RESTORED.value: "restored",
        Handling.NEW.value: "NEW",
        Handling.ACKNOWLEDGED.value: "acknowledged",
        Handling.DISPATCHED.value: "dispatched",
        Handling.ON_SCENE.value: "on scene",
        Handling.RESOLVED.value: "resolved",
        Handling.CLOSED.value: "closed",
        Mark.DRILL.value: "drill",
        Mark.TEST.value: "walk test",
        "running": "{called} runs, {age} left",
        "started": "{called} started, ends in {age}",
        "stopped": "{called} ended",
        "idle": "no drill and no walk test is running",
        "tested": "tested: {count}",
        "untested": "still to be tested ({count}):",
    },
    "zh": {
        "none": "没有未结束的报警",
        "since": "{age}前",
        "zone": "防区 {zone}",
        "events": "{count} 个事件",
        "left": "{what}剩余 {age}",
        "missed": "{what}已超时 {age}",
        "acknowledge": "确认",
        "arrive": "到场",
        "reinforce": "增援",
        "resolve": "处置",
        "done": "报警 {alarm}：{handling}",
        "note": "报警 {alarm}：已备注",
        "more": "另有 {count} 条",
        Condition.ACTIVE.value: "持续中",
        Condition.RESTORED.value: "已恢复",
        Handling.NEW.value: "未确认",
        Handling.ACKNOWLEDGED.value: "已确认",
        Handling.DISPATCHED.value: "已派出",
        Handling.ON_SCENE.value: "已到场",
        Handling.RESOLVED.value: "已处置",
        Handling.CLOSED.value: "已结案",
        Mark.DRILL.value: "演练",
        Mark.TEST.value: "巡检测试",
        "running": "{called}进行中，剩余 {age}",
        "started": "{called}已开始，{age}后结束",
        "stopped": "{called}已结束",
        "idle": "当前没有演练或巡检测试",
        "tested": "已测试：{count}",
        "untested": "尚未测试（{count}）：",
    },
}


class AlarmWords:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """``language`` is one of ``watch_texts.LANGUAGES``."""
        self._texts = TEXTS[language]

    def __call__(self, key: str, **values: object) -> str:
        """Return one text with its values."""
        return self._texts[key].format(**values)

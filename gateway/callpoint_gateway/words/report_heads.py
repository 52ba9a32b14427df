"""The heads of the columns of `callpoint report --format csv`, in both languages.

The English heads are the names of the columns for programs.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.people import CAUSES, STAGES
from callpoint_gateway.words.text import Text

_MEASURES: Final[Mapping[str, Text]] = {
    "count": Text("{stage}_count", "{stage}次数"),
    "median_s": Text("{stage}_median_s", "{stage}用时中位数（秒）"),
    "p90_s": Text("{stage}_p90_s", "{stage}用时第 90 百分位（秒）"),
    "worst_s": Text("{stage}_worst_s", "{stage}最长用时（秒）"),
    "in_time": Text("{stage}_in_time", "{stage}达标比例"),
}
HEADS: Final[Mapping[str, Text]] = {
    "by": Text("by", "分组"),
    "value": Text("value", "名称"),
    "alarms": Text("alarms", "报警数"),
    "open": Text("open", "未结案"),
    "time_zone": Text("time_zone", "时区"),
    **{cause: Text(cause, text.zh) for cause, text in CAUSES.items()},
    **{
        f"{stage}_{measure}": Text(text.en.format(stage=stage), text.zh.format(stage=called.zh))
        for stage, called in STAGES.items()
        for measure, text in _MEASURES.items()
    },
}
GROUPS: Final[Mapping[str, Text]] = {
    "all": Text("all", "全部"),
    "place": Text("place", "地点"),
    "kind": Text("kind", "类型"),
    "month": Text("month", "月份"),
}
_WITHIN: Final = Text("acknowledged_within_{seconds}_s", "{seconds} 秒内确认比例")


def head(column: str, language: str) -> str:
    """Return the head of a column by its English name."""
    if known := HEADS.get(column):
        return known.in_(language)
    return _WITHIN.in_(language).format(seconds=column.split("_")[2])

"""The sentences of the monthly report and of the situation, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

REPORTS: Final[Mapping[str, Text]] = {
    "month.title": Text("{site} - report for {month}", "{site} {month} 月度报告"),
    "month.period": Text("{since} to {until} ({zone})", "{since} 至 {until}（{zone}）"),
    "month.unfinished": Text(
        "The month is not over: figures up to this moment.", "本月尚未结束，以下为截至目前的数据。"
    ),
    "month.earlier": Text("Earlier month", "上一月"),
    "month.later": Text("Later month", "下一月"),
    "month.csv": Text("As a table (CSV)", "导出表格（CSV）"),
    "month.json": Text("As JSON", "导出 JSON"),
    "month.print": Text("Print", "打印"),
    "month.total": Text("In short", "概要"),
    "month.alarms": Text("Alarms", "报警数"),
    "month.open": Text("Still open", "未结束"),
    "month.exercises": Text("Alarms of drills", "演练报警数"),
    "month.response": Text("How soon people acted", "响应时间"),
    "month.stage": Text("Stage", "阶段"),
    "month.count": Text("Count", "次数"),
    "month.median": Text("Median", "中位数"),
    "month.p90": Text("90 of 100 within", "九成不超过"),
    "month.worst": Text("Longest", "最长"),
    "month.in_time": Text("In time", "按时率"),
    "month.target": Text("Target", "目标"),
    "month.within": Text(
        "Acknowledged within {seconds} s: {share}", "{seconds} 秒内确认：{share}"
    ),
    "month.by_building": Text("By building", "按楼栋"),
    "month.by_place": Text("By place", "按地点"),
    "month.by_kind": Text("By kind", "按类型"),
    "month.name": Text("Name", "名称"),
    "month.false": Text("Causes of false alarms", "误报原因"),
    "month.place": Text("Place", "地点"),
    "month.kind": Text("Kind", "类型"),
    "month.cause": Text("Cause", "原因"),
    "month.uptime": Text("Uptime of devices", "设备在线率"),
    "month.all_up": Text(
        "All {count} devices were heard all the time.", "全部 {count} 台设备始终在线。"
    ),
    "month.silent": Text("Not heard for", "失联时长"),
    "month.device": Text("Device", "设备"),
    "month.share": Text("Share", "在线率"),
    "month.orders_made": Text("Made", "派发"),
    "month.orders_done": Text("Done", "完成"),
    "month.orders_open": Text("Open at the end", "期末未完成"),
    "month.orders_overdue": Text("Overdue at the end", "期末已逾期"),
    "month.tests": Text("Tests and drills", "测试与演练"),
    "month.tested": Text("Zones tested this month: {count}", "本月已测试防区：{count} 个"),
    "month.due": Text(
        "Zones without a test for a year: {count}", "一年内未测试的防区：{count} 个"
    ),
    "month.zone": Text("Zone", "防区"),
    "month.last_test": Text("Last test", "上次测试"),
    "month.never": Text("never", "从未"),
    "month.no_runs": Text("No drill and no walk test.", "未进行演练或步行测试。"),
    "month.run": Text("Exercise", "演练"),
    "month.from": Text("From", "开始"),
    "month.minutes": Text("Minutes", "时长（分钟）"),
    "month.by": Text("By", "执行人"),
    "month.none": Text("No alarm.", "无报警。"),
    "month.wrong": Text(
        "there is no report of '{month}'; write a month since the first record as 2026-11",
        "没有“{month}”的报表；请按 2026-11 的格式填写有记录以来的月份",
    ),
    "month.seconds": Text("{seconds} s", "{seconds} 秒"),
    "trend.title": Text("{site} - situation", "{site} 态势分析"),
    "trend.sentence": Text(
        "{now} alarms in the last 7 days; {before} in the {days} days before.",
        "最近 7 天报警 {now} 起；此前 {days} 天 {before} 起。",
    ),
    "trend.rises": Text("What rose beyond chance", "异常上升"),
    "trend.no_rise": Text("Nothing rose beyond chance.", "没有超出偶然范围的上升。"),
    "trend.too_short": Text(
        "Records reach back {days} days; 14 days before the last week are needed to compare.",
        "现有记录 {days} 天；最近一周之前至少需要 14 天记录才能比较。",
    ),
    "trend.rise": Text(
        "{what}: {now} in 7 days, {expected} expected (probability by chance {p})",
        "{what}：7 天内 {now} 起，预期 {expected} 起（偶然概率 {p}）",
    ),
    "trend.rise_place": Text("{kind}, {place}", "{place} {kind}"),
    "trend.rise_band": Text("{kind}, {first}:00 to {last}:00", "{kind}，{first}:00 至 {last}:00"),
    "trend.statistics": Text(
        "Counts of the last 7 days are compared with up to 56 days before, by an exact one-sided "
        "test of two Poisson rates (the count is binomial if nothing changed). Because many "
        "counts are compared at once, probabilities are corrected by Holm's method. A rise is "
        "named below 1 %. Drills and tests are not counted.",
        "将最近 7 天与此前至多 56 天的次数相比，采用两个泊松率的单侧精确检验（若无变化，"
        "次数服从二项分布）。因同时比较多项，概率按 Holm 法校正；低于 1 % 才列为异常上升。"
        "演练与测试不计入。",
    ),
    "trend.week": Text("By hour and weekday", "按时段与星期"),
    "trend.week_since": Text("All alarms since {since}", "{since} 起的全部报警"),
    "trend.places": Text("By place and kind", "按地点与类型"),
    "trend.now": Text("Last 7 days", "最近 7 天"),
    "trend.before": Text("Before, per 7 days", "此前平均每 7 天"),
    "trend.day": Text("Day", "星期"),
    "trend.hour": Text("{hour}:00", "{hour} 时"),
    "trend.cell": Text("{day} {hour}:00: {count}", "{day} {hour} 时：{count} 起"),
    "day.0": Text("Mon", "周一"),
    "day.1": Text("Tue", "周二"),
    "day.2": Text("Wed", "周三"),
    "day.3": Text("Thu", "周四"),
    "day.4": Text("Fri", "周五"),
    "day.5": Text("Sat", "周六"),
    "day.6": Text("Sun", "周日"),
    "page.reports": Text("Report", "月报"),
    "page.trend": Text("Situation", "态势"),
}

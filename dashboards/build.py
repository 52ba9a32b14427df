"""Writes all files in ``grafana/``: ``python dashboards/build.py``.

Each panel has two queries for the same data, for VictoriaMetrics (PromQL) and for InfluxDB
(InfluxQL). Titles are in Chinese and English.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent / "grafana"
ALARM, TROUBLE = 1, 3
_PROM_SITE = 'site=~"$site"'
_INFLUX_SITE = '"site" =~ /^$site$/ AND $timeFilter'


class Panel(NamedTuple):
    """A panel of a dashboard. ``unit`` is Grafana's name of the unit."""

    title: str
    unit: str
    promql: str
    influxql: str
    kind: str = "timeseries"
    legend: str = "{{device_id}}{{kind}}"


def _of_devices(field: str, how: str) -> tuple[str, str]:
    series = f"device_health_{field}{{{_PROM_SITE}}}[$__interval]"
    prom = f"{how} by (device_id) ({how}_over_time({series}))"
    influx = (
        f'SELECT {how}("{field}") FROM "device_health" WHERE {_INFLUX_SITE} '
        'GROUP BY time($__interval), "device_id" fill(none)'
    )
    return prom, influx


DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "estate": (
        "Callpoint: 小区概览 / estate overview",
        [
            Panel(
                "报警 / alarms, by kind",
                "short",
                "sum by (kind) (count_eq_over_time("
                f"alarm_event_state{{{_PROM_SITE}}}[$__interval], {ALARM}))",
                f'SELECT count("state") FROM "alarm_event" WHERE "state" = {ALARM} AND '
                f'{_INFLUX_SITE} GROUP BY time($__interval), "kind" fill(none)',
                legend="{{kind}}",
            ),
            Panel(
                "故障 / troubles, by building",
                "short",
                "sum by (building) (count_eq_over_time("
                f"alarm_event_state{{{_PROM_SITE}}}[$__interval], {TROUBLE}))",
                f'SELECT count("state") FROM "alarm_event" WHERE "state" = {TROUBLE} AND '
                f'{_INFLUX_SITE} GROUP BY time($__interval), "building" fill(none)',
                legend="{{building}}",
            ),
            Panel(
                "在线设备 / devices online",
                "short",
                f"sum(last_over_time(device_health_online{{{_PROM_SITE}}}[30d]))",
                'SELECT sum("last") FROM (SELECT last("online") FROM "device_health" WHERE '
                f'{_INFLUX_SITE} GROUP BY "device_id")',
                kind="stat",
                legend="online",
            ),
            Panel(
                "从发生到入库 / from the event to the journal, longest",
                "ms",
                f"max(max_over_time(alarm_event_delay_ms{{{_PROM_SITE}}}[$__interval]))",
                f'SELECT max("delay_ms") FROM "alarm_event" WHERE {_INFLUX_SITE} '
                "GROUP BY time($__interval) fill(none)",
                legend="delay",
            ),
        ],
    ),
    "devices": (
        "Callpoint: 设备状态 / device health",
        [
            Panel("电池 / battery, lowest", "mvolt", *_of_devices("battery_mv", "min")),
            Panel("信号 / signal, weakest", "dBm", *_of_devices("rssi_dbm", "min")),
            Panel("待发事件 / events not sent", "short", *_of_devices("spool_depth", "max")),
            Panel("空闲内存 / free memory", "bytes", *_of_devices("heap_free_bytes", "min")),
            Panel(
                "未上报时间 / silent for",
                "s",
                "min by (device_id) (time() - tlast_over_time("
                f"device_health_uptime_s{{{_PROM_SITE}}}[30d]))",
                f'SELECT last("uptime_s") FROM "device_health" WHERE {_INFLUX_SITE} '
                'GROUP BY "device_id"',
                kind="table",
            ),
            Panel(
                "温度 / temperature",
                "celsius",
                "avg by (device_id) (avg_over_time("
                f"sensor_reading_temperature_dc{{{_PROM_SITE}}}[$__interval])) / 10",
                f'SELECT mean("temperature_dc") / 10 FROM "sensor_reading" WHERE {_INFLUX_SITE} '
                'GROUP BY time($__interval), "device_id" fill(none)',
            ),
        ],
    ),
    "gateway": (
        "Callpoint: 网关状态 / gateway health",
        [
            Panel(
                "故障 / faults that stand",
                "bool",
                f"max by (kind) (last_over_time(gateway_health_fault{{{_PROM_SITE}}}[30d]))",
                f'SELECT last("fault") FROM "gateway_health" WHERE {_INFLUX_SITE} GROUP BY "kind"',
                kind="table",
                legend="{{kind}}",
            ),
            Panel(
                "送达时间 / time to the centre's answer, longest",
                "ms",
                "max by (kind) (max_over_time("
                f"gateway_health_took_ms{{{_PROM_SITE}}}[$__interval]))",
                f'SELECT max("took_ms") FROM "gateway_health" WHERE {_INFLUX_SITE} '
                'GROUP BY time($__interval), "kind" fill(none)',
                legend="{{kind}}",
            ),
            Panel(
                "已送达 / accepted by the centre",
                "short",
                "sum by (kind) (sum_over_time("
                f"gateway_health_accepted{{{_PROM_SITE}}}[$__interval]))",
                f'SELECT sum("accepted") FROM "gateway_health" WHERE {_INFLUX_SITE} '
                'GROUP BY time($__interval), "kind" fill(none)',
                legend="{{kind}}",
            ),
            Panel(
                "丢弃 / dropped for want of room",
                "short",
                f"sum by (kind) (sum_over_time(gateway_health_lost{{{_PROM_SITE}}}[$__interval]))",
                f'SELECT sum("lost") FROM "gateway_health" WHERE {_INFLUX_SITE} '
                'GROUP BY time($__interval), "kind" fill(none)',
                legend="{{kind}}",
            ),
        ],
    ),
}


def _target(panel: Panel, language: str) -> dict[str, Any]:
    if language == "promql":
        return {
            "refId": "A",
            "expr": panel.promql,
            "legendFormat": panel.legend,
            "instant": panel.kind != "timeseries",
        }
    return {
        "refId": "A",
        "rawQuery": True,
        "query": panel.influxql,
        "resultFormat": "time_series" if panel.kind != "table" else "table",
    }


def _source(language: str) -> dict[str, str]:
    kind = "prometheus" if language == "promql" else "influxdb"
    return {"type": kind, "uid": f"callpoint-{language}"}


def _site(language: str) -> dict[str, Any]:
    """Return the choice of a site."""
    query = (
        "label_values(device_health_uptime_s, site)"
        if language == "promql"
        else 'SHOW TAG VALUES FROM "device_health" WITH KEY = "site"'
    )
    return {
        "name": "site",
        "label": "小区 / site",
        "type": "query",
        "datasource": _source(language),
        "query": query,
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def dashboard(name: str, language: str) -> dict[str, Any]:
    """Return one dashboard as Grafana reads it."""
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"callpoint-{name}-{language}",
        "title": f"{title} ({'VictoriaMetrics' if language == 'promql' else 'InfluxDB'})",
        "tags": ["callpoint", language],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [_site(language)]},
        "panels": [
            {
                "id": number + 1,
                "title": panel.title,
                "type": panel.kind,
                "datasource": _source(language),
                "gridPos": {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8},
                "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
                "targets": [_target(panel, language)],
            }
            for number, panel in enumerate(panels)
        ],
    }


def files() -> dict[Path, str]:
    """Return the content of every file."""
    return {
        HERE / "dashboards" / language / f"{name}.json": json.dumps(
            dashboard(name, language), indent=2, ensure_ascii=False
        )
        + "\n"
        for language in ("promql", "influxql")
        for name in DASHBOARDS
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

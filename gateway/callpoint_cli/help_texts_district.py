"""The help of a district's commands in Chinese, by the English paragraph at the command."""

from collections.abc import Mapping
from typing import Final

HELP_OF_DISTRICTS_ZH: Final[Mapping[str, str]] = {
    "Keep the alarms of many gateways in one database.": "在一个数据库中保存多个网关的报警。",
    (
        "The gateways send their alarms journals; each entry is kept once, and the gateway gets a "
        "receipt after the commit."
    ): "网关发送其报警日志；每条只保存一次，提交后向网关发出回执。",
    "The district's configuration (TOML).": "区级平台的配置文件（TOML）。",
    "Receive until it is told to stop (SIGTERM or Ctrl-C).": (
        "持续接收，直到停止（SIGTERM 或 Ctrl-C）。"
    ),
    "Several may run at once, on one machine or on many.": "可在一台或多台机器上同时运行多个。",
    "Show how each gateway stands, and the alarms that are not closed.": (
        "显示各网关的状态和未关闭的报警。"
    ),
    "Act on the alarm NUMBER of GATEWAY, at its own desk.": (
        "由网关 GATEWAY 自己的值班台处置其报警 NUMBER。"
    ),
    (
        "The site's gateway does it and records it, or says why not. It must answer within 2 "
        "seconds."
    ): "由站点网关执行并记录，或说明不执行的原因；须在 2 秒内应答。",
    "The operator's id at the district; no name.": "操作员在区级平台的编号；不是姓名。",
    "The operator's role.": "操作员的角色。",
    "Print JSON.": "输出 JSON。",
    "At a close.": "关闭时填写。",
    "A note for the record; no names, no numbers.": "备注，将被记录；不要填写姓名或电话号码。",
}

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
    "Write the configuration of a district's engine (nats-server) into FOLDER.": (
        "将区级消息引擎的配置写入 FOLDER。"
    ),
    "The district gets an authority of its own, so no site can make another gateway.": (
        "区级平台有自己的证书颁发机构，任何站点都不能伪造网关。"
    ),
    "The name of the district: a-z 0-9 -.": "区级平台的名称：a-z 0-9 -。",
    "A name or address under which gateways reach the engine; repeat for several.": (
        "网关访问消息引擎所用的名称或地址；可重复。"
    ),
    "Where it listens.": "监听地址。",
    "Where it keeps what it carries.": "传输数据的存放位置。",
    "The most that it keeps there.": "存放数据的上限。",
    "Let GATEWAY speak to the engine of FOLDER: make its certificate and key.": (
        "允许 GATEWAY 连接 FOLDER 的消息引擎：生成其证书和密钥。"
    ),
    (
        "Carry both and authority/ca.pem to the gateway, and have the engine read its files again."
    ): "将两者和 authority/ca.pem 拷贝到网关，并让消息引擎重新加载文件。",
    "Shut GATEWAY out, once the engine has read its files again.": (
        "消息引擎重新加载文件后，GATEWAY 将不能连接。"
    ),
    "Show the gateways that may speak to the engine of FOLDER.": (
        "显示可连接 FOLDER 的消息引擎的网关。"
    ),
    "Serve the pages of a district: its grid, and the pages of each site.": (
        "提供区级平台的网页：网格总览，以及各站点的页面。"
    ),
    (
        "It reads the district's database, and asks the gateways for what people do. Accounts are "
        "those of `callpoint user -c district.toml`."
    ): (
        "读取区级平台的数据库，并请求网关执行人员的操作。"
        "账户由 `callpoint user -c district.toml` 管理。"
    ),
    "Print JSON.": "输出 JSON。",
    "At a close.": "关闭时填写。",
    "A note for the record; no names, no numbers.": "备注，将被记录；不要填写姓名或电话号码。",
}

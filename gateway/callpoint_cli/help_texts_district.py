"""The help of a district's commands in Chinese, by the English paragraph at the command."""

from collections.abc import Mapping
from typing import Final

HELP_OF_DISTRICTS_ZH: Final[Mapping[str, str]] = {
    "Keep the alarms of many gateways in one database.": "在一个数据库中保存多个网关的报警。",
    (
        "The gateways send their alarms journals; each entry is kept once, and the gateway gets a "
        "receipt after the commit."
    ): "网关发送其报警日志；每个条目只保存一次，提交后向网关发出回执。",
    "The district's configuration (TOML).": "区级平台的配置文件（TOML）。",
    "Do not wait for GATEWAY any more: it was taken out of service.": (
        "不再等待 GATEWAY：该网关已停用。"
    ),
    (
        "Its silence is no fault, it is told no level, plan or note, and its open alarms leave "
        "the queue. What it has sent stays. When it is heard again, it is in service again."
    ): (
        "其失联不算故障，不再向其下发响应级别、预案和备注，其未结束的报警不再显示；"
        "已发送的内容保留。再次收到其信息后恢复使用。"
    ),
    "Receive until it is told to stop (SIGTERM or Ctrl-C).": (
        "持续接收，直到停止（SIGTERM 或 Ctrl-C）。"
    ),
    "Several may run at once, on one machine or on many.": "可在一台或多台机器上同时运行多个。",
    "Show how each gateway stands, and the alarms that are not closed.": (
        "显示各网关的状态和未结案的报警。"
    ),
    "Act on the alarm NUMBER of GATEWAY, at its own desk.": (
        "由网关 GATEWAY 自己的值班台处置其报警 NUMBER。"
    ),
    (
        "The site's gateway does it and records it, or says why not. It must answer within 2 "
        "seconds. A note is kept here at once, and delivered later if the gateway is away."
    ): (
        "由站点网关执行并记录，或说明不执行的原因；须在 2 秒内应答。备注立即保存在区级平台，"
        "网关未连接时稍后送达。"
    ),
    "Show which desk gets an alarm at a place, who gets it when nobody takes it, and why.": (
        "显示某地点的报警由哪个值班台负责、无人受理时转给谁以及原因。"
    ),
    'From the city down: "Hangzhou / Xihu / North".': "自市级起，如“杭州 / 西湖 / 北区”。",
    "Only this kind of alarm.": "仅此类报警。",
    "Put an area of the grid to a response level, at every gateway in it.": (
        "为网格中的一个区域启动响应级别，作用于其中每个网关。"
    ),
    (
        "Each gateway is told, also one that is away now or that comes later, and confirms it. "
        "Deadlines and routes of the level hold there as the site has set them."
    ): (
        "每个网关都会收到通知并确认，包括当前未连接或以后接入的网关。该级别的时限和路由按各站点的"
        "设置生效。"
    ),
    'Put AREA to a level: "Hangzhou / Xihu"; without it, everything.': (
        "为 AREA（如“杭州 / 西湖”）启动响应级别；省略则为全部区域。"
    ),
    "End the level NUMBER before its time, at every gateway that has it.": (
        "提前解除编号为 NUMBER 的响应级别，作用于已启动它的每个网关。"
    ),
    "Show the levels that hold, and which gateways have confirmed them.": (
        "显示已启动的响应级别及各网关的确认情况。"
    ),
    "Give an area of the grid action plans, at every gateway in it.": (
        "向网格中的一个区域下发处置预案，作用于其中每个网关。"
    ),
    (
        "Each gateway is told, also one that is away now or that comes later, and confirms it. "
        "What a site has written itself goes first there, then the plan of the smallest area."
    ): (
        "每个网关都会收到并确认，包括当前未连接或以后接入的网关。站点自己编写的预案优先，其次为"
        "最小区域的预案。"
    ),
    "Only at places with this profile.": "仅用于此类型的地点。",
    '"Hangzhou / Xihu"; without it, everything.': "如“杭州 / 西湖”；省略则为全部区域。",
    "Give an area the action plan of FILE, a TOML file with a [[step]] for each step.": (
        "将 FILE 中的预案下发给一个区域；FILE 为 TOML 文件，每个步骤一个 [[step]]。"
    ),
    "A step has `id`, `en` and `zh`, and perhaps `action`: what the desk records.": (
        "步骤含 `id`、`en`、`zh`，可含 `action`（值班台记录的操作）。"
    ),
    "Take an action plan back from an area, at every gateway that has it.": (
        "从一个区域撤回预案，作用于已收到它的每个网关。"
    ),
    "Show the action plans of areas, and which gateways have confirmed them.": (
        "显示各区域的预案及各网关的确认情况。"
    ),
    "Hold events of a site back from its centres, if the site lets its district do that.": (
        "屏蔽站点发往接警中心的事件（须经站点允许）。"
    ),
    "Hold events of DEVICE of GATEWAY back from every centre for a time.": (
        "在一段时间内屏蔽网关 GATEWAY 的设备 DEVICE 发往所有接警中心的事件。"
    ),
    "End the inhibit NUMBER of GATEWAY before its time.": (
        "提前解除网关 GATEWAY 编号为 NUMBER 的屏蔽。"
    ),
    "Show what is inhibited at GATEWAY.": "显示网关 GATEWAY 的屏蔽。",
    "Exercise at a site with alarms that are marked as a drill, if the site allows it.": (
        "在站点进行演练，其报警标记为演练（须经站点允许）。"
    ),
    "Begin a drill at GATEWAY; its events from now on are marked.": (
        "在网关 GATEWAY 开始演练；此后的事件将被标记。"
    ),
    "End a drill at GATEWAY before its time.": "提前结束网关 GATEWAY 的演练。",
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
    "Where the engine keeps messages.": "消息的存放位置。",
    "The most that it keeps there, in MB.": "存放消息的上限（MB）。",
    "The port, on this machine only, on which the engine says how it is.": (
        "仅供本机查询消息引擎状态的端口。"
    ),
    "Make a one-time code with which GATEWAY enrols.": "生成供 GATEWAY 注册的一次性注册码。",
    (
        "At the gateway: callpoint upstream enrol CODE --at HOST:PORT. The code also says which "
        "district it is, so the gateway trusts nobody else. A code that was made before is void."
    ): (
        "在网关上凭此注册码注册。注册码同时指明区级平台，网关不会信任其他任何方。"
        "之前生成的注册码随即作废。"
    ),
    "How long the code can be used.": "注册码的有效小时数。",
    "Make certificate and key here, to be carried to a gateway that has no line yet.": (
        "在此生成证书和密钥，供拷贝到尚无网络的网关。"
    ),
    "Revoke GATEWAY: its connection ends at once, and its code is void.": (
        "吊销 GATEWAY：其连接立即断开，注册码作废。"
    ),
    "Write the users of the engine of FOLDER and what each may do; have the engine read it.": (
        "写入 FOLDER 的消息引擎的用户和权限，并让其读取。"
    ),
    (
        "Enrolment and revocation do that by themselves. A later version of Callpoint may need "
        "other permissions: run this after an upgrade."
    ): "注册和吊销会自动完成此操作。新版本的 Callpoint 可能需要不同的权限：升级后请运行此命令。",
    "Show every gateway of the engine of FOLDER.": "显示 FOLDER 的消息引擎的所有网关。",
    (
        "Whether it is enrolled, revoked or has a code that waits, and when its certificate ends."
    ): "是否已注册、已吊销或有待用的注册码，以及证书何时到期。",
    (
        "Take enrolments for the engine of FOLDER until it is told to stop (SIGTERM or Ctrl-C)."
    ): "为 FOLDER 的消息引擎受理注册，直到停止（SIGTERM 或 Ctrl-C）。",
    (
        "It runs on the engine's machine as the engine's user. Gateways also renew their "
        "certificates here, so it goes on running."
    ): "在消息引擎所在机器上以其用户运行。网关也在此续期证书，因此应持续运行。",
    "The line to a district, which keeps the journal of this site.": (
        "连接区级平台的线路，区级平台接收本网关的报警日志。"
    ),
    "At a district: the line to its city.": "在区级平台上：连接市级平台的线路。",
    "Where the district takes enrolments; the port is 4223 unless it says otherwise.": (
        "区级平台受理注册的地址；端口默认为 4223。"
    ),
    "Enrol at a district with the one-time CODE that it has given.": (
        "用区级平台给出的一次性注册码 CODE 注册。"
    ),
    (
        "Without CODE it is asked for. The key is made here and never leaves this machine. The "
        "code says which district it is: nothing is sent to anybody else."
    ): (
        "未给出 CODE 时会询问。密钥在本机生成，不会离开本机。注册码指明区级平台：不会向其他任何方"
        "发送内容。"
    ),
    "Examine a district: engine, database, certificates, gateways; say what to do.": (
        "检查区级平台：消息引擎、数据库、证书、网关；并说明处理方法。"
    ),
    "It changes nothing and may run beside the district. It ends with 4 if something is bad.": (
        "不作任何更改，可与区级平台同时运行。发现严重问题时以 4 结束。"
    ),
    "The engine's folder, if the engine is on this machine.": (
        "消息引擎的文件夹（消息引擎在本机时）。"
    ),
    "Show how the line to the district stands.": "显示连接区级平台的线路状态。",
    "It ends with 4 if the line has a fault.": "线路有故障时以 4 结束。",
    "Serve the pages of a district: its grid, and the pages of each site.": (
        "提供区级平台的网页：网格总览，以及各站点的页面。"
    ),
    (
        "It reads the district's database, and asks a site's gateway to do what people order "
        "there. Accounts are those of `callpoint user -c district.toml`."
    ): (
        "读取区级平台的数据库，并请求站点的网关执行人员的操作。"
        "账号由 `callpoint user -c district.toml` 管理。"
    ),
    (
        "It waits for a database that does not answer, and ends when it is told to stop (SIGTERM "
        "or Ctrl-C)."
    ): "数据库无响应时会一直等待；收到停止信号（SIGTERM 或 Ctrl-C）后结束。",
    "Print JSON.": "输出 JSON。",
    "With close: what it was.": "结案时填写：警情性质。",
    "A note for the record; no names, no numbers.": "备注，将被记录；不要填写姓名或电话号码。",
}

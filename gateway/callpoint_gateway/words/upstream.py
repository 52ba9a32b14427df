"""What concerns the line to a district, and a district itself; in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

UPSTREAM: Final[Mapping[str, Text]] = {
    "upstream.connected": Text("connected to {server}", "已连接 {server}"),
    "upstream.unreachable": Text("the engine cannot be reached: {why}", "无法连接消息引擎：{why}"),
    "upstream.engine": Text("the engine: {why}", "消息引擎：{why}"),
    "upstream.away.do": Text(
        "see whether this line, the district's engine and its processes work; "
        "nothing is lost meanwhile",
        "请检查网络、区级平台的消息引擎和处理进程是否正常；期间不会丢失数据",
    ),
    "upstream.version": Text(
        "the other side speaks version {theirs} of the protocol, and this one {ours}",
        "对方使用协议版本 {theirs}，本方为 {ours}",
    ),
    "upstream.version.do": Text(
        "bring gateway and district to versions that fit each other",
        "请将网关与区级平台升级到相互兼容的版本",
    ),
    "upstream.not_usable": Text("the message cannot be used: {why}", "消息无法使用：{why}"),
    "upstream.server": Text(
        "'{server}' is no address; write nats://host:port or tls://host:port",
        "“{server}”不是有效地址；请写成 nats://主机:端口 或 tls://主机:端口",
    ),
    "upstream.in_clear": Text(
        "it is missing, and the engine is on another machine: alarms would be sent unencrypted",
        "缺少该项，而消息引擎在另一台机器上：报警将以明文传输",
    ),
    "upstream.no_pair": Text(
        "it and key_file cannot be used; both are PEM files, belong together and have no password",
        "与 key_file 无法使用；两者须为 PEM 文件、相互匹配且无密码",
    ),
    "upstream.district": Text(
        "this is the configuration of a district; see callpoint district doctor -c FILE",
        "这是区级平台的配置；请用 callpoint district doctor -c FILE 查看",
    ),
    "upstream.extra": Text(
        "[upstream] needs the extra 'upstream': pip install 'callpoint[upstream]'",
        "[upstream] 需要附加组件 upstream：pip install 'callpoint[upstream]'",
    ),
    "upstream.register_known": Text(
        "the district has the site's register", "区级平台已有本站点的登记表"
    ),
    "upstream.register_refused.do": Text(
        "correct the register or the configuration as it says; if both are right, bring gateway "
        "and district to versions that fit each other",
        "请按提示更正登记表或配置；若均无误，请将网关与区级平台升级到相互兼容的版本",
    ),
    "upstream.register_unreadable.do": Text(
        "do as it says; alarms reach the district meanwhile",
        "请按提示处理；期间报警照常上报区级平台",
    ),
    "upstream.register_unheard": Text(
        "no process of the district takes the site's register",
        "区级平台没有处理进程接收本站点的登记表",
    ),
    "upstream.register_unheard.do": Text(
        "see whether the district's processes run, and bring them to this gateway's version",
        "请检查区级平台的处理进程是否运行，并将其升级到与本网关相同的版本",
    ),
    "upstream.register_no_answer": Text(
        "the district does not answer about the site's register, "
        "or its engine does not let this gateway send it",
        "区级平台未就本站点的登记表作出应答，或其消息引擎不允许本网关发送",
    ),
    "upstream.register_large": Text(
        "the register is larger than {mb} MB; divide the site among gateways",
        "登记表超过 {mb} MB；请将站点分配给多个网关",
    ),
    "upstream.register_other": Text(
        "the parts that came are not the register that was announced; it is sent again",
        "收到的各部分与所声明的登记表不符；将重新发送",
    ),
    "upstream.register_null": Text(
        "the register has a null character; take it out", "登记表含有空字符；请删除"
    ),
    "upstream.register_no_site": Text(
        "the register that came names no site; bring gateway and district to versions "
        "that fit each other",
        "收到的登记表没有站点名称；请将网关与区级平台升级到相互兼容的版本",
    ),
    "district.extra": Text(
        "a district needs the extra 'district'; run: pip install 'callpoint[district]'",
        "区级平台需要附加组件 district；请运行：pip install 'callpoint[district]'",
    ),
    "household.no_console": Text(
        "the site's console does not answer; see whether `callpoint console` runs there",
        "站点控制台无应答；请检查站点是否运行 `callpoint console`",
    ),
    "household.gone": Text(
        "the alarm is closed, or the site's console has not read it yet",
        "该报警已结案，或站点控制台尚未读取",
    ),
    "household.drill": Text(
        "a drill is no reason to look at a household", "演练期间不得查看住户信息"
    ),
    "household.unusable": Text(
        "the site's records of people cannot be read; the site's console says why",
        "站点的人员信息无法读取；原因见站点控制台",
    ),
    "district.begun_anew": Text(
        "gateway {gateway} has begun a new epoch of its journal; it is read again",
        "网关 {gateway} 的日志已开始新的纪元（epoch）；正在重新读取",
    ),
    "district.console_extra": Text(
        "the console of a district needs more packages; run: "
        "pip install 'callpoint[district,console]'",
        "区级平台的控制台须安装更多软件包；请运行：pip install 'callpoint[district,console]'",
    ),
    "upstream.long": Text("the request is too long", "请求过长"),
    "upstream.not_asked": Text(
        "this gateway does not let its district ask '{question}'; see questions in [upstream]",
        "本网关不允许区级平台执行“{question}”；见 [upstream] 的 questions",
    ),
    "upstream.not_passed": Text(
        "the district does not let its city ask '{question}'; see questions in [upstream] there",
        "区级平台不允许市级平台执行“{question}”；见其 [upstream] 的 questions",
    ),
    "district.no_answer": Text(
        "gateway {gateway} does not answer within 2 seconds; whether it did what was asked is "
        "not known; its journal will show it",
        "网关 {gateway} 在 2 秒内没有应答；是否已执行尚不清楚，以其日志为准",
    ),
    "district.no_engine_answers": Text(
        "nothing was sent: no connection to the engine; see whether it runs, and correct "
        "`servers` and the certificates",
        "未发送：无法连接消息引擎；请检查其是否运行，并更正 servers 和证书",
    ),
    "district.other_answer": Text(
        "this version cannot read the answer of gateway {gateway}; bring both to versions "
        "that fit each other",
        "本版本无法读取网关 {gateway} 的应答；请升级到相互兼容的版本",
    ),
    "district.head.gateway": Text("gateway", "网关"),
    "district.head.entries": Text("entries", "条目"),
    "district.head.waiting": Text("behind", "待补传"),
    "district.head.heard": Text("last heard", "最近联系"),
    "district.head.alarms": Text("open alarms", "未结束的报警"),
    "district.head.faults": Text("faults", "故障"),
    "district.head.program": Text("program", "程序版本"),
    "district.never": Text("never", "从未"),
    "district.alarm": Text(
        "{gateway} alarm {alarm}: {kind} at {place}, {handling}",
        "{gateway} 报警 {alarm}：{place}，{kind}，{handling}",
    ),
    "district.city_up": Text(
        "city {city}: {why}, since {time}", "市级平台 {city}：{why}，自 {time} 起"
    ),
    "district.city_down": Text(
        "city {city}: no line since {time} ({why})", "市级平台 {city}：自 {time} 起未连接（{why}）"
    ),
    "district.city_old": Text(
        "city {city}: no process relays since {time}; see whether `callpoint district run` runs",
        "市级平台 {city}：自 {time} 起无进程转发；请检查 callpoint district run 是否在运行",
    ),
    "district.city_never": Text(
        "city {city}: no process has relayed yet; see whether `callpoint district run` runs",
        "市级平台 {city}：尚无进程转发；请检查 callpoint district run 是否在运行",
    ),
    "district.ahead": Text(
        "{gateway} alarm {alarm}: {kind} at {place}, provisional: a copy came ahead of the entry",
        "{gateway} 报警 {alarm}：{place}，{kind}，暂报：副本先于条目送达",
    ),
    "district.silent": Text(
        "{gateway} is silent, last heard {since}; see whether it, its power and its line work",
        "{gateway} 失联，最近联系 {since}；请检查网关、电源和网络",
    ),
    "district.silent_many": Text(
        "{count} gateways fell silent together, last heard {since}: {gateways}; see what they "
        "share: a line, a power supply, a provider",
        "{count} 个网关同时失联，最近联系 {since}：{gateways}；请检查其共用的网络、电源或运营商",
    ),
    "district.double": Text(
        "{gateway}: two machines use its name and key since {since}, a copied card perhaps; "
        "switch one of them off, or enrol it under a name of its own",
        "{gateway}：自 {since} 起有两台机器使用同一名称和密钥，可能是复制的存储卡；"
        "请关闭其中一台，或为其注册单独的名称",
    ),
    "district.retired": Text(
        "{gateway} is out of service until it is heard again; revoke it at the engine as well",
        "{gateway} 已停用，再次收到其信息后恢复使用；请同时在消息引擎上吊销该网关",
    ),
    "district.left_open": Text(
        "alarms of {gateway} that nobody has closed: {count}; they are on its own pages only",
        "{gateway} 有 {count} 起未结案的报警，今后仅在其站点页面显示",
    ),
    "district.out_of_service": Text("out of service since {since}", "{since} 起停用"),
    "district.never_heard": Text(
        "no gateway {gateway} was ever heard; see callpoint district status",
        "从未收到网关 {gateway} 的信息；见 callpoint district status",
    ),
    "district.speaks": Text(
        "{gateway} speaks version {theirs} of the protocol, and this district {ours}; "
        "bring both to versions that fit each other",
        "{gateway} 使用协议版本 {theirs}，本区级平台为 {ours}；请升级到相互兼容的版本",
    ),
    "district.forgotten": Text(
        "  its gateway's journal was put back from a backup and does not have it any more",
        "  该网关的日志已从备份恢复，不再有此报警",
    ),
    "district.no_database": Text(
        "no connection to the database; see whether it runs, and correct `database`",
        "无法连接数据库；请检查数据库是否运行，并更正 database",
    ),
    "district.database_away": Text(
        "no connection to the database: {why}; see whether it runs, and correct `database`",
        "无法连接数据库：{why}；请检查数据库是否运行，并更正 database",
    ),
    "district.database_login": Text(
        "the database runs and does not let this program in: {why}; correct user and password in "
        "`database`, or the server's pg_hba.conf",
        "数据库正在运行，但拒绝本程序登录：{why}；请更正 database 中的用户名和密码，"
        "或服务器的 pg_hba.conf",
    ),
    "district.database_role": Text(
        "the database runs and does not know this user: {why}; make the role (createuser), or "
        "correct the user in `database`",
        "数据库正在运行，但没有此用户：{why}；"
        "请创建该角色（createuser），或更正 database 中的用户名",
    ),
    "district.database_none": Text(
        "the server runs and has no such database: {why}; make it (createdb), or correct its name "
        "in `database`",
        "数据库服务器正在运行，但没有此数据库：{why}；"
        "请创建（createdb），或更正 database 中的名称",
    ),
    "district.waits": Text("waits for the database: {why}", "正在等待数据库：{why}"),
    "district.engine_there": Text(
        "{file} is there already; remove nothing, and enrol gateways in its folder",
        "{file} 已存在；请勿删除，直接在其中注册网关",
    ),
    "district.bad_name": Text(
        "'{name}' is no name: 1 to 32 of a-z 0-9 -, and none that the district itself uses",
        "“{name}”不是有效名称：1 至 32 个 a-z 0-9 - 字符，且不得与区级平台自用名称相同",
    ),
    "district.no_gateway": Text(
        "no gateway {gateway} is enrolled; there are: {known}",
        "没有注册网关 {gateway}；已注册：{known}",
    ),
    "district.no_gateways": Text(
        "no gateway {gateway} is enrolled, and no other is",
        "没有注册网关 {gateway}，也没有其他网关",
    ),
    "district.no_engine": Text(
        "{folder} has no files of an engine; name the folder, or make it with "
        "callpoint district engine",
        "{folder} 中没有消息引擎的文件；请指定其文件夹，或用 callpoint district engine 创建",
    ),
    "district.other_district": Text(
        "{folder} belongs to district {district}; choose another folder",
        "{folder} 属于区级平台 {district}；请选择其他文件夹",
    ),
    "district.bad_path": Text(
        "'{path}' has characters that the engine's configuration cannot hold "
        "(quotes, backslashes); choose another path",
        "“{path}”含有消息引擎配置不能使用的字符（引号、反斜杠）；请选择其他路径",
    ),
    "district.engine_made": Text(
        "written: {file}; start nats-server with it", "已写入：{file}；请用它启动 nats-server"
    ),
    "district.enrolled": Text(
        "{gateway} is enrolled; carry {certificate}, {key_file} and ca.pem beside them to it, and "
        "delete the key here",
        "已注册 {gateway}；请将 {certificate}、{key_file} 和同目录的 ca.pem 拷贝到网关，"
        "并删除此处的密钥",
    ),
    "district.revoked": Text("{gateway} is revoked", "已吊销 {gateway}"),
    "district.database": Text(
        "the database refuses: {why}; see its log, and let the user in `database` own its tables",
        "数据库拒绝：{why}；请查看数据库日志，并确保 database 中的用户是各表的所有者",
    ),
    "district.bad_address": Text(
        "`database` is no address of a database; write it as postgresql://USER@HOST/NAME",
        "database 不是有效的数据库地址；请写成 postgresql://用户@主机/数据库名",
    ),
    "district.strange_database": Text(
        "the database has tables of another program ({table}); make an empty one for the district",
        "数据库中有其他程序的表（{table}）；请为区级平台新建一个空数据库",
    ),
    "district.later_schema": Text(
        "the database has schema {found}, and this program knows {known}; "
        "run the version that made it, or a later one",
        "数据库结构版本为 {found}，本程序只支持到 {known}；请使用创建它的版本或更高版本",
    ),
}

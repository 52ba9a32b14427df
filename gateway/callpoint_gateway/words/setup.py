"""What `callpoint setup` and `callpoint upgrade` say, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SETUP: Final[Mapping[str, Text]] = {
    # Mistakes
    "setup.not_root": Text(
        "run it as root: sudo callpoint setup", "请以 root 运行：sudo callpoint setup"
    ),
    "setup.no_user": Text(
        "there is no user {user}; install the Debian package first: apt install ./callpoint.deb",
        "没有用户 {user}；请先安装 Debian 软件包：apt install ./callpoint.deb",
    ),
    "setup.missing": Text(
        "{file}: {key} is missing; write it, since this machine has none yet",
        "{file}：缺少 {key}；本机尚无此项，请填写",
    ),
    "setup.a_name": Text(
        "name at least one host name or address under which devices reach this machine",
        "请至少填写一个设备访问本机所用的主机名或地址",
    ),
    "setup.account": Text(
        "a login name: 1 to 32 of a-z 0-9 - _, and no person's name",
        "登录名：1 至 32 个 a-z 0-9 - _ 字符，不得使用姓名",
    ),
    "setup.three": Text(
        "give public_url, certificate_file and key_file together, or none of them",
        "public_url、certificate_file 和 key_file 须一并填写，或都不填写",
    ),
    "setup.other_site": Text(
        "this machine is the gateway of site {found}, whose certificates its devices have; it "
        "cannot become {site}",
        "本机是站点 {found} 的网关，其设备使用该站点的证书，不能改为 {site}",
    ),
    "setup.by_hand": Text(
        "these values stand in a form that cannot be changed by a program; change them yourself: "
        "{values}",
        "以下值的写法无法由程序修改，请手工修改：{values}",
    ),
    "setup.not_started": Text(
        "{unit} is not ready after {seconds} s; see: journalctl -u {unit}",
        "{unit} 在 {seconds} 秒后仍未就绪；请查看：journalctl -u {unit}",
    ),
    "setup.no_certificate_for": Text(
        "{why}. callpoint setup --again makes one with all names; boards go on trusting it",
        "{why}。callpoint setup --again 用全部名称重新签发证书，设备的信任不变",
    ),
    # Questions
    "setup.ask_site": Text(
        "Site (a-z 0-9 - _; part of every topic, never changes)",
        "站点（a-z 0-9 - _；用于所有主题，以后不可更改）",
    ),
    "setup.ask_names": Text(
        "Names or addresses of this machine for devices, with spaces between them",
        "设备访问本机的名称或地址，以空格分隔",
    ),
    "setup.ask_language": Text(
        "Language of commands and pages (en or zh)", "命令和页面的语言（en 或 zh）"
    ),
    "setup.ask_time_zone": Text("Time zone", "时区"),
    "setup.ask_public_url": Text(
        "Public address of the console, https://... (empty: this machine only)",
        "控制台的公开地址 https://...（留空：仅本机）",
    ),
    "setup.ask_certificate_file": Text(
        "File of its certificate with the chain (PEM)", "证书及证书链文件（PEM）"
    ),
    "setup.ask_key_file": Text("File of the certificate's key (PEM)", "证书密钥文件（PEM）"),
    "setup.ask_account": Text("Login name of the first account", "首个账号的登录名"),
    # What was done
    "setup.has": Text(
        "This machine is the gateway of site {site}. Enter keeps what is in brackets.",
        "本机是站点 {site} 的网关。直接回车保留方括号中的值。",
    ),
    "setup.written": Text("written: {file}", "已写入：{file}"),
    "setup.kept": Text("kept: {file}", "保持不变：{file}"),
    "setup.running": Text("running: {unit}", "运行中：{unit}"),
    "setup.no_systemd": Text(
        "systemd does not run here: everything is written, and the units start with the machine. "
        "To start them by hand: systemctl start {units}",
        "此处未运行 systemd：所有文件已写入，各单元随系统启动。手动启动：systemctl start {units}",
    ),
    "setup.console_here": Text(
        "From another machine: ssh -L {port}:127.0.0.1:{port} THIS-MACHINE, then open it there.",
        "在其他机器上：ssh -L {port}:127.0.0.1:{port} 本机，然后在该机器上打开链接。",
    ),
    # What is open
    "setup.open": Text("Still open:", "尚待完成："),
    "setup.open.root_key": Text(
        "move {file} to a safe place off this machine; only another name of the broker needs it",
        "将 {file} 移至本机以外的安全处；仅在更改 MQTT 服务器名称时需要",
    ),
    "setup.open.devices": Text(
        "no devices: callpoint plan import makes {file} of a table; then callpoint reload",
        "没有设备：用 callpoint plan import 由规划表生成 {file}，然后执行 callpoint reload",
    ),
    "setup.open.centre": Text(
        "no alarm centre: add a [[centre]] to {file}, then callpoint config check, callpoint "
        "reload",
        "没有接警中心：在 {file} 中添加 [[centre]]，然后执行 callpoint config check、"
        "callpoint reload",
    ),
    "setup.open.notifier": Text(
        "nobody is told outside: add [notify] and a channel to {file}, then callpoint setup again",
        "不会通知外部人员：在 {file} 的 [notify] 中添加渠道，然后再次执行 callpoint setup",
    ),
    "setup.open.public": Text(
        "the console serves this machine only: phones do not reach it, the codes on labels lead "
        "nowhere, and messages have no link that opens; give a public address",
        "控制台仅限本机：手机无法访问，标签上的二维码无效，消息中的链接打不开；请设置公开地址",
    ),
    "setup.open.untrusted": Text(
        "phones do not trust the console's certificate ({why}): WeChat's browser refuses the "
        "page, others warn; take a certificate of a public authority",
        "手机不信任控制台的证书（{why}）：微信内置浏览器拒绝打开，其他浏览器会警告；"
        "请使用公共机构签发的证书",
    ),
    "setup.open.no_roots": Text(
        "this machine has no list of public authorities", "本机没有公共机构列表"
    ),
    "setup.open.accounts": Text(
        "the admin alone cannot handle alarms: make operators' accounts on the page Accounts",
        "仅有管理员无法处理报警：请在“账号”页面创建值机员账号",
    ),
    "setup.open.doctor": Text(
        "what is wrong with this machine says: callpoint doctor",
        "本机问题请查看：callpoint doctor",
    ),
    # callpoint upgrade
    "upgrade.not_there": Text(
        "there is no version {version} in {folder}; install its package: apt install "
        "./callpoint.deb",
        "{folder} 中没有版本 {version}；请安装其软件包：apt install ./callpoint.deb",
    ),
    "upgrade.already": Text("version {version} runs already", "已在运行版本 {version}"),
    "upgrade.done": Text("version {version} is in use", "已使用版本 {version}"),
    "upgrade.done_in": Text(
        "version {version} runs; the gateway was away for {seconds} s",
        "版本 {version} 已运行；网关中断 {seconds} 秒",
    ),
    "upgrade.no_systemd": Text(
        "version {version} is in use from the next start; systemd does not run here",
        "下次启动时使用版本 {version}；此处未运行 systemd",
    ),
    "upgrade.no_room": Text(
        "a copy of the journals for the trial needs {needed} MB, and {free} MB are free; make "
        "room and try again. The present version goes on",
        "试运行的日志库副本需要 {needed} MB，剩余 {free} MB；请清理空间后重试。现版本继续运行",
    ),
    "upgrade.unfit": Text(
        "version {version} cannot be used here, and the present version goes on: {why}",
        "版本 {version} 不能在此使用，现版本继续运行：{why}",
    ),
    "upgrade.district_done": Text(
        "version {version} runs, and the district is as it was before",
        "版本 {version} 已运行，区级平台状态与此前相同",
    ),
    "upgrade.copies": Text(
        "version {version} brings the database to a later form, which version {present} cannot "
        "use: the only way back is a copy of the database. It is made first: {file}",
        "版本 {version} 将把数据库升级为新结构，版本 {present} 无法再使用：没有数据库副本则不能"
        "退回。先制作副本：{file}",
    ),
    "upgrade.no_room_dump": Text(
        "the copy of the database may need {needed} MB, and {free} MB are free; make room, or "
        "back the database up elsewhere and give --backed-up to callpoint upgrade. The present "
        "version goes on",
        "数据库副本可能需要 {needed} MB，剩余 {free} MB；请清理空间，或先将数据库备份到别处，再为 "
        "callpoint upgrade 加上 --backed-up。现版本继续运行",
    ),
    "upgrade.no_pg_dump": Text(
        "pg_dump is not on this machine; install PostgreSQL's client, or back the database up "
        "where it is and give --backed-up to callpoint upgrade",
        "本机没有 pg_dump；请安装 PostgreSQL 客户端，或在数据库所在机器上备份，再为 callpoint "
        "upgrade 加上 --backed-up",
    ),
    "upgrade.others": Text(
        "others use the database ({count}): stop processes and consoles of the district on its "
        "other machines first",
        "数据库仍被使用（{count} 个连接）：请先停止该区级平台其他机器上的处理进程和控制台",
    ),
    "upgrade.no_doctor": Text(
        "callpoint district doctor of version {version} cannot judge the district, and the "
        "present version goes on; it says: {why}",
        "版本 {version} 的 callpoint district doctor 无法检查区级平台，现版本继续运行；"
        "其输出：{why}",
    ),
    "upgrade.own_backup": Text("your own backup", "您自己的备份"),
    "upgrade.no_way_back": Text(
        "{unit} does not work with version {version}, which goes on trying: the database has its "
        "form, and version {present} cannot use it. See: journalctl -u {unit}. The way back is "
        "{copy}: see Upgrade in district.md",
        "{unit} 以版本 {version} 无法工作，该版本将继续尝试：数据库已是其结构，版本 {present} "
        "无法使用。请查看：journalctl -u {unit}。退回须用 {copy}：见 district.md 的“升级”",
    ),
    "upgrade.back": Text(
        "{unit} was not ready with version {version}; version {present} runs again and has all "
        "that was stored. See: journalctl -u {unit}",
        "{unit} 以版本 {version} 未能就绪；已恢复版本 {present}，所存内容均保留。"
        "请查看：journalctl -u {unit}",
    ),
}

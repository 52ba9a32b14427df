"""The help of every command and option in Chinese, by the English paragraph at the command."""

from collections.abc import Mapping
from typing import Final

HELP_ZH: Final[Mapping[str, str]] = {
    "Language of all texts: en or zh. [default: the configuration's, else LANG's]": (
        "所有文字的语言：en 或 zh。[默认：配置中的语言，否则按 LANG]"
    ),
    "Carries an alarm from a button to the people who must act.": (
        "将报警从按钮送达必须处置的人。"
    ),
    (
        "Exit codes: 0 done, 2 wrong usage or configuration, 3 something needed is not there, "
        "4 the job ran and its answer is bad."
    ): ("退出码：0 完成，2 用法或配置有误，3 缺少所需，4 已执行但结果异常。"),
    "Show the version and exit.": "显示版本。",
    "Run the gateway until it is told to stop (SIGTERM or Ctrl-C).": (
        "运行网关，直到收到停止信号（SIGTERM 或 Ctrl-C）。"
    ),
    (
        "If the broker or a centre is away, the gateway waits for it and logs that. SIGHUP or "
        "'callpoint reload' has it read configuration and register again."
    ): (
        "MQTT 服务器或接警中心不可用时，网关记入日志并等待。SIGHUP 或 `callpoint reload` 使其重新"
        "读取配置和登记表。"
    ),
    "Configuration file.": "配置文件。",
    "Format of the log, instead of the configuration's.": "日志格式，代替配置中的格式。",
    "Have the gateway read configuration and register again.": "使网关重新读取配置和登记表。",
    (
        "The gateway checks them first: with a mistake in them it goes on as before. No "
        "message is lost; devices and centres wait for a moment. A change of site, state_dir "
        "or log_format needs a restart."
    ): (
        "网关先行检查：有错误则沿用原有配置。不丢失任何消息；设备和接警中心短暂等待。更改 site、"
        "state_dir 或 log_format 须重启。"
    ),
    "Check the configuration.": "检查配置。",
    "Check configuration and register; show how each centre sees each zone.": (
        "检查配置和登记表，显示各接警中心如何看到各防区。"
    ),
    "One JSON object.": "输出一个 JSON 对象。",
    "Set up Mosquitto, the broker between devices and gateway.": (
        "设置 Mosquitto，即设备与网关之间的 MQTT 服务器。"
    ),
    "Write mosquitto.conf, its access list and, unless they are given, the certificates.": (
        "写出 mosquitto.conf、访问列表，未提供证书时一并签发。"
    ),
    (
        "Each device has a certificate of its own and may use only its own topics. Files that "
        "exist are kept, unless --again is given."
    ): ("每台设备有自己的证书，只能使用自己的主题。已有文件保留，除非使用 --again。"),
    "Folder to write into.": "写入的文件夹。",
    "The site of gateway.toml; devices may use only its topics.": (
        "gateway.toml 中的站点；设备只能使用该站点的主题。"
    ),
    "Plain is for this machine only.": "不加密仅限本机使用。",
    "8883, or 1883 with --plain.": "8883；加 --plain 时为 1883。",
    "Address to listen on; 0.0.0.0 with --tls, 127.0.0.1 with --plain.": (
        "监听地址；--tls 时为 0.0.0.0，--plain 时为 127.0.0.1。"
    ),
    "Port for the gateway on 127.0.0.1, with --tls.": "网关在 127.0.0.1 上的端口，用于 --tls。",
    "Host name or address under which devices reach it; repeat for several.": (
        "设备连接所用的主机名或地址；可重复。"
    ),
    "User as whom the broker runs when root starts it.": (
        "由 root 启动时，MQTT 服务器以此用户运行。"
    ),
    "Folder of the site's own certificate authority.": "站点自己的证书签发机构所在文件夹。",
    "The root's key, if it is no longer in --certificates.": (
        "根密钥，已不在 --certificates 中时使用。"
    ),
    "Replace files that exist.": "替换已有文件。",
    "Certificate of another authority, instead of the site's own.": (
        "其他签发机构的证书，代替站点自己的。"
    ),
    "The broker's certificate.": "MQTT 服务器的证书。",
    "The broker's key.": "MQTT 服务器的密钥。",
    "The list of revoked certificates of that authority.": "该签发机构的吊销列表。",
    (
        "Make a certificate for DEVICE, for the gateway or for a program that shows panels "
        "(--role)."
    ): ("为 DEVICE、网关或显示面板的程序（--role）签发证书。"),
    "For the gateway or a panel instead of a DEVICE.": "为网关或面板，而非 DEVICE。",
    "The register, which must have DEVICE.": "登记表，其中须有 DEVICE。",
    "Also for a DEVICE that the register does not have.": "也可用于登记表中没有的 DEVICE。",
    "Revoke every certificate of DEVICE and end its session; other boards stay connected.": (
        "吊销 DEVICE 的全部证书并断开其连接；其他设备不受影响。"
    ),
    "Examine this machine and the broker; say what to do.": (
        "检查本机和 MQTT 服务器，并说明如何处理。"
    ),
    (
        "It also examines certificates, secrets and files that the configuration names. It "
        "changes nothing and may run beside the gateway. It ends with 4 if something is bad."
    ): ("同时检查配置中的证书、密钥和文件。不做任何更改，可与网关同时运行。有异常时退出码为 4。"),
    "A JSON list of what was found.": "以 JSON 列表输出检查结果。",
    "Show the stored events and which centres have each.": (
        "显示已存储的事件，以及各事件已送达哪些接警中心。"
    ),
    (
        "The oldest comes first. It only reads, also while the gateway runs. With --follow an "
        "event is shown again when a centre has answered."
    ): ("最早的在前。只读取，可在网关运行时使用。加 --follow 时，接警中心应答后该事件再次显示。"),
    "Configuration file; it also names the places. [default: /etc/callpoint/gateway.toml]": (
        "配置文件，其中也有各地点的名称。[默认：/etc/callpoint/gateway.toml]"
    ),
    "Folder of the journals, instead of the configuration's.": (
        "日志库所在文件夹，代替配置中的文件夹。"
    ),
    "Only this kind.": "仅此类型。",
    "Only this device.": "仅此设备。",
    "10m, 2h or 3d (ago), or a date or time of the site.": (
        "10m、2h 或 3d（之前），或站点的日期或时间。"
    ),
    "Show the last N.": "显示最后 N 条。",
    "Readings instead of events.": "显示读数而非事件。",
    "Messages that were put into quarantine, with the reason.": "显示被隔离的消息及原因。",
    "Go on with new entries, until Ctrl-C.": "持续显示新记录，直到 Ctrl-C。",
    "One JSON object per line.": "每行输出一个 JSON 对象。",
    "Check the journals, and salvage a damaged one.": "检查日志库，抢救损坏的日志库。",
    "Check every entry of both journals. The gateway may run.": (
        "检查两个日志库的每条记录。网关可同时运行。"
    ),
    "It ends with 4 if something is wrong.": "有错误时退出码为 4。",
    "Bring back the events in FILE, a damaged journal that the gateway has set aside.": (
        "找回 FILE 中的事件；FILE 是被网关搁置的损坏日志库。"
    ),
    (
        "Events that no centre had accepted are stored again, once, and delivered; then the "
        "fault is over. FILE stays as it is."
    ): ("未被任何接警中心接收的事件重新存储一次并上报，随后该故障结束。FILE 保持不变。"),
    "Show open alarms, faults and links until Ctrl-C.": (
        "显示未结束的报警、故障和链路，直到 Ctrl-C。"
    ),
    (
        "It only reads the journals. If the output is no terminal, the screen is printed again "
        "whenever something has changed. Times are in the site's time zone."
    ): ("只读取日志库。输出不是终端时，每次变化后重新打印。时间为站点所在时区。"),
    "Show it once and end.": "显示一次后结束。",
    "Serve the pages that people work on.": "提供值班人员使用的网页。",
    "It ends when it is told to stop (SIGTERM or Ctrl-C).": (
        "收到停止信号（SIGTERM 或 Ctrl-C）时结束。"
    ),
    (
        "It only reads the journals, and asks the running gateway for what people do. Without "
        "a gateway the pages say so."
    ): ("只读取日志库，人员的操作由运行中的网关执行。没有网关时页面会提示。"),
    "Address to listen on, instead of the configuration's.": "监听地址，代替配置中的地址。",
    "Port, instead of the configuration's; 0: any free one.": (
        "端口，代替配置中的端口；0 为任意空闲端口。"
    ),
    "Hold events of DEVICE back from every centre for a time.": (
        "在一段时间内屏蔽 DEVICE 的事件，不上报任何接警中心。"
    ),
    (
        "The gateway records and marks them. Panic, medical, smoke and gas alarms are held "
        "back only with --life. At the end the gateway reports to the centres what has not "
        "been restored."
    ): (
        "网关记录并标注这些事件。紧急求助、医疗求助、烟雾和燃气报警只有加 --life 才屏蔽。结束时，"
        "尚未恢复的报警会上报接警中心。"
    ),
    "Only this zone of the device.": "仅该设备的此防区。",
    "Every device at this place of the register, instead of DEVICE.": (
        "登记表中此地点的所有设备，代替 DEVICE。"
    ),
    "How long: 90s, 30m, 2h, 1d. At most 7d.": "时长：90s、30m、2h、1d，最长 7d。",
    "Why, for the journal; without names.": "原因，记入日志库；不得填写姓名。",
    "Act by this one of your roles only; it is recorded.": "仅以本人的此角色操作；会被记录。",
    "Somebody works on it: its silence is no fault either.": "有人正在维护：其无响应也不算故障。",
    "Also alarms of panic, medical, smoke and gas; at most 24h.": (
        "同时屏蔽紧急求助、医疗求助、烟雾和燃气报警，最长 24h。"
    ),
    "Show what is inhibited.": "显示当前的屏蔽。",
    "End this inhibit before its time.": "提前结束此屏蔽。",
    "Print the gateway's answer as JSON.": "以 JSON 输出网关的应答。",
    "Put an area to a response level for a time.": "在一段时间内将某区域设为响应级别。",
    (
        "There are four, from IV to I, the most serious. Deadlines, ladder, supervision times "
        "and routes of the level hold there until it ends."
    ): ("共四级，从 IV 到最高的 I。期间该区域按此级别的时限、逐级通报、监测时间和路由执行。"),
    "Put AREA to a level: a place's id, or the beginning of its text; without it, the site.": (
        "将 AREA 设为某级别：地点编号或其名称的开头；不填则为整个站点。"
    ),
    "How long: 30m, 12h, 3d. At most 31d.": "时长：30m、12h、3d，最长 31d。",
    "End the level NUMBER before its time.": "提前结束编号为 NUMBER 的响应级别。",
    "Show the levels that hold, the most serious first.": "显示当前的响应级别，最高的在前。",
    "Show what the running gateway supervises.": "显示网关正在监测的对象。",
    (
        "These are devices, links, sinks, clock and disk. If no gateway runs, it shows the "
        "faults in the journal and ends with 3."
    ): (
        "包括设备、链路、时序库和 Webhook、时钟和磁盘。没有网关运行时，显示日志库中的故障，退出码"
        "为 3。"
    ),
    "Print it as JSON.": "以 JSON 输出。",
    "Show the alarms that are not closed.": "显示未结案的报警。",
    (
        "The most urgent come first, of equally urgent alarms the oldest. It reads the journal "
        "only, so it needs no running gateway. Times are the site's."
    ): ("最紧急的在前，同等紧急的按时间先后。只读取日志库，不需要网关运行。时间为站点所在时区。"),
    "Handle an alarm by its number.": "按编号处置报警。",
    (
        "`callpoint alarms` shows the numbers. The gateway records each step with role, time "
        "and origin before the command reports it."
    ): ("编号见 `callpoint alarms`。网关先记录每一步的角色、时间和来源，命令再报告结果。"),
    "Somebody has seen the alarm; the lamp at the button shows it.": (
        "已有人看到此报警；按钮上的指示灯会显示。"
    ),
    "One line, without names and numbers.": "一行备注，不得填写姓名和号码。",
    "Somebody is on the way there.": "人员已出发。",
    "Whoever was sent is on the scene.": "派出的人员已到场。",
    "Reinforcement has arrived as well.": "增援已到场。",
    "The danger is over.": "险情已解除。",
    "Put a note on record; the state of the alarm stays as it is.": "记录备注；报警状态不变。",
    "Close the alarm and say what it was.": "结案，并填写警情性质。",
    "What the alarm was.": "警情性质。",
    "Tell a fire centre that asks that you are on duty.": (
        "应答消防监控中心的查岗，表示有人值班。"
    ),
    "Answer this centre only, not every centre that asks.": "仅应答此中心，而非所有查岗的中心。",
    "Keep the contacts of residents, key holders, responders.": (
        "管理住户、钥匙保管人和处警人员的联系方式。"
    ),
    (
        "They are stored sealed with a key of their own, apart from the journals, and every "
        "look is on record. Names and addresses are asked for, so that none stands in the "
        "shell's history."
    ): (
        "以单独的密钥加密存储，与日志库分开，每次查看都有记录。姓名和地址由命令询问输入，不会留在"
        " shell 历史中。"
    ),
    "Store a person who consents to it, and print the id.": (
        "登记一位已同意的人员，并显示其编号。"
    ),
    "resident, key_holder, police_officer, grid_worker, volunteer, or a group of your own.": (
        "resident（住户）、key_holder（钥匙保管人）、police_officer（民警）、grid_worker（网格员"
        "）、volunteer（志愿者），或自定的组。"
    ),
    "An id of the register, or the first parts of a place; none: the whole site.": (
        "登记表中的编号，或地点名称的开头部分；不填则为整个站点。"
    ),
    "Who is asked first.": "最先通知的人。",
    "Date of the consent. [default: today]": "同意日期。[默认：今天]",
    "Also ask for an address of this kind.": "同时询问此类地址。",
    "Your role or operator's id, which is recorded with each look; never a name.": (
        "您的角色或操作员编号，每次查看随之记录；不得填写姓名。"
    ),
    "Show contacts; every look is on record.": "显示联系人；每次查看都有记录。",
    "Only who is responsible at this place, by the nearest cell above.": (
        "仅显示负责此地点的人，取最近的上级网格。"
    ),
    "One line of JSON.": "输出一行 JSON。",
    "Show one contact by its id; the look is on record.": (
        "按编号显示一位联系人；此次查看有记录。"
    ),
    "Make a person responsible at a place.": "指定某人负责某地点。",
    "End a person's responsibility at a place, with its shifts.": (
        "解除某人对某地点的责任及其班次。"
    ),
    ("Store the contacts of a CSV file: completely, or nothing and every mistake by its line."): (
        "导入 CSV 文件中的联系人：全部导入；有错误则全不导入，并逐行指出。"
    ),
    (
        "Heads are in Chinese or English, as `callpoint contact export` writes them. A line "
        "with an id replaces that person; several lines give one person several roles."
    ): (
        "表头为中文或英文，与 `callpoint contact export` 一致。有编号的行替换该人员；同一人可用多"
        "行登记多个角色。"
    ),
    "Write all contacts into a new CSV file that only you may read; the look is on record.": (
        "将全部联系人写入新的 CSV 文件，仅本人可读；此次查看有记录。"
    ),
    "Remove everything that is known of a person, and say what it was.": (
        "删除某人的全部资料，并说明删除了什么。"
    ),
    "Show who looked at contacts from the command line, newest first.": (
        "显示谁用命令查看过联系人，最近的在前。"
    ),
    "Say who is on duty: who is on duty is who is told.": "设置值班：谁值班就通知谁。",
    "Show who is told now for ROLE at a place, by id.": "按编号显示某地点的 ROLE 现在通知谁。",
    "As in `callpoint contact add`; none: the whole site.": (
        "同 `callpoint contact add`；不填则为整个站点。"
    ),
    "Add a shift of PERSON. With --on and without PERSON, nobody is on duty then.": (
        "为 PERSON 添加班次。用 --on 而不填 PERSON，则当天无人值班。"
    ),
    "The role or group whose rota this is.": "该值班表所属的角色或组。",
    "mon,tue,...,holiday: each week.": "mon,tue,...,holiday：每周重复。",
    "Only on this date, instead of the weekly shifts.": "仅此日期，代替每周班次。",
    "08:00-20:00; 20:00-08:00 ends on the next day.": "08:00-20:00；20:00-08:00 到次日结束。",
    "Remove a shift by its number.": "按编号删除班次。",
    "Make DATE a holiday, or LIKE another day: mon ... sun; `none` for a day as any other.": (
        "将 DATE 设为节假日，或按 LIKE 值班：mon ... sun；`none` 为普通日。"
    ),
    "Show the shifts and the special days.": "显示班次和特殊日期。",
    "Arm PARTITION.": "对 PARTITION 布防。",
    "After the exit delay its doors and intrusion detectors raise alarms.": (
        "退出延时后，其门和入侵探测器触发即报警。"
    ),
    "Arm all the same: leave out zones that are open or in trouble.": (
        "强制布防：旁路打开或有故障的防区。"
    ),
    "Disarm PARTITION. Panic, medical, smoke, gas, water and tamper are never disarmed.": (
        "对 PARTITION 撤防。紧急求助、医疗求助、烟雾、燃气、漏水和防拆始终有效。"
    ),
    "Show the state of every partition.": "显示各分区的状态。",
    "``code`` makes a code for panels.": "``code`` 用于设置面板密码。",
    "Ask for a code and print the line of ROLE for the file that ``codes_file`` names.": (
        "输入密码，输出 ROLE 在 ``codes_file`` 文件中的一行。"
    ),
    "Only for this partition; repeat for several.": "仅用于此分区；可重复。",
    "Exercise with alarms that are marked as a drill.": "演练，报警标注为演练。",
    (
        "They are recorded, and no centre dispatches anybody. The gateway tells the alarm "
        "centre when the drill begins and ends. Operators handle its alarms as they handle "
        "real alarms; the end of the drill closes them."
    ): (
        "演练报警有记录，接警中心不派人。开始和结束时网关告知接警中心。操作员按真实报警处置；演练"
        "结束时自动结案。"
    ),
    "Begin; events from now on are marked.": "开始；此后的事件带有标注。",
    "After this time it ends by itself.": "到此时间自动结束。",
    "Only this place or device; repeat for several.": "仅此地点或设备；可重复。",
    "End it before its time.": "提前结束。",
    "List the hand-over reports of a site, the newest first.": "列出站点的移交报告，最新的在前。",
    "Reports are made on the console's page /handover.": "报告在控制台的 /handover 页面生成。",
    "Check FILE, the signed file of a report. It needs neither the site nor a network.": (
        "核验报告的签名文件 FILE，无需站点或网络。"
    ),
    (
        "Whatever was changed after the signature is named. Without --key the key in the file "
        "counts: whoever changed the file may have signed it anew."
    ): "指出签名后被更改的内容。不用 --key 时以文件中的公钥为准：更改者可能重新签过名。",
    "The site's public key, PEM.": "站点的公钥（PEM）。",
    "Which one, if several run; `status` shows it.": "有多项进行时指明编号；见 `status`。",
    "Show what is running and how long it still takes.": "显示正在进行的项目及剩余时间。",
    "Test the sensors without opening alarms.": "测试探测器，不产生报警。",
    (
        "Trigger each sensor. The gateway tells the alarm centre when the test begins and "
        "ends. ``status`` lists the zones that are still to be tested."
    ): ("逐个触发探测器。开始和结束时网关告知接警中心。``status`` 列出尚未测试的防区。"),
    "Show how soon people acted, and what the alarms were.": "显示处警用时和警情性质。",
    (
        "It shows the times to the centre, to acknowledgement, arrival and closing, and the "
        "causes. By place, kind and month: the median, and the share that met its target. CSV "
        "and JSON also have the 90th percentile and the longest. It only reads the journal. "
        "Months, dates and times are in the site's time zone (time_zone in [gateway])."
    ): (
        "统计送达接警中心、确认、到场和结案的用时，以及原因。按地点、类型和月份给出中位数和达标比"
        "例；CSV 和 JSON 还有第 90 百分位和最长用时。只读取日志库。月份、日期和时间为站点所在时区"
        "（[gateway] 的 time_zone）。"
    ),
    "30d (ago), or a date or time of the site.": "30d（之前），或站点的日期或时间。",
    "A date or time of the site, not included.": "站点的日期或时间，不含该时刻。",
    "The alarms of drills instead of the real ones.": "统计演练报警，而非真实报警。",
    "Send DEVICE an order and wait until it has obeyed.": "向 DEVICE 发送命令并等待其执行。",
    "How long identify, walk-test or siren lasts; 0 ends it.": (
        "identify、walk-test 或 siren 的时长；0 为结束。"
    ),
    "Seconds that the device may take to obey; give a sleeping device more.": (
        "等待设备执行的秒数；休眠设备请加长。"
    ),
    "The public key, PEM.": "公钥，PEM。",
    "Make and show the identity of a device.": "制作和查看设备的身份数据。",
    "The layout is in firmware/README.md.": "格式见 firmware/README.md。",
    "Check SETTINGS.json and pack it, with the certificates that it names, into an image.": (
        "检查 SETTINGS.json，连同其中的证书打包为映像。"
    ),
    (
        "Paths of certificates are relative to the folder of SETTINGS.json. The image holds "
        "passwords and keys: only its owner can read it; delete it once it is on the device. "
        "The file of the device's TLS key is deleted, because the image holds the key."
    ): (
        "证书路径相对于 SETTINGS.json 所在文件夹。映像含有密码和密钥：仅所有者可读；写入设备后请"
        "删除。设备的 TLS 密钥文件会被删除，因为映像中已有该密钥。"
    ),
    "The image to write.": "要写出的映像。",
    "Bytes of the partition.": "分区的字节数。",
    "Do not delete the file of the device's TLS key.": "不删除设备的 TLS 密钥文件。",
    "Check IMAGE as a device would, and print what is in it but for what is secret.": (
        "与设备一样检查 IMAGE，并显示其内容，密钥除外。"
    ),
    "Set the Wi-Fi of the device on the serial PORT.": "设置串口 PORT 上设备的 Wi-Fi。",
    (
        "The device must offer Improv. The command asks for the password, or reads it from "
        "standard input if that is no terminal; for an open network it is empty. A device that "
        "cannot join keeps the network that it had."
    ): (
        "设备须支持 Improv。命令会询问密码；输入不是终端时从标准输入读取；开放网络的密码为空。设"
        "备无法加入时保留原有网络。"
    ),
    "The network that the device is to join.": "设备要加入的网络。",
    "List the networks that the device sees.": "列出设备能看到的网络。",
    "Show which device it is.": "显示是哪台设备。",
    "JSON: an object, or a list for --scan.": "JSON：一个对象；--scan 时为列表。",
    "Raise events as many devices would, and count.": "模拟多台设备产生事件并计数。",
    (
        "It counts what the gateway stored. Devices sim-0001 and so on report door movements "
        "and sometimes a test. They repeat an event without an answer every 2 s. The gateway "
        "must know the devices: add the output of --register to its register. The command ends "
        "with 0 if everything was stored, 4 if not, and 3 without a broker."
    ): (
        "统计网关存储了多少。设备 sim-0001 等上报开关门，偶尔上报测试；没有应答的事件每 2 秒重发"
        "。网关须认识这些设备：请将 --register 的输出加入登记表。全部存储时退出码为 0，否则为 4；"
        "没有 MQTT 服务器为 3。"
    ),
    "MQTT broker.": "MQTT 服务器。",
    "The gateway's site.": "网关的站点。",
    "Events per second, all devices together.": "所有设备每秒事件总数。",
    "Telemetry messages per second, all devices together.": "所有设备每秒遥测消息总数。",
    "How long events are raised.": "产生事件的时长。",
    "How long to wait for the last answers.": "等待最后应答的时长。",
    "Print the devices' register (TOML) and end.": "输出这些设备的登记表（TOML）后结束。",
    "The verdict as one JSON object.": "以一个 JSON 对象输出结论。",
    "Raise alarms, kill parts, and show that nothing is lost.": (
        "产生报警、终止部件，证明没有丢失。"
    ),
    "It starts all parts, ends in under 90 s and leaves nothing behind.": (
        "启动所有部件，90 秒内结束，不留下任何东西。"
    ),
    "Three sites and their district.": "三个站点及其区级平台。",
    "Stay afterwards, with keys to press.": "结束后保持运行，可按键触发。",
    "Copy the journals into a new folder TARGET.": "将日志库复制到新文件夹 TARGET。",
    (
        "The configuration, the register and the console's accounts are copied too. Gateway and "
        "console may run. Keys, passwords and contacts are copied only with --secrets."
    ): (
        "配置、登记表和控制台账号一并复制。网关和控制台可同时运行。"
        "密钥、密码和联系人只有加 --secrets 才复制。"
    ),
    (
        "Of a district (-c district.toml) the console's accounts are copied; pg_dump copies its "
        "database."
    ): "对区级平台（`-c district.toml`）只复制控制台账号；其数据库由 `pg_dump` 复制。",
    "Also copy keys and passwords; keep the copy locked up.": (
        "同时复制密钥和密码；请将副本锁好。"
    ),
    "Put the journals of a backup SOURCE back. Gateway and console must not run.": (
        "恢复备份 SOURCE 中的日志库。网关和控制台不得运行。"
    ),
    (
        "The gateway then goes on as after a power cut at the moment of the backup: it "
        "delivers again what it has delivered since, and devices send again what has no answer."
    ): ("此后网关如同在备份时刻断电后继续：重新上报此后已上报的内容，设备重发未得到应答的内容。"),
    "Rename the journals that exist, instead of refusing.": "将已有日志库改名，而不是拒绝。",
    "Break real parts at random and check that no event is lost.": (
        "随机破坏真实部件，检查有无事件丢失。"
    ),
    "Play runs until an event is lost or the time is over.": (
        "反复运行，直到有事件丢失或时间用完。"
    ),
    "Number that decides the faults and their times; random by default.": (
        "决定故障及其时间的数字；默认随机。"
    ),
    "How long faults occur in a run.": "每次运行中故障持续的时长。",
    "Go on with further seeds for this time.": "在此时间内继续使用后续数字。",
    "Print how many events are lost under each fault, and beside each bad neighbour.": (
        "显示各种故障下以及各种不良邻居旁丢失的事件数。"
    ),
    "It ends with 4 if any is lost or late.": "有丢失或延误时退出码为 4。",
    "How long faults occur in each run.": "每次运行中故障持续的时长。",
    "List the certificates: which of them is in use, until when, and until when its key is.": (
        "列出证书：正在使用的是哪个、有效期和密钥有效期。"
    ),
    "It only reads the journal. Times are in the site's time zone.": (
        "只读取日志库。时间为站点所在时区。"
    ),
    "With --connect the command also connects to the broker, each centre and each sink.": (
        "加 --connect 还会连接 MQTT 服务器、各接警中心、时序库和 Webhook。"
    ),
    "Also try to connect to every server.": "同时尝试连接每个服务器。",
    "Show who did what about an alarm and when, also after it was closed.": (
        "显示何人何时对报警做了什么，结案后也可查看。"
    ),
}

"""What the notifier, the console and the commands about people say, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SERVICES: Final[Mapping[str, Text]] = {
    # The console's file
    "console_file.open": Text(
        "{file}: another console has it open; stop that one",
        "{file}：另一控制台正在使用；请先停止它",
    ),
    "console_file.newer": Text(
        "{file}: a newer version of this program has written it; install that version again",
        "{file}：由更新的版本写入；请重新安装该版本",
    ),
    "console_file.damaged": Text(
        "{file}: {why}; it is damaged: stop the console, move the file and those beside it away, "
        "and put a copy back with `callpoint restore`",
        "{file}：{why}；文件已损坏：请停止控制台，移走此文件及同名附属文件，"
        "再用 `callpoint restore` 恢复副本",
    ),
    "console_file.unusable": Text(
        "{file}: {why}; look at the disk's room and at the rights of the folder",
        "{file}：{why}；请检查磁盘空间和文件夹权限",
    ),
    # The notifier
    "notifier.off": Text(
        "the notifier is off; set enabled = true in [notify]",
        "通知服务未启用；请在 [notify] 中设置 enabled = true",
    ),
    "notifier.no_channel": Text("no channel can be used: {why}", "没有可用的渠道：{why}"),
    "notifier.add_channel": Text("add a [[notify.channel]]", "请添加 [[notify.channel]]"),
    "notifier.another": Text(
        "another notifier runs on {folder}; stop it first",
        "{folder} 上已有通知服务在运行；请先停止",
    ),
    "outbox.not_opened": Text("{file}: cannot be opened ({why})", "{file}：无法打开（{why}）"),
    "outbox.newer": Text(
        "{file}: written by a newer version; use that version",
        "{file}：由较新版本写入；请使用该版本",
    ),
    "outbox.unusable": Text("{file}: cannot be used ({why})", "{file}：无法使用（{why}）"),
    "outbox.unreadable": Text(
        "{file}: cannot be read ({why}); has callpoint notify run here?",
        "{file}：无法读取（{why}）；callpoint notify 是否在此运行过？",
    ),
    # The console
    "console.packages": Text(
        "the console needs more packages; install them: pip install 'callpoint[console]'",
        "控制台须安装更多软件包；请运行：pip install 'callpoint[console]'",
    ),
    "console.port": Text(
        "{address} port {port} cannot be listened on ({why}); end what uses it, correct "
        "[console], or give --listen and --port",
        "无法监听 {address} 端口 {port}（{why}）；请停止占用者，更正 [console]，"
        "或给出 --listen 和 --port",
    ),
    "console.certificate": Text(
        "{certificate} and {key_file} cannot be used ({why}); both are PEM files, belong "
        "together, and the console's user must be able to read them",
        "{certificate} 和 {key_file} 无法使用（{why}）；两者须为 PEM 文件、相互匹配，"
        "且控制台的用户可读取",
    ),
    "console.restart": Text(
        "site, state_dir, listen and port change only when the console is started again",
        "site、state_dir、listen 和 port 须重新启动控制台才会生效",
    ),
    "district.console_restart": Text(
        "district, database, state_dir, listen and port change only when the console is started "
        "again",
        "district、database、state_dir、listen 和 port 须重新启动控制台才会生效",
    ),
    "console.unfinished": Text(
        "a restore is not finished; start the gateway first", "恢复尚未完成；请先启动网关"
    ),
    "console.listening": Text("listening on {url}", "正在监听 {url}"),
    # callpoint contact, rota and notify
    "people.role_needed": Text("--role is needed", "须给出 --role"),
    "people.days_or_on": Text("give --days or --on, one of them", "--days 和 --on 请给出其中之一"),
    "people.person_or_all": Text("give PERSON or --all", "请给出 PERSON 或 --all"),
    "people.file_exists": Text(
        "{file} exists; name a file that does not", "{file} 已存在；请指定不存在的文件"
    ),
}

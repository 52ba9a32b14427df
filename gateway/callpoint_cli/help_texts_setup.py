"""The help of commands about a machine's set-up in Chinese, by the English paragraph there."""

from collections.abc import Mapping
from typing import Final

HELP_OF_SETUP_ZH: Final[Mapping[str, str]] = {
    "Set this machine up as the gateway of a site.": "将本机设为站点的网关。",
    (
        "It leaves a running broker, gateway and console with a first account. It may be run "
        "again: it shows what there is, changes only what is asked, and never writes over a key. "
        "It ends with a list of what is still open."
    ): (
        "完成后 MQTT 服务器、网关和控制台已运行，并有首个账号。可重复执行：显示现状，只更改"
        "所要求的内容，从不覆盖密钥；最后列出尚待完成的事项。"
    ),
    "File with the answers (TOML), instead of questions.": "答案文件（TOML），代替提问。",
    "Make the broker's certificate anew if it lacks a name.": (
        "MQTT 服务器证书缺少某个名称时重新签发。"
    ),
    "Change to another version that is installed.": "切换到已安装的另一个版本。",
    (
        "The new version is first tried on the configuration and on a copy of the journals, and "
        "the present one is tried on what the new one has made of them. Then the services start "
        "with the new version. If it does not come up, the present one goes on."
    ): (
        "先用现有配置和日志库副本试运行新版本，再用现版本检验新版本处理后的副本，然后以新版本启动"
        "各服务；新版本未能启动时，恢复现版本。"
    ),
    (
        "On a machine of a district the new version also brings the database to its form. If that "
        "needs other tables, the present version cannot go on with them: the database is copied "
        "first."
    ): (
        "在区级平台的机器上，新版本还会升级数据库结构。如需改动数据表，现版本此后无法使用该数据库："
        "因此先复制数据库。"
    ),
    "The district's database has been backed up: make no copy of it.": (
        "区级平台的数据库已备份：不再复制。"
    ),
    "How long the new version may take to be ready, beside what its trial took.": (
        "新版本就绪的最长时间，试运行所用时间另计。"
    ),
}

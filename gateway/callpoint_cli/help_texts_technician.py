"""The help of the technician's commands in Chinese, by the English paragraph at the command."""

from collections.abc import Mapping
from typing import Final

HELP_OF_TECHNICIANS_ZH: Final[Mapping[str, str]] = {
    "Bring a site to what an estate's table of units says.": "按小区的房屋表配置站点。",
    "Bring a site to what UNITS.csv says; a second time only what differs is changed.": (
        "使站点与 UNITS.csv 一致；再次导入时只更改有差异的内容。"
    ),
    (
        "All mistakes are shown with line and cell, and then nothing is changed. What people have "
        "written into the register beside it stays. No key is overwritten."
    ): (
        "所有错误都会标明行和列，有错误时不作任何更改。登记表中手工填写的内容保留。"
        "不会覆盖任何密钥。"
    ),
    "Only check, and show what would change.": "只检查并显示将要更改的内容。",
    "Remove what the plan no longer has, and revoke its devices.": (
        "删除规划表中已没有的内容，并吊销其设备的证书。"
    ),
    "New keys for changed devices whose identity has left this machine.": (
        "为身份文件已不在本机的更改设备生成新密钥。"
    ),
    "What all boards are told. [default: boards.toml beside -c]": (
        "各板卡的共同设置。[默认：-c 所在文件夹中的 boards.toml]"
    ),
    "Folder of identities. [default: identities beside -c]": (
        "设备身份文件夹。[默认：-c 所在文件夹中的 identities]"
    ),
    "Folder of the site's authority. [default: that of [renewal]]": (
        "站点证书颁发机构的文件夹。[默认：[renewal] 中的文件夹]"
    ),
    "Show what an import of UNITS.csv would change.": "显示导入 UNITS.csv 将作的更改。",
    "Show the devices of the plan, and which responders nobody has been named for yet.": (
        "显示规划表中的设备，以及尚无人担任的处置人员。"
    ),
    "Write what the site has into UNITS.csv; an import of that changes nothing.": (
        "将站点现状写入 UNITS.csv；再导入不会有任何更改。"
    ),
    "Print a table of units to begin with, with comments.": "输出带注释的示例房屋表。",
    "The file about all boards instead of the table.": "输出各板卡共同设置的示例文件。",
}

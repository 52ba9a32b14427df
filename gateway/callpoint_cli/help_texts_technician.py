"""Help of the technician's commands: the Chinese text by the English one, as ``help_texts``."""

from collections.abc import Mapping
from typing import Final

HELP_OF_TECHNICIANS_ZH: Final[Mapping[str, str]] = {
    "Pack, sign and check an update for devices.": "打包、签名和检查设备固件升级包。",
    "The layout is in firmware/UPDATE.md.": "格式见 firmware/UPDATE.md。",
    ("Make the key that signs updates and write it into PRIVATE; keep it only where you sign."): (
        "生成升级包的签名密钥并写入 PRIVATE；只保存在签名的地方。"
    ),
    (
        "The public key, for gateways, is written beside it as *.public.pem. The number that "
        "devices need (``update.keys`` in their settings) is printed."
    ): (
        "供网关使用的公钥写在旁边，名为 *.public.pem。设备所需的数值（设备设置中的 "
        "``update.keys``）会显示出来。"
    ),
    "Pack IMAGE into an unsigned package; IMAGE is an ESP32's application: micropython.bin.": (
        "将 IMAGE（ESP32 应用程序 micropython.bin）打包为未签名的升级包。"
    ),
    "Instead of IMAGE: this firmware, for the slots of boards with a stock MicroPython.": (
        "代替 IMAGE：本固件，用于使用官方 MicroPython 的设备的槽位。"
    ),
    "Instead of IMAGE: a folder of .mpy files, packed as ROMFS.": (
        "代替 IMAGE：.mpy 文件的文件夹，打包为 ROMFS。"
    ),
    "The package to write.": "要写出的升级包。",
    "The product that it is for: a-z 0-9 - _.": "适用的产品：a-z 0-9 - _。",
    "A hardware revision that runs it; repeat for several.": "可运行的硬件版本；可重复。",
    "Number that is higher than in every earlier update.": "大于此前所有升级包的序号。",
    "Version for people.": "供人阅读的版本号。",
    "Sign PACKAGE in place.": "对 PACKAGE 签名。",
    "The private key, PEM.": "私钥，PEM。",
    "Check PACKAGE as a device would, and print what it is.": (
        "与设备一样检查 PACKAGE，并显示其内容。"
    ),
    (
        "Make all parts of a board's flash from an official MicroPython image and this firmware."
    ): "由官方 MicroPython 映像和本固件生成设备闪存的全部内容。",
    (
        "Needs no compiler. parts.json in the folder says what is written where; every part is "
        "shown with its offset and digest."
    ): "无需编译器。文件夹中的 parts.json 说明写入的内容和位置；逐项显示偏移和摘要。",
    "The official MicroPython image, .bin, as it was downloaded.": (
        "下载的官方 MicroPython 映像（.bin）。"
    ),
    "Instead: firmware.bin of a build with firmware/boards.": (
        "代替 --stock：用 firmware/boards 构建得到的 firmware.bin。"
    ),
    "The board's chip.": "设备的芯片。",
    "A new folder for the parts.": "存放各部分的新文件夹。",
    "Another number of the build than the installed one.": "不用已安装固件的序号，改用此序号。",
    "Another version for people.": "不用已安装固件的版本号，改用此版本号。",
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
    "Draw the labels of all alarm points, ready to print.": "绘制所有报警点的标签，可直接打印。",
    (
        "A browser prints LABELS.html, or makes a PDF of it; LABELS.svg gets a file for each "
        "page. Print at full size, without margins. A code belongs to its place for good."
    ): (
        "LABELS.html 由浏览器打印或另存为 PDF；LABELS.svg 为每页一个文件。"
        "请按实际大小、无边距打印。二维码永久属于其地点。"
    ),
    "a4-3x8, a4-3x7, a4-2x7, a4-2x4, or one label: 100x50, 60x40, 62x29, 50x30 (mm).": (
        "`a4-3x8`、`a4-3x7`、`a4-2x7`、`a4-2x4`，或单张标签：`100x50`、`60x40`、`62x29`、`50x30`（毫米）。"
    ),
    "Only this place, or what is in it: an id or the beginning of its text.": (
        "仅此地点及其下级：地点编号或地点文字的开头。"
    ),
}

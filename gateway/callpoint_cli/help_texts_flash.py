"""The help of ``callpoint flash`` and ``callpoint replace`` in Chinese, by the English one."""

from collections.abc import Mapping
from typing import Final

HELP_OF_FLASHING_ZH: Final[Mapping[str, str]] = {
    "Write boards as they are plugged in, each with an identity.": (
        "写入每一块插上的电路板，并赋予各自的设备身份。"
    ),
    (
        "IDENTITIES is the folder that 'callpoint plan import' made. Each board gets boot loader, "
        "table, application and one identity, all of it read back; what an earlier device left is "
        "erased. Which board has which identity is on record before it is written, so no two "
        "boards are ever the same."
    ): (
        "IDENTITIES 是 `callpoint plan import` 生成的文件夹。每块电路板写入引导程序、分区表、"
        "应用程序和一个设备身份，并全部读回校验；先前设备的残留会被擦除。哪块电路板用哪个设备身份，"
        "先记录后写入，因此不会有两块相同的电路板。"
    ),
    (
        "Plug in as many boards as there are sockets. Ctrl-C or a power cut do no harm: the same "
        "command goes on. It ends when all are written and the gateway has heard them."
    ): (
        "有多少插口就可插多少块电路板。Ctrl-C 或断电均无妨：再次运行同一命令即可继续。全部写入且"
        "网关收到其上线消息后结束。"
    ),
    "Folder that 'callpoint firmware image' made; one for each kind of chip.": (
        "`callpoint firmware image` 生成的文件夹；每种芯片一个。"
    ),
    (
        "Only this serial port; repeat for several. [default: every USB adapter that appears]"
    ): "只用此串口；可重复给出。[默认：出现的每个 USB 转换器]",
    "Speed of the lines; less for long cables.": "串口速率；线长时应降低。",
    "Configuration of the gateway on this machine, where boards are awaited.": (
        "本机网关的配置；在此等待电路板上线。"
    ),
    "Wait for each board's first word there.": "等待每块电路板在网关上线。",
    "How long to wait once the last board is written.": "最后一块电路板写完后等待多久。",
    "Only this device; repeatable.": "只写此设备；可重复给出。",
    "Write the board of DEVICE again: it was erased.": "重新写入 DEVICE 的电路板：它已被擦除。",
    "Separate DEVICE and its board, if its identity was never sent or is no longer here.": (
        "解除 DEVICE 与其电路板的绑定：仅当设备身份从未发送，或已不在本机。"
    ),
    "A page for a browser instead: firmware, no identity.": (
        "改为提供浏览器页面：只写固件，不写设备身份。"
    ),
    "Put the board NEW where the board OLD was.": "用电路板 NEW 替换电路板 OLD。",
    (
        "NEW gets OLD's place, zones and everything else that the register says, and an identity "
        "of its own. OLD's certificate is revoked at once; its history stays with the place. NEW "
        "is a name that no board has had yet."
    ): (
        "NEW 接替 OLD 的位置、防区以及登记表中的其他内容，并获得自己的设备身份。OLD 的证书立即"
        "吊销；历史记录留在原位置。NEW 须为从未用过的名称。"
    ),
}

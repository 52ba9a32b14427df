"""What ``callpoint flash`` and ``callpoint replace`` say, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

FLASHING: Final[Mapping[str, Text]] = {
    # What is wrong, by the layer that fails, and what to do.
    "flash.no_port": Text(
        "the port is not there (any more); plug the board in again",
        "串口不存在（或已消失）；请重新插入电路板",
    ),
    "flash.no_serial": Text("cannot be used as a serial port: {why}", "不能用作串口：{why}"),
    "flash.nothing": Text(
        "no board has appeared for {seconds} s. A cable that only charges shows nothing here: "
        "take a cable that carries data, another socket, no hub without its own supply",
        "{seconds} 秒内没有电路板出现。只能充电的线在此不会有任何显示：请换用数据线、换一个 USB "
        "口，不要用无独立供电的集线器",
    ),
    "flash.no_driver": Text(
        "a board is on USB, but the system makes no serial port for it; run: sudo modprobe "
        "{module} (if brltty is installed, remove it: it takes such adapters for itself)",
        "USB 上有电路板，但系统没有为它建立串口；请运行：sudo modprobe {module}（若装有 brltty，"
        "请卸载：它会占用此类转换芯片）",
    ),
    "flash.permission": Text(
        "no permission; run: sudo usermod -aG {group} $USER, then sign out and in again",
        "无权访问；请运行：sudo usermod -aG {group} $USER，然后注销并重新登录",
    ),
    "flash.busy_by": Text("used by {users}; end it", "正被 {users} 占用；请结束该程序"),
    "flash.busy": Text(
        "another program uses it; find it with: sudo fuser -v {port}",
        "正被其他程序占用；请用以下命令查找：sudo fuser -v {port}",
    ),
    "flash.boot_mode": Text(
        "the chip does not answer: hold BOOT, press RESET, let BOOT go. If that does not help: "
        "another cable, or this is no board",
        "芯片没有应答：按住 BOOT，按一下 RESET，再松开 BOOT。若仍无效：请换线，或者这不是电路板",
    ),
    "flash.wrong_chip": Text(
        "a board with {found}; the batch has images for {wanted}. Take the right board",
        "板上芯片为 {found}；本批次只有 {wanted} 的映像。请换用正确的电路板",
    ),
    "flash.locked": Text(
        "the chip takes only firmware that its maker has signed or encrypted; take another board",
        "芯片只接受其厂商签名或加密的固件；请换一块电路板",
    ),
    "flash.too_small": Text(
        "flash of {found} MB, {needed} MB are needed; take another board",
        "闪存为 {found} MB，需要 {needed} MB；请换一块电路板",
    ),
    "flash.silent": Text(
        "the board no longer answers; plug it out and in, and it goes on where it was",
        "电路板不再应答；请拔下后重新插入，将从中断处继续",
    ),
    "flash.restarted": Text(
        "the board has restarted meanwhile (supply, loose contact); plug it out and in, and it "
        "goes on where it was",
        "电路板在写入过程中重启（供电或接触不良）；请拔下后重新插入，将从中断处继续",
    ),
    "flash.vanished": Text(
        "the board was pulled out, or its cable is loose; plug it in again, and it goes on "
        "where it was",
        "电路板被拔出或接线松动；请重新插入，将从中断处继续",
    ),
    "flash.swapped": Text(
        "the board {first} was exchanged for {other} while it was written; put {first} in again",
        "写入过程中电路板 {first} 被换成了 {other}；请换回 {first}",
    ),
    "flash.content": Text(
        "what was read back is not what was written ({part} at {offset}); plug it out and in. "
        "If it happens again, the flash is worn out: take another board",
        "读回内容与写入内容不一致（{part}，位于 {offset}）；请拔下后重新插入。若再次出现，说明"
        "闪存已损坏：请换一块电路板",
    ),
    "flash.same_mac_now": Text(
        "two boards have the address {mac}, this one and that at {port}; use only one of them",
        "两块电路板的地址同为 {mac}：此板与 {port} 上的板；只能使用其中一块",
    ),
    "flash.same_mac": Text(
        "the board {mac} has {device} already, and this one has not: it is another board with "
        "the same address, which must not be used, or it was erased. If it was erased: "
        "callpoint flash ... --again {device}",
        "电路板 {mac} 已写入 {device}，而此板上没有：要么是地址相同的另一块电路板（不得使用），"
        "要么此板已被擦除。若已被擦除：callpoint flash ... --again {device}",
    ),
    "flash.none_left": Text(
        "all {count} identities for {chip} have their boards; nothing was written on this one",
        "{chip} 的 {count} 个设备身份均已有电路板；此板未写入任何内容",
    ),
    "flash.not_in_plan": Text(
        "this board is kept for {device}, which is not to be written now: leave --device out, "
        "or bring it back into the folder",
        "此板已分配给 {device}，而该设备此次不写入：请去掉 --device，或将其放回文件夹",
    ),
    "flash.none_for": Text(
        "no identity of this batch is for {chip}; nothing was written on this one",
        "本批次没有适用于 {chip} 的设备身份；此板未写入任何内容",
    ),
    "flash.journal": Text(
        "the journal of the batch cannot be written ({why}), so no identity was; make room and "
        "plug the board out and in",
        "批次日志无法写入（{why}），因此未写入设备身份；请腾出空间后重新插拔电路板",
    ),
    "flash.program": Text("esptool failed: {why}", "esptool 出错：{why}"),
    "flash.process_ended": Text(
        "the program that writes this port has ended; plug the board out and in",
        "写入此串口的程序已结束；请重新插拔电路板",
    ),
    # The batch.
    "flash.no_image": Text(
        "no parts of an image ({why}); make them with: callpoint firmware image",
        "没有映像的各部分（{why}）；请用以下命令生成：callpoint firmware image",
    ),
    "flash.no_chip": Text("for no chip that this version knows", "不适用于本版本所知的任何芯片"),
    "flash.other_part": Text("{file} is not what parts.json says", "{file} 与 parts.json 不符"),
    "flash.two_images": Text("two images for {chip}; give one", "{chip} 有两个映像；请只给出一个"),
    "flash.no_image_for": Text(
        "{device} is for {chip}, and there is no --image for that",
        "{device} 适用于 {chip}，但没有相应的 --image",
    ),
    "flash.extra": Text(
        "the packages for flashing are not installed; run: pip install 'callpoint[technician]'",
        "未安装烧录所需的软件包；请运行：pip install 'callpoint[technician]'",
    ),
    "flash.keys_there": Text(
        "{folder} still holds keys of devices; delete it when all are connected",
        "{folder} 中仍有设备密钥；全部上线后请删除",
    ),
    "flash.batch_in_use": Text(
        "{folder}: another flasher works on this batch; two would give one identity to two boards",
        "{folder}：另一个烧录程序正在处理此批次；同时运行会把同一设备身份写入两块电路板",
    ),
    "flash.batch_unusable": Text("{folder}: {why}", "{folder}：{why}"),
    "flash.no_identities": Text(
        "{folder}: no identities there; make them with: callpoint plan import units.csv",
        "{folder}：没有设备身份；请用以下命令生成：callpoint plan import units.csv",
    ),
    "flash.no_device": Text(
        "no device {name} in this batch; near it: {near}",
        "本批次中没有设备 {name}；相近的有：{near}",
    ),
    "flash.no_board": Text("{device} has no board yet", "{device} 尚无电路板"),
    "flash.not_released": Text(
        "{device} cannot go to another board: its identity may be on {mac}. If that board is "
        "broken: callpoint replace {device} NEW",
        "{device} 不能给另一块电路板：其设备身份可能已写入 {mac}。若该板已损坏：callpoint "
        "replace {device} NEW",
    ),
    "flash.released": Text("{device} and its board are free", "{device} 与其电路板已解除绑定"),
    # The screen.
    "flash.begin": Text(
        "{count} devices for {chips}. Plug in boards; each is written as it appears. Ctrl-C "
        "ends, and the same command goes on.",
        "共 {count} 个设备（{chips}）。请插入电路板，出现即开始写入。Ctrl-C 结束；再次运行同一命"
        "令即可继续。",
    ),
    "flash.enter": Text(
        "Boards on a fixed adapter: Enter begins with the next ones.",
        "使用固定转换器时：更换电路板后按 Enter 开始。",
    ),
    "flash.step.wait": Text("next board", "请插入下一块"),
    "flash.step.connect": Text("connecting", "正在连接"),
    "flash.step.erase": Text("erasing", "正在擦除"),
    "flash.step.write": Text("writing", "正在写入"),
    "flash.step.verify": Text("reading back", "正在读回校验"),
    "flash.step.identity": Text("identity", "写入设备身份"),
    "flash.good": Text(
        "{port}: {device} is on board {mac}", "{port}：{device} 已写入电路板 {mac}"
    ),
    "flash.already": Text(
        "{port}: {device} was on board {mac} already",
        "{port}：{device} 此前已写入电路板 {mac}",
    ),
    "flash.bad": Text("{port}: {why}", "{port}：{why}"),
    "flash.heard": Text(
        "{device} is connected: firmware {firmware}, {rssi}, {clock}",
        "{device} 已上线：固件 {firmware}，{rssi}，{clock}",
    ),
    "flash.rssi": Text("{rssi} dBm", "{rssi} dBm"),
    "flash.no_rssi": Text("no reading of Wi-Fi yet", "尚无 Wi-Fi 信号读数"),
    "flash.clock": Text("has the time", "时间已同步"),
    "flash.no_clock": Text("lacks the time", "时间未同步"),
    "flash.count": Text(
        "{written} of {count} written, {heard} connected",
        "已写入 {written}/{count}，已上线 {heard}",
    ),
    "flash.count_written": Text("{written} of {count} written", "已写入 {written}/{count}"),
    "flash.no_gateway": Text(
        "{file}: no gateway on this machine, so no first word is awaited ({why})",
        "{file}：本机没有网关，因此不等待设备上线（{why}）",
    ),
    "flash.left": Text(
        "not all is done: {written} of {count} written; the same command goes on",
        "尚未完成：已写入 {written}/{count}；再次运行同一命令即可继续",
    ),
    "flash.not_heard": Text(
        "written, and not heard: {devices}. Look at Wi-Fi name and password in the plan, and "
        "at the board's lamp; callpoint supervision shows them when they come",
        "已写入但尚未上线：{devices}。请检查计划中的 Wi-Fi 名称和密码以及板上指示灯；上线后 "
        "callpoint supervision 会显示",
    ),
    "flash.renewed": Text(
        "{device} has another identity since its board {mac} was written: plug it in again",
        "写入电路板 {mac} 之后，{device} 的设备身份已更改：请重新插入该板",
    ),
    "flash.half": Text(
        "{device} is bound to board {mac} and not done: plug that board in again",
        "{device} 已绑定电路板 {mac} 但未完成：请重新插入该板",
    ),
    # callpoint flash --web
    "flash.web.at": Text(
        "open {url} in Chrome or Edge on this machine; Ctrl-C ends",
        "请在本机用 Chrome 或 Edge 打开 {url}；Ctrl-C 结束",
    ),
    "flash.web.title": Text("Write the firmware from this browser", "用此浏览器写入固件"),
    "flash.web.what": Text(
        "The browser writes boot loader, table and application to a board on USB.",
        "浏览器把引导程序、分区表和应用程序写入 USB 上的电路板。",
    ),
    "flash.web.without": Text(
        "It writes no identity: afterwards the board does not know who it is and raises no "
        "alarm. For that there is: callpoint flash IDENTITIES",
        "不写入设备身份：写完后电路板不知道自己是谁，也不会报警。写入身份请用：callpoint flash "
        "IDENTITIES",
    ),
    "flash.web.plug": Text(
        "Plug the board in with a cable that carries data.",
        "用数据线插上电路板。",
    ),
    "flash.web.choose": Text(
        "Press the button, and choose the board's port in the browser's list.",
        "按下按钮，在浏览器列表中选择电路板的串口。",
    ),
    "flash.web.button": Text("Write the firmware", "写入固件"),
    "flash.web.unsupported": Text(
        "This browser cannot reach serial ports. Take Chrome or Edge on a computer.",
        "此浏览器无法访问串口。请在电脑上使用 Chrome 或 Edge。",
    ),
    "flash.web.not_allowed": Text(
        "The browser allows serial ports only on a page of this machine itself.",
        "浏览器只允许本机页面访问串口。",
    ),
    "flash.web.parts": Text("What is written", "写入内容"),
    "flash.needs_folder": Text(
        "name the folder of identities, or give --web",
        "请给出设备身份所在的文件夹，或使用 --web",
    ),
    # callpoint replace
    "replace.taken": Text(
        "{device} is or was the name of a board; take a new one, such as {device}-b",
        "{device} 是或曾是一块电路板的名称；请另取新名，例如 {device}-b",
    ),
    "replace.no_wiring": Text(
        "nothing is on record of how {device} is wired; bring it into the plan first: "
        "callpoint plan export, then callpoint plan import",
        "没有 {device} 接线的记录；请先将其纳入计划：callpoint plan export，再 callpoint plan "
        "import",
    ),
    "replace.done": Text(
        "{new} stands where {old} stood; its identity is {file}",
        "{new} 已替换 {old}；其设备身份为 {file}",
    ),
    "replace.revoked": Text(
        "the certificate of {old} no longer counts at the broker",
        "{old} 的证书已在 MQTT 服务器上失效",
    ),
    "replace.reload_later": Text(
        "no gateway runs on {folder}; it reads the register at its next start",
        "{folder} 上没有运行网关；下次启动时将读取登记表",
    ),
    "replace.next": Text(
        "now write the new board: callpoint flash {folder} --image FOLDER --device {new}",
        "现在写入新电路板：callpoint flash {folder} --image FOLDER --device {new}",
    ),
}

"""What the technician's commands say (identity, firmware, improv), in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

TECHNICIAN: Final[Mapping[str, Text]] = {
    "file.delete": Text("{why}; delete it yourself", "{why}；请自行删除"),
    "file.id": Text("1 to 32 of a-z 0-9 - _", "1 至 32 个 a-z 0-9 - _ 字符"),
    # callpoint identity
    "identity.built": Text(
        "{output}: identity of {site}/{device}, {used} of {size} bytes",
        "{output}：{site}/{device} 的设备身份，{used} 字节（分区 {size} 字节）",
    ),
    "identity.key_there": Text(
        "{file}: the device's key is still there; delete it",
        "{file}：设备私钥仍在此处，请删除",
    ),
    "identity.key_deleted": Text(
        "{file}: deleted; the image holds the key", "{file}：已删除；私钥已写入映像"
    ),
    "identity.how_to_write": Text(
        "to write it to the partition labelled 'identity' of the standard table:",
        "烧录到标准分区表中标签为 identity 的分区：",
    ),
    "identity.then_delete": Text(
        "and then delete {output}: it holds secrets", "然后删除 {output}：其中含有机密"
    ),
    "identity.set": Text("(set)", "（已设置）"),
    "identity.no_certificate": Text("(no certificate)", "（无证书）"),
    "identity.certificate": Text(
        "{subject}, until {until}, sha256 {digest}", "{subject}，有效期至 {until}，sha256 {digest}"
    ),
    "identity.blank": Text("blank", "空白"),
    "identity.truncated": Text("truncated", "内容不完整"),
    "identity.magic": Text("wrong magic: this is no identity", "标识错误：不是设备身份"),
    "identity.layout": Text("layout {found}, not {known}", "格式版本为 {found}，应为 {known}"),
    "identity.digest": Text("wrong digest", "摘要校验错误"),
    "identity.not_settings": Text("not settings: {why}", "不是设备设置：{why}"),
    "identity.sectors": Text(
        "a partition is a multiple of {sector} bytes", "分区大小须为 {sector} 字节的整数倍"
    ),
    "identity.too_large": Text(
        "the identity takes {needed} bytes, {size} are there",
        "设备身份需要 {needed} 字节，分区只有 {size} 字节",
    ),
    "identity.certificate_file": Text(
        "no certificate in PEM or DER", "不是 PEM 或 DER 格式的证书"
    ),
    "identity.other_device": Text("is not the certificate of {device}", "不是 {device} 的证书"),
    "identity.other_authority": Text("is not signed by tls.ca", "不是由 tls.ca 签发"),
    "identity.key_file": Text("no private key without a password", "不是无密码的私钥"),
    "identity.key_pair": Text("does not belong to tls.cert", "与 tls.cert 不匹配"),
    # The settings of a device
    "device_settings.unknown_key": Text(
        "unknown key '{name}'; near it: {near}", "未知的键“{name}”；相近的有：{near}"
    ),
    "device_settings.one_of": Text("one of {valid}", "应为以下之一：{valid}"),
    "device_settings.no_input": Text(
        "{map} has no {name}; near it: {near}", "{map} 没有 {name}；相近的有：{near}"
    ),
    "device_settings.no_map": Text(
        "no map {name}; near it: {near}", "没有引脚表 {name}；相近的有：{near}"
    ),
    "device_settings.needed": Text("is needed", "必须填写"),
    "identity.over_source": Text(
        "the image is made of this file; give -o another name",
        "映像由此文件生成；请用 -o 指定其他名称",
    ),
    "device_settings.not_json": Text("not JSON: {why}", "不是 JSON：{why}"),
    "device_settings.not_for_kind": Text("not for kind {kind}", "不适用于类型 {kind}"),
    "device_settings.no_release": Text("there is no release", "未设置 release"),
    "device_settings.not_with_loop": Text("not together with a loop", "不能与 loop 同时使用"),
    "device_settings.loop_tells": Text(
        "{preset} tells of faults itself", "{preset} 本身已报告故障"
    ),
    "device_settings.zone_twice": Text("two zones have the number {zone}", "防区号 {zone} 重复"),
    "device_settings.awake": Text(
        "zone {zone} must be watched all the time", "防区 {zone} 须持续监测，设备不能休眠"
    ),
    "device_settings.twice": Text("{name} is used twice", "{name} 被重复使用"),
    "device_settings.whole": Text(
        "not a whole number from {low} to {high}", "应为 {low} 至 {high} 的整数"
    ),
    "device_settings.hex_key": Text(
        "{low} to {high} hex digits", "应为 {low} 至 {high} 位十六进制数字"
    ),
    "device_settings.second_host": Text(
        "the second path needs an IPv4 address", "备用路径须填写 IPv4 地址"
    ),
    "device_settings.needs_user": Text("needs a user", "须同时填写 user"),
    "device_settings.cert_and_key": Text("cert and key belong together", "cert 和 key 须同时填写"),
    "device_settings.ntp": Text("an address or a name", "应为地址或主机名"),
    "device_settings.zero_or_one": Text("0 or 1", "应为 0 或 1"),
    "device_settings.itself": Text(
        "the device itself; give the address of the broker",
        "这是设备自身；请填写 MQTT 服务器的地址",
    ),
    "device_settings.made_later": Text(
        "later than now; leave it out, and it is the time of the build",
        "晚于当前时间；可省略，默认为构建时间",
    ),
    # callpoint firmware
    "firmware.key_exists": Text(
        "exists already; a key is never overwritten", "已存在；密钥不会被覆盖"
    ),
    "firmware.key_made": Text(
        "{file}: key {id}; for gateways: {public}", "{file}：密钥 {id}；网关用公钥：{public}"
    ),
    "firmware.for_devices": Text("for devices: {modulus}", "设备用：{modulus}"),
    "firmware.mpremote": Text(
        "--tree needs mpremote; run: pip install 'callpoint[technician]'",
        "--tree 须安装 mpremote；请运行：pip install 'callpoint[technician]'",
    ),
    "firmware.no_mpy": Text(
        "holds no .mpy files; compile the firmware with mpy-cross",
        "没有 .mpy 文件；请用 mpy-cross 编译固件",
    ),
    "firmware.image_or_tree": Text(
        "give one of IMAGE, --tree and --application",
        "IMAGE、--tree、--application 请给出其中之一",
    ),
    "firmware.built": Text(
        "{output}: {size} bytes of image, unsigned", "{output}：映像 {size} 字节，未签名"
    ),
    "firmware.no_private_key": Text(
        "no private key in PEM without a password", "不是无密码的 PEM 私钥"
    ),
    "firmware.no_rsa": Text("not an RSA key", "不是 RSA 密钥"),
    "firmware.signed": Text("{file}: signed with key {id}", "{file}：已用密钥 {id} 签名"),
    "firmware.good": Text("{file}: good", "{file}：有效"),
    "package.manifest_size": Text("{size} bytes, {most} fit", "{size} 字节，最多 {most} 字节"),
    "package.key_size": Text(
        "RSA of {bits} bits; devices take 2048", "RSA {bits} 位；设备只接受 2048 位"
    ),
    "package.magic": Text("this is no update package", "不是固件升级包"),
    "package.length": Text("the file ends before its header does", "文件不完整：文件头未结束"),
    "package.image_size": Text(
        "{size} bytes of image, {told} said", "映像 {size} 字节，清单中为 {told} 字节"
    ),
    "package.other_image": Text(
        "the image is not the one that was packed", "映像与打包时的不一致"
    ),
    "package.unsigned": Text(
        "none; run: callpoint firmware sign", "未签名；请运行：callpoint firmware sign"
    ),
    "package.other_key": Text(
        "not by key {id} (the package names {named})", "不是密钥 {id} 的签名（升级包中为 {named}）"
    ),
    "package.no_public_key": Text("no public key in PEM", "不是 PEM 公钥"),
    "package.not_2048": Text("not RSA of 2048 bits", "不是 2048 位 RSA 密钥"),
    "package.too_large": Text("over {most} bytes", "超过 {most} 字节"),
    # callpoint improv
    "improv.one_of": Text(
        "give one of --ssid, --scan and --info", "--ssid、--scan 和 --info 请给出其中之一"
    ),
    "improv.ssid": Text("1 to {most} bytes", "1 至 {most} 字节"),
    "improv.password": Text(
        "password: {least} to {most} bytes, or none for an open network",
        "密码：{least} 至 {most} 字节；开放网络则留空",
    ),
    "improv.no_password": Text("no password was given", "未输入密码"),
    "improv.nothing_read": Text(
        "no password on standard input; an empty line stands for an open network",
        "标准输入中没有密码；开放网络请输入空行",
    ),
    "improv.ask": Text("Password of {ssid}: ", "{ssid} 的密码："),
    "improv.secured": Text("secured", "加密"),
    "improv.open": Text("open   ", "开放"),
    "improv.online": Text("online", "在线"),
    "improv.not_online": Text("not online", "不在线"),
    "improv.found": Text(
        "{name}: {firmware} {version} on {chip}, {state}",
        "{name}：{firmware} {version}，芯片 {chip}，{state}",
    ),
    "improv.joined": Text("{port}: the device has joined {ssid}", "{port}：设备已连接到 {ssid}"),
    "improv.trying": Text("{port}: the device tries the network", "{port}：设备正在连接网络"),
    "improv.no_port": Text("no such port; there are: {there}", "没有此串口；现有：{there}"),
    "improv.not_allowed": Text(
        "not allowed; add yourself to the group that owns it (ls -l {port})",
        "无权访问；请将您的用户加入其所属的组（ls -l {port}）",
    ),
    "improv.busy": Text("another program uses it", "正被其他程序占用"),
    "improv.no_serial": Text("cannot be used as a serial port", "不能用作串口"),
    "improv.takes_nothing": Text("the device takes nothing", "设备不接收数据"),
    "improv.gone": Text("the device has gone", "设备已断开"),
    "improv.error": Text("error {code}", "错误 {code}"),
    "improv.error.packet": Text("the device did not understand the packet", "设备无法识别数据包"),
    "improv.error.command": Text("the device does not know this command", "设备不支持此命令"),
    "improv.error.connect": Text(
        "the device could not connect; is the network in reach, and the password right?",
        "设备无法连接；网络是否在覆盖范围内，密码是否正确？",
    ),
    "improv.error.not_allowed": Text("the device does not allow it", "设备不允许"),
    "improv.error.host_name": Text(
        "the device does not take this host name", "设备不接受此主机名"
    ),
    "improv.error.fault": Text("the device has a fault", "设备故障"),
    "improv.state": Text("the device is in state {state}", "设备处于状态 {state}"),
    "improv.not_offered": Text(
        "no device there offers Improv; is it the right port, and is provisioning built into the "
        "firmware?",
        "该串口没有支持 Improv 的设备；串口是否正确，固件是否带配网功能？",
    ),
    "improv.no_name": Text("the device does not say what it is", "设备未报告自身信息"),
    "improv.no_end": Text("the scan did not end", "扫描未完成"),
    "improv.no_answer": Text(
        "the device did not say how it went within {seconds:.0f} s",
        "设备未在 {seconds:.0f} 秒内报告结果",
    ),
    "improv.result_length": Text("a result of the wrong length", "应答长度错误"),
    "improv.result_text": Text("a text beyond the end of its result", "应答中的文本超出其长度"),
}

"""What ``callpoint broker`` and the site's certificate authority say, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

BROKER: Final[Mapping[str, Text]] = {
    # The command line.
    "broker.address": Text(
        "--address {address}: give an IP address of this machine, or 0.0.0.0",
        "--address {address}：请给出本机的 IP 地址，或 0.0.0.0",
    ),
    "broker.name_needed": Text(
        "--name: give the host name or IP address under which devices reach the broker",
        "--name：请给出设备访问 MQTT 服务器所用的主机名或 IP 地址",
    ),
    "broker.other_site": Text(
        "{folder} is of the site {found}, not of {site}",
        "{folder} 属于站点 {found}，而非 {site}",
    ),
    "broker.three_files": Text(
        "give --ca, --certificate and --key together; --crl only with them",
        "--ca、--certificate 和 --key 须同时给出；--crl 只能与它们一起使用",
    ),
    "broker.site": Text(
        "--site: the site of gateway.toml, 1 to 32 of a-z 0-9 - _",
        "--site：gateway.toml 中的站点，1 至 32 个 a-z 0-9 - _ 字符",
    ),
    "broker.same_port": Text(
        "--gateway-port: give another port than --port",
        "--gateway-port：须与 --port 不同",
    ),
    "broker.no_user": Text(
        "--user {user}: no such user here; install mosquitto first",
        "--user {user}：本机没有此用户；请先安装 mosquitto",
    ),
    "broker.device_or_role": Text("name a DEVICE, or give --role", "请给出 DEVICE，或给出 --role"),
    "broker.no_device": Text(
        "{name}: no device; give --role {role}", "{name}：不是设备；请用 --role {role}"
    ),
    "broker.unregistered": Text(
        "{device} is not in {register}; near it: {near}. Add it there first, or give "
        "--unregistered",
        "{register} 中没有 {device}；相近的有：{near}。请先登记，或给出 --unregistered",
    ),
    "broker.not_made": Text(
        "{device}: {folder} has made no such certificate; there are: {near}",
        "{device}：{folder} 未签发过此证书；已签发的有：{near}",
    ),
    "broker.not_set_up": Text(
        "{device}: revoked, but no broker is set up here; run callpoint broker config",
        "{device}：证书已吊销，但此处未配置 MQTT 服务器；请运行 callpoint broker config",
    ),
    "broker.not_in_force": Text(
        "{device}: revoked, but not in force yet: {why}",
        "{device}：证书已吊销，但尚未生效：{why}",
    ),
    "broker.still_shut": Text(
        "made, but the broker still shuts {name} out: {why}",
        "证书已签发，但 MQTT 服务器仍拒绝 {name}：{why}",
    ),
    "broker.no_book": Text(
        "{file}: {why}; name the authority's folder", "{file}：{why}；请给出证书颁发机构的文件夹"
    ),
    # What it has done.
    "broker.revoked_now": Text(
        "{device}: revoked and disconnected; every other board is still connected",
        "{device}：证书已吊销，连接已断开；其他设备保持连接",
    ),
    "broker.issued": Text(
        "{certificate} and {key_file}, with {ca},", "{certificate} 和 {key_file}，连同 {ca}，"
    ),
    "broker.issued_for": Text("are the {role}'s", "供 {role} 使用"),
    "broker.issued_for_device": Text(
        "go into the device's identity: callpoint identity build, which deletes the key",
        "写入设备身份：callpoint identity build（随后删除私钥）",
    ),
    "broker.written": Text("{path}: written. Next:", "{path}：已写入。下一步："),
    "broker.start": Text("start it: mosquitto -c {path}", "启动：mosquitto -c {path}"),
    "broker.configure": Text("in gateway.toml:", "写入 gateway.toml："),
    "broker.own_folder": Text(
        "the gateway's user must own the authority, to use its key and to renew certificates: "
        "chown -R USER {folder}",
        "证书颁发机构的文件夹须归网关用户所有，以便使用其密钥并续签证书：chown -R 用户 {folder}",
    ),
    "broker.for_each_device": Text(
        "for each device: callpoint broker certificate DEVICE --certificates {folder}",
        "为每台设备签发证书：callpoint broker certificate DEVICE --certificates {folder}",
    ),
    "broker.take_root_away": Text(
        "take {file} away from this machine, to two media in a safe: whoever has it can pass for "
        "the broker; only another name of the broker needs it (--root-key)",
        "将 {file} 移出本机，存于保险柜内的两份介质：持有者可冒充 MQTT 服务器；"
        "仅在服务器改名时需要（--root-key）",
    ),
    "broker.check": Text("check it: callpoint doctor", "检查：callpoint doctor"),
    "broker.given_ca": Text(
        "# the gateway's own, of the same authority: common name {name}",
        "# 网关自己的证书，由同一颁发机构签发，通用名（CN）：{name}",
    ),
    # Why the authority does not do what it is asked.
    "authority.there": Text(
        "{folder} has a {name} already; choose another folder",
        "{folder} 中已有 {name}；请选择其他文件夹",
    ),
    "authority.none": Text(
        "{folder} has no authority; name its folder with --certificates, or make one with "
        "callpoint broker config",
        "{folder} 中没有证书颁发机构；请用 --certificates 指定其文件夹，"
        "或用 callpoint broker config 创建",
    ),
    "authority.file_away": Text("{file}: {why}; bring it back", "{file}：{why}；请恢复此文件"),
    "authority.unreadable": Text(
        "{folder}: the authority cannot be read ({why}); bring its files back",
        "{folder}：无法读取证书颁发机构（{why}）；请恢复其文件",
    ),
    "authority.other_name": Text(
        "{file} is for another name or of another authority; --again makes it and its key anew",
        "{file} 用于其他名称或由其他机构签发；--again 重新生成证书和密钥",
    ),
    "authority.no_root_key": Text(
        "the root's key is not at {file}; --root-key PATH names where it is",
        "根密钥不在 {file}；请用 --root-key 路径 指明其位置",
    ),
    "authority.has_one": Text(
        "{name} has a certificate; --again makes another one beside it, callpoint broker revoke "
        "{name} ends it",
        "{name} 已有证书；--again 另签发一份，callpoint broker revoke {name} 将其吊销",
    ),
    "authority.not_counted": Text(
        "{name} uses no certificate of this authority that counts",
        "{name} 未使用本机构签发的有效证书",
    ),
    "authority.key_ended": Text(
        "the key of {name} has been used for as long as it may", "{name} 的密钥已达使用期限"
    ),
    "authority.id": Text("name: 1 to 32 of a-z 0-9 - _", "名称：1 至 32 个 a-z 0-9 - _ 字符"),
    "authority.own_name": Text(
        "name: {name} is the broker's or the gateway's own",
        "名称：{name} 保留给 MQTT 服务器或网关",
    ),
    "authority.no_pair": Text("the key does not belong to the certificate", "密钥与证书不匹配"),
    "authority.host_name": Text(
        "'{name}' is neither a host name nor an IP address", "“{name}”既不是主机名也不是 IP 地址"
    ),
    "authority.ip_address": Text("'{name}' is no IP address", "“{name}”不是 IP 地址"),
    "authority.open_to_others": Text(
        "address: {address} is open to others; that needs TLS; leave --plain out, or give "
        "--address 127.0.0.1",
        "地址：{address} 可被其他机器访问，须使用 TLS；请去掉 --plain，或用 --address 127.0.0.1",
    ),
    # Why what was revoked is not in force yet.
    "revocation.not_counted": Text(
        "Mosquitto has been told, and still takes certificates that are revoked; see its log, or "
        "restart it",
        "已通知 Mosquitto，但它仍接受已吊销的证书；请查看其日志，或重启 Mosquitto",
    ),
    "revocation.restart": Text(
        "restart it (systemctl restart mosquitto): that ends what is revoked as well",
        "重启 Mosquitto（systemctl restart mosquitto），已吊销的连接随之断开",
    ),
    "revocation.old_pid": Text(
        "Mosquitto does not run ({file} is an old one); start it",
        "Mosquitto 未运行（{file} 是旧文件）；请启动",
    ),
    "revocation.not_running": Text(
        "Mosquitto does not run with {file}; start it, or {restart}",
        "Mosquitto 未以 {file} 运行；请启动，或{restart}",
    ),
    "revocation.untold": Text(
        "Mosquitto cannot be told ({why}); as root, or {restart}",
        "无法通知 Mosquitto（{why}）；请以 root 身份运行，或{restart}",
    ),
    "revocation.ended": Text(
        "Mosquitto has ended; see its log, and start it",
        "Mosquitto 已退出；请查看其日志并启动",
    ),
    "revocation.other_broker": Text(
        "what listens on port {port} is not this site's broker",
        "监听端口 {port} 的不是本站点的 MQTT 服务器",
    ),
    "revocation.session": Text(
        "the session of {name} could not be ended ({why}); restart Mosquitto",
        "无法终止 {name} 的会话（{why}）；请重启 Mosquitto",
    ),
}

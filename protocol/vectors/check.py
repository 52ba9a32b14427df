"""Run one vector file on this interpreter: ``check.py FOLDER_OF_THE_PACKAGE FILE``.

Prints one JSON line for each vector, ``{"name": ..., "result": ...}``. The result holds what
``fields`` encode to and what the body decodes to; a refusal is ``{"refused": KEY}``. Runs
on CPython and MicroPython; what is right is for the caller to say.
"""

import binascii
import json
import sys

sys.path.insert(0, sys.argv[1])

from callpoint_protocol import messages, topics
from callpoint_protocol.seal import Sealer
from callpoint_protocol.serial_line import Lines, decode_line, encode_line


def mac(key: str, text: str) -> str:
    """Return the authentication code of hexadecimal text."""
    return binascii.hexlify(Sealer(binascii.unhexlify(key)).mac(binascii.unhexlify(text))).decode()


def seal(key: str, context: str, body: str) -> str:
    """Return a sealed body in hexadecimal."""
    sealed = Sealer(binascii.unhexlify(key)).seal(context, body.encode())
    return binascii.hexlify(sealed).decode()


def opened(key: str, context: str, sealed: str) -> dict[str, str]:
    """Return what was sealed, and with what; ``refused`` if it was not."""
    try:
        body = Sealer(binascii.unhexlify(key)).open(context, binascii.unhexlify(sealed))
    except ValueError as error:
        return refused(error)
    return {"key": key, "context": context, "body": body.decode()}


def line(topic: str, sealed: str) -> str:
    """Return a frame of a serial line, without its line feed."""
    return encode_line(topic, binascii.unhexlify(sealed)).decode()[:-1]


def unsealed(found: tuple) -> tuple:  # type: ignore[type-arg]
    """Return a frame's topic, and what is sealed in hexadecimal."""
    return found[0], binascii.hexlify(found[1]).decode()


def frame(found: tuple) -> dict[str, str]:  # type: ignore[type-arg]
    """Return a frame that was found."""
    topic, sealed = unsealed(found)
    return {"topic": topic, "sealed": sealed}


def frames(chunks: list[str]) -> dict[str, object]:
    """Return what is found in what is heard piece by piece."""
    lines = Lines()
    found = [frame(one) for chunk in chunks for one in lines.feed(chunk.encode())]
    return {"frames": found, "damaged": lines.damaged}


# What to call by name is not typed: MicroPython has no typing module.
ENCODERS: dict = {  # type: ignore[type-arg]
    "event": messages.encode_event,
    "telemetry": messages.encode_telemetry,
    "status": messages.encode_status,
    "ack": messages.encode_ack,
    "cmd": messages.encode_command,
    "cfg": messages.encode_configuration,
    "get": messages.encode_get,
    "topic": topics.topic,
    "hmac": mac,
    "seal": seal,
    "line": line,
}
DECODERS: dict = {  # type: ignore[type-arg]
    "ack": (messages.decode_ack, ("stage", "boot", "seq", "count")),
    "cmd": (messages.decode_command, ("number", "command", "seconds")),
    "cfg": (messages.decode_configuration, ("revision", "settings")),
    "line": (lambda body: unsealed(decode_line(body)), ("topic", "sealed")),
    "topic": (topics.split, ("site", "device", "channel")),
}


def refused(error: ValueError) -> dict[str, str]:
    """Return the key that a refusal names."""
    return {"refused": str(error).split(":")[0]}


def encode(message: str, fields: dict[str, object]) -> object:
    """Return the text that the fields encode to."""
    try:
        body = ENCODERS[message](**fields)
    except ValueError as error:
        return refused(error)
    return body if isinstance(body, str) else str(body, "utf-8")


def decode(message: str, body: object) -> object:
    """Return the fields of a body."""
    decoder, keys = DECODERS[message]
    try:
        values = decoder(body)
    except ValueError as error:
        return refused(error)
    return {keys[number]: values[number] for number in range(len(keys))}


def received(vector: dict[str, str]) -> bytes:
    """Return the bytes of a vector: text as it is, or hexadecimal if it is no text."""
    if "hex" in vector:
        return binascii.unhexlify(vector["hex"])
    return vector["body"].encode()


def check(message: str, vector: dict) -> dict[str, object]:  # type: ignore[type-arg]
    """Return what this interpreter makes of one vector."""
    result = {}
    if "fields" in vector:
        result["encode"] = encode(message, vector["fields"])
    if message == "topic" and "body" in vector:
        result["decode"] = decode(message, vector["body"])
    elif message == "seal":
        used = vector["with"] if "with" in vector else vector["fields"]
        result["decode"] = opened(used["key"], used["context"], vector["body"])
    elif message == "stream":
        result["decode"] = frames(vector["chunks"])
    elif message in DECODERS and ("body" in vector or "hex" in vector):
        result["decode"] = decode(message, received(vector))
    return result


def main(path: str) -> None:
    """Run every vector of a file."""
    with open(path) as file:
        wanted = json.load(file)
    for vector in wanted["vectors"]:
        result = check(wanted["message"], vector)
        print(json.dumps({"name": vector["name"], "result": result}))


main(sys.argv[2])

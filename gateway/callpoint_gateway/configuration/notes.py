"""What a configuration may say, and whoever wrote it should know."""

from collections.abc import Iterator
from typing import NamedTuple

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.http_server import http_server
from callpoint_gateway.host.loopback import on_this_machine
from callpoint_gateway.words.said import Said, said


class Note(NamedTuple):
    """What may not be meant, and what to do if it is not."""

    what: Said
    remedy: Said


def notes(config: Config) -> Iterator[Note]:
    """Yield what is allowed and yet may not be meant, each with what to do."""
    arming = config.arming
    if arming.mqtt and not arming.codes_file:
        yield Note(said("note.no_codes"), said("note.no_codes.do"))
    broker = config.broker
    if broker.password_file and not broker.ca_file and not on_this_machine(broker.host):
        yield Note(said("note.broker", host=broker.host), said("note.broker.do"))
    series = config.timeseries
    if series is not None and (series.token_file or series.password_file):
        server = http_server(series.url)
        if not (server.secure or server.on_this_machine):
            what = said("note.timeseries", host=server.host)
            yield Note(what, said("note.timeseries.do"))
    for centre in config.centre:
        for way in centre.ways:
            host = way.host or ""
            if host and not (centre.key_file or way.transport == "tls" or on_this_machine(host)):
                what = said("note.centre", name=centre.name, host=host)
                yield Note(what, said("note.centre.do"))

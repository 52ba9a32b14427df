"""What a broker reads of the site's authority, in the broker's folder."""

from collections.abc import Sequence
from pathlib import Path

from callpoint_gateway.broker import private_files
from callpoint_gateway.broker.authority import LOCAL, Authority
from callpoint_gateway.broker.book import Place
from callpoint_gateway.broker.configuration import Tls, write_access_list


def write_lists(authority: Authority, place: Place) -> None:
    """Write what the broker reads of the authority: clients' authorities, list, ACL."""
    folder = Path(place.folder)
    private_files.write(folder / "clients.pem", authority.clients, 0o644)
    private_files.write(folder / "crl.pem", authority.revocations(), 0o644)
    write_access_list(folder, authority.site, authority.shut)


def installed(
    authority: Authority,
    folder: Path,
    gateway_port: int,
    names: Sequence[str] = LOCAL,
    *,
    again: bool = False,
) -> Tls:
    """Put what a broker needs of the authority into its folder, and remember where that is.

    ``names``: DNS names and addresses of the broker. ``again`` as in ``Authority.server``, whose
    errors it has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server = authority.server(names, folder, again=again)
    place = Place(str(folder), gateway_port)
    authority.belongs_to(place)
    write_lists(authority, place)
    return Tls(
        folder / "clients.pem",
        server.certificate_file,
        server.key_file,
        authority.site,
        gateway_port,
        folder / "crl.pem",
    )

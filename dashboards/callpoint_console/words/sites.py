"""The sentences of a site's pages at its district, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SITES: Final[Mapping[str, Text]] = {
    "sites.grid": Text("All sites", "全部站点"),
    "sites.too_many": Text(
        "too many sites are open at once; close a page of another site, and try again",
        "同时打开的站点过多；请关闭其他站点的页面后重试",
    ),
}

"""Makes the files that a configuration names relative to the configuration's own folder."""

from pathlib import Path
from typing import TypeVar

import msgspec

StructT = TypeVar("StructT", bound=msgspec.Struct)


def from_folder(section: StructT, folder: Path, *further: str) -> StructT:
    """Return a section in which the files of ``*_file`` and ``*_dir`` begin at ``folder``.

    ``further``: other keys of it that name files. What is absolute stays as it is.
    """
    files = {
        field: str(folder / value)
        for field in section.__struct_fields__
        if (field.endswith(("_file", "_dir")) or field in further)
        and (value := getattr(section, field)) is not None
    }
    return msgspec.structs.replace(section, **files)

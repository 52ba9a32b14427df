"""Measures the district alone, for work on it; DISTRICT_SECONDS is how long."""

import asyncio
import tempfile
from pathlib import Path

from run import district_rows, show

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        show(asyncio.run(district_rows(Path(own))))

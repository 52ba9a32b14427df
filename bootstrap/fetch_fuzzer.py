"""Put the coverage-guided fuzzer into the cache, where there is a wheel of it: `make soak`."""

import sys

from prepare import FUZZ, fetch_uv, install_apart, uv_program
from steps import NotReady, say


def main() -> int:
    """Fetch what the lock file names, unless it is there. Return 1 after an error."""
    try:
        # ``make prepare`` has fetched uv, so no wheel of pip is needed.
        install_apart(fetch_uv(uv_program()), FUZZ)
    except NotReady as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

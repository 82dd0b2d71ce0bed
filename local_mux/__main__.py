"""`python -m local_mux`: the command line."""

import os
import sys

from local_mux.server import serve
from local_mux.settings import Settings, SettingsError


def main() -> None:
    """Start the local Mux, or say in one line why not."""
    try:
        serve(Settings.read(sys.argv[1:], os.environ))
    except SettingsError as error:
        sys.exit(f"local_mux: {error}")


if __name__ == "__main__":
    main()

"""What gunicorn serves: `gunicorn wsgi:app`. `flask --app wsgi …` finds its commands here too."""

import gc
import sys

gc.disable()  # what comes into being from here to the end of this file stays, so there is no garbage to look for

from portal import create_app  # noqa: E402
from portal.config import ConfigError  # noqa: E402
from portal.start_checks import refuse_demo_accounts  # noqa: E402

try:
    app = create_app()
    refuse_demo_accounts(app)
except ConfigError as error:
    sys.exit(f"portal: {error}")

gc.freeze()  # nor later on: processes that are forked share these pages as long as nobody writes to them
gc.enable()

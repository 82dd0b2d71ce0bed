"""What gunicorn serves: `gunicorn wsgi:app`. `flask --app wsgi …` finds its commands here too."""

import sys

from portal import create_app
from portal.config import ConfigError
from portal.start_checks import refuse_demo_accounts

try:
    app = create_app()
    refuse_demo_accounts(app)
except ConfigError as error:
    sys.exit(f"portal: {error}")

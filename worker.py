"""What Huey's consumer runs beside the portal: `huey_consumer.py worker.huey -w 2`."""

from portal.config import current_settings
from portal.tasks import make_worker
from wsgi import app

with app.app_context():
    huey = make_worker(app, current_settings())

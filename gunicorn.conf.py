"""gunicorn's settings for the portal; the environment may say otherwise."""

import os

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_WORKERS") or 2)
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 16)  # calls to Mux wait here, so there are more than cores
timeout = 60  # seconds
graceful_timeout = 20  # seconds
keepalive = 15  # seconds
accesslog = None  # the portal logs what matters itself, without addresses that carry tokens
errorlog = "-"
control_socket_disable = True

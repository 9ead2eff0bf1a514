"""Hypercorn's settings: ``hypercorn --config file:hypercorn.conf.py wsgi:app``.

Hypercorn stands behind a proxy. https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html
lists the settings.
"""

import logging
import os

# Loopback, unless the environment says otherwise; a container sets BIND_HOST=0.0.0.0.
bind = f"{os.environ.get('BIND_HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"

# One process, which calls the application in threads. With several, Hypercorn exits at SIGTERM as soon as the
# first has finished, and the others' requests are lost: to use more CPUs, run several servers on other ports.
workers = int(os.environ.get("WEB_CONCURRENCY") or 1)

# After SIGTERM, requests in progress have this many seconds. Keep it below what the supervisor grants.
graceful_timeout = 25
shutdown_timeout = 25

# Longer than the proxy keeps an idle connection (Nginx and most load balancers: 60 s).
keep_alive_timeout = 75

# The application logs requests, and writes Hypercorn's own messages in its format.
errorlog = logging.getLogger("hypercorn.error")
include_server_header = False

"""Runs Waitress: ``python serve_waitress.py``. ``waitress-serve`` would not finish requests after SIGTERM.

Waitress stands behind a proxy. Environment: BIND_HOST, PORT, THREADS.
"""

import os
import signal
import sys

from waitress import serve

from wsgi import app

if __name__ == "__main__":
    # On exit, serve() waits up to five seconds for requests in progress.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    serve(
        app,
        # Loopback, unless the environment says otherwise; a container sets BIND_HOST=0.0.0.0.
        host=os.environ.get("BIND_HOST") or "127.0.0.1",
        port=os.environ.get("PORT") or "8000",
        # One process with threads; to use more CPUs, run several behind the proxy.
        threads=int(os.environ.get("THREADS") or 8),
        connection_limit=1000,
        # The application reads the proxy's headers itself, according to PROXY_HOPS.
        clear_untrusted_proxy_headers=False,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
        ident=None,
    )

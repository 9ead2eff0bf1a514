"""Waitress, the production server: `python serve_waitress.py`. It also runs on Windows.

Environment: BIND_HOST, PORT, THREADS, GRACEFUL_TIMEOUT, KEEP_ALIVE.
"""

import os
import select
import signal
import sys
from functools import partial
from types import FrameType

from waitress.server import create_server


def setting(name: str, default: int, *, minimum: int = 1) -> int:
    """Give a whole number from the environment.

    Parameters:
        name: the variable; empty counts as unset.
        default: what to use without it.
        minimum: the smallest value that makes sense.

    Raises:
        SystemExit: the value is no whole number, or too small.
    """
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()) or int(text) < minimum:
        raise SystemExit(f"{name} must be a whole number of at least {minimum}")
    return int(text)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises:
        SystemExit: a setting is wrong, or the server was told to stop.
    """
    port, threads, keep_alive = setting("PORT", 8000), setting("THREADS", 8), setting("KEEP_ALIVE", 75)
    graceful_timeout = setting("GRACEFUL_TIMEOUT", 25)

    from wsgi import app  # now, and not above: it configures the log that Waitress writes to

    server = create_server(
        app,
        # Loopback unless told otherwise; a container sets BIND_HOST=0.0.0.0.
        host=os.environ.get("BIND_HOST") or "127.0.0.1",
        port=port,
        # One process: threads are all there is, and beyond the size of the database pool they would wait for
        # it. More CPUs are used by starting more of these behind the proxy.
        threads=threads,
        # Idle connections cost a file, not a thread. Longer than the proxy in front keeps them (Nginx: 60 s).
        connection_limit=1000,
        channel_timeout=keep_alive,
        asyncore_use_poll=hasattr(select, "poll"),
        max_request_header_size=64 * 1024,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
        # PROXY_HOPS says whom the app believes; Waitress would take the proxy's headers away before that.
        clear_untrusted_proxy_headers=False,
        ident=None,
    )

    # Waitress finishes what is being answered when its loop is left; give that as long as the orchestrator does.
    drain = partial(server.task_dispatcher.shutdown, timeout=graceful_timeout)
    server.task_dispatcher.shutdown = drain  # type: ignore[method-assign]

    def stop(signum: int, frame: FrameType | None) -> None:
        """Leave the loop, once: a handler that waited for locks itself could be interrupted by the next signal."""
        signal.signal(signum, signal.SIG_IGN)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    server.print_listen("Serving on http://{}:{}")
    server.run()


if __name__ == "__main__":
    main()

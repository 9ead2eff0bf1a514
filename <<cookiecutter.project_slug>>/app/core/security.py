"""Security headers, the session and the proxy in front.

The headers follow the OWASP Secure Headers Project (https://owasp.org/www-project-secure-headers/).
"""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix

POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; script-src 'self'; style-src 'self'"
)
# OWASP's list without the features that pages use (copying, for example) and without unknown names.
FEATURES = (
    "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), cross-origin-isolated=(), "
    "display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), "
    "hid=(), idle-detection=(), keyboard-map=(), magnetometer=(), microphone=(), midi=(), payment=(), "
    "picture-in-picture=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": FEATURES,
    "Referrer-Policy": "strict-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
}
HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}  # for two years


def init_security(app: Flask) -> None:
    """Send security headers with every response, and trust as many proxies as ``PROXY_HOPS`` says."""
    app.session_interface = PrivateSessionInterface()
    headers = HEADERS | HTTPS_HEADERS if app.config["SESSION_COOKIE_SECURE"] else HEADERS
    app.wsgi_app = SecurityHeaders(app.wsgi_app, headers)  # type: ignore[method-assign]
    if hops := app.config["PROXY_HOPS"]:
        prefix = hops if app.config["PROXY_PREFIX"] else 0
        # Never x_host: a client's header must not decide where links lead.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=prefix
        )


class SecurityHeaders:
    """WSGI middleware that adds headers to every response; those that a view has set itself stay.

    Parameters:
        wsgi_app: the wrapped application.
        headers: the headers by name.
    """

    def __init__(self, wsgi_app: WSGIApplication, headers: dict[str, str]) -> None:
        self.wsgi_app = wsgi_app
        self.headers = [(name.lower(), (name, value)) for name, value in headers.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Call the application."""

        def start(status: str, sent: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
            names = {name.lower() for name, _ in sent}
            missing = [header for name, header in self.headers if name not in names]
            return start_response(status, sent + missing, *exc_info)

        return self.wsgi_app(environ, start)


class PrivateSessionInterface(SecureCookieSessionInterface):
    """Flask's sessions; a response that depends on one must not be cached."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save the session; a response that depends on it must not be shown to the next user."""
        if session.accessed:
            response.headers.setdefault("Cache-Control", "no-store")
        super().save_session(app, session, response)

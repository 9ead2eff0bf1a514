"""Security headers, sessions, and the proxy in front.

The rules follow the OWASP Secure Headers Project (https://owasp.org/www-project-secure-headers/).
"""

import secrets
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response, g
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

from .secret_keys import signing_keys

POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; script-src 'self'{nonce}; style-src 'self'{nonce}"
)
# What a page here asks of no device. OWASP's list but for what pages use, copying for example, and for names that are
# no longer or not everywhere known: Chromium complains of those in its console.
FEATURES = (
    "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), cross-origin-isolated=(), display-capture=(), "
    "encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), keyboard-map=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), usb=(), "
    "xr-spatial-tracking=()"
)
HEADERS = {
    "Content-Security-Policy": POLICY.format(nonce=""),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": FEATURES,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
}
TWO_YEARS = 2 * 365 * 24 * 60 * 60
HTTPS_HEADERS = {"Strict-Transport-Security": f"max-age={TWO_YEARS}; includeSubDomains"}


def init_security(app: Flask) -> None:
    """Send security headers with every response, and trust as many proxies as ``PROXY_HOPS`` says."""
    app.session_interface = RotatingSessionInterface()
    # Flask-WTF passes it on as it is, so that a form which was open while the key changed can still be sent.
    app.config["WTF_CSRF_SECRET_KEY"] = signing_keys(app.config)
    app.after_request(allow_nonce)
    app.add_template_global(csp_nonce)
    app.wsgi_app = SecurityHeaders(app.wsgi_app, constant_headers(app))  # type: ignore[method-assign]
    if hops := app.config["PROXY_HOPS"]:
        # Never x_host: a client's Host header must not decide where links lead.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]


class SecurityHeaders:
    """WSGI middleware that adds the headers which the application has not set itself.

    Parameters:
        application: what answers.
        headers: the headers to add.
    """

    def __init__(self, application: WSGIApplication, headers: dict[str, str]) -> None:
        self.application = application
        self.headers = [(name.lower(), (name, value)) for name, value in headers.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, and add to the headers when they are sent."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            own = {name.lower() for name, _ in headers}
            added = [header for name, header in self.headers if name not in own]
            return start_response(status, headers + added, *error)

        return self.application(environ, start)


class RotatingSessionInterface(SecureCookieSessionInterface):
    """Sessions in signed cookies, for one visitor each.

    One that was opened with a key of ``SECRET_KEY_FALLBACKS`` is signed anew, so that an old key can go soon.
    """

    made: tuple[list[str], URLSafeTimedSerializer | None] = ([], None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Give what signs sessions; it is made once for the same keys, and not for every request."""
        keys = signing_keys(app.config)
        if self.made[0] != keys:
            self.made = (keys, super().get_signing_serializer(app))
        return self.made[1]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open the session; one that only an old key opens counts as modified, and so is sent anew."""
        opened = super().open_session(app, request)
        serializer = super().get_signing_serializer(app) if app.config["SECRET_KEY_FALLBACKS"] else None
        if opened and serializer:
            serializer.secret_keys = serializer.secret_keys[-1:]  # the newest is the last
            valid, _ = serializer.loads_unsafe(request.cookies[self.get_cookie_name(app)])
            opened.modified = not valid
        return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the session; what was made for one visitor must not wait in a shared cache for the next."""
        if session.accessed:
            response.headers.setdefault("Cache-Control", "no-store")
        super().save_session(app, session, response)


def csp_nonce() -> str:
    """Give the nonce that lets an inline script or style of this page run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow_nonce(response: Response) -> Response:
    """Let what has the page's nonce run, where the page has asked for one."""
    if "csp_nonce" in g:
        nonce = f" 'nonce-{g.csp_nonce}'"
        response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    return response


def constant_headers(app: Flask) -> dict[str, str]:
    """Give the headers that are the same for all responses of an application."""
    return HEADERS | HTTPS_HEADERS if app.config["SESSION_COOKIE_SECURE"] else HEADERS

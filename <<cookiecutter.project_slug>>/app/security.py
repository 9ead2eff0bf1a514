"""Security headers, and the proxy in front.

The rules follow the OWASP Secure Headers Project (https://owasp.org/www-project-secure-headers/).
"""

import secrets

from flask import Flask, Response, current_app, g
from werkzeug.middleware.proxy_fix import ProxyFix

HEADERS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; script-src 'self'{nonce}; style-src 'self'{nonce}"
)
TWO_YEARS = 2 * 365 * 24 * 60 * 60


def init_security(app: Flask) -> None:
    """Send security headers with every response, and trust as many proxies as ``PROXY_HOPS`` says."""
    app.after_request(set_headers)
    app.add_template_global(csp_nonce)
    if hops := app.config["PROXY_HOPS"]:
        # Never x_host: a client's Host header must not decide where links lead.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]


def csp_nonce() -> str:
    """Give the nonce that lets an inline script or style of this page run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def set_headers(response: Response) -> Response:
    """Add the headers that the view has not set itself."""
    nonce = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={TWO_YEARS}; includeSubDomains")
    return response

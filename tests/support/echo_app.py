"""A project's application that says what it believes of a request; at `/limited`, three times a minute to one address."""

from app.extensions import limiter
from flask import request, url_for
from wsgi import app


@app.get("/seen")
def seen():
    return {
        "client": request.remote_addr,
        "url": url_for("main.index", _external=True),
        "id": request.headers["X-Request-ID"],
    }


@app.get("/limited")
@limiter.limit("3 per minute")
def limited():
    return seen()


@app.get("/large")
def large():
    return "x" * 1_000_000

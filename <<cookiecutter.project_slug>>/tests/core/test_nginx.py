"""Nginx in front says the same as the application."""

import re

from flask import Flask

from app.config import ROOT
from app.core.security import HEADERS, HTTPS_HEADERS


def test_nginx_sends_the_headers_of_the_application() -> None:
    text = (ROOT / "deploy/nginx/headers.conf").read_text(encoding="utf-8")
    sent = dict(re.findall(r'^add_header (\S+) "(.*)" always;$', text, re.MULTILINE))
    assert sent == HEADERS | HTTPS_HEADERS


def test_nginx_and_the_application_have_the_same_body_limit(app: Flask) -> None:
    text = (ROOT / "deploy/nginx/site.conf").read_text(encoding="utf-8")
    assert f"client_max_body_size {app.config['MAX_CONTENT_LENGTH']};" in text

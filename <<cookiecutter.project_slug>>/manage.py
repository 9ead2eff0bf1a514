#!/usr/bin/env python
"""The ``flask`` command under another familiar name: ``python manage.py run``."""

import os

from flask.cli import main

if __name__ == "__main__":
    os.environ.setdefault("FLASK_APP", "wsgi.py")
    main()

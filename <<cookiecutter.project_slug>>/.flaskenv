# Settings of the flask command on a developer's machine. Secrets stand in .env.
FLASK_APP=wsgi.py
FLASK_DEBUG=1

# Settings of the flask command on a developer's machine. Secrets belong in .env.
FLASK_APP=wsgi.py
FLASK_DEBUG=1
# Another port, when something else has this one (AirPlay on a Mac, for example):
# FLASK_RUN_PORT=5001

"""Cookiecutter's command line, with one line instead of a traceback where Cookiecutter has none.

It compares `key=value` with the choices before anything of a template is loaded, and raises.
"""

import sys

from cookiecutter.cli import main

if __name__ == "__main__":
    try:
        main(prog_name="cookiecutter")
    except ValueError as error:
        sys.exit(str(error))

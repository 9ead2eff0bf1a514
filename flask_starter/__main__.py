"""Cookiecutter's command line, with one line instead of a traceback where Cookiecutter has none.

It compares `key=value` with the choices before anything of a template is loaded, and raises.
"""

import sys
import warnings

if __name__ == "__main__":
    # The gate refuses what Cookiecutter only warns of.
    warnings.filterwarnings("ignore", "Invalid default received", UserWarning)
    try:
        from cookiecutter.cli import main

        main(prog_name="cookiecutter")
    except ValueError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Aborted!")

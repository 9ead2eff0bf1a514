"""Cookiecutter's command line as `make new` runs it: with a dialogue of our own, and one line instead of a traceback.

It compares `key=value` with the choices before anything of a template is loaded, and raises.
"""

import os
import sys
import warnings
from pathlib import Path

import click


def main() -> None:
    """Ask where no answers stand on the command line, then let Cookiecutter write."""
    from cookiecutter.cli import main as cookiecutter

    if sys.argv[2:3] == ["-o"] and len(sys.argv) == 4:
        from flask_starter import dialogue

        if (answers := dialogue.run(Path(sys.argv[3]))) is None:
            raise click.Abort
        sys.argv += answers
    cookiecutter(prog_name="cookiecutter", standalone_mode=False)


if __name__ == "__main__":
    # The gate refuses what Cookiecutter only warns of.
    warnings.filterwarnings("ignore", "Invalid default received", UserWarning)
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, EOFError, click.Abort):
        print("\nAborted: nothing was written.", file=sys.stderr)
        # make would add a line of its own to a failure.
        sys.exit(0 if "MAKELEVEL" in os.environ else 130)

"""Copy the static files to where a web server serves them: `python -m scripts.publish_static FOLDER`.

Each file goes to `DIGEST/static/PATH`, under the digest that its address carries, so that a release never overwrites
what pages of another one refer to. Beside what is worth it lies a copy that is compressed already.
"""

import gzip
import os
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.config import ROOT
from app.core.static_files import digest

COMPRESSED = {".css", ".js", ".svg"}


def publish(target: Path, source: Path = ROOT / "app" / "static") -> int:
    """Copy what is not there yet.

    Parameters:
        target: the folder that is served.
        source: the static files of this release.

    Returns:
        How many files are new.

    Raises:
        OSError: they cannot be written.
    """
    new = 0
    for path in filter(Path.is_file, source.rglob("*")):
        copy = target / digest(str(path), path.stat().st_mtime_ns) / "static" / path.relative_to(source)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in COMPRESSED:
                write(copy.with_name(f"{copy.name}.gz"), gzip.compress(path.read_bytes(), mtime=0))
            write(copy, path.read_bytes())
            new += 1
    return new


def write(path: Path, content: bytes) -> None:
    """Write a file that appears under its name when it is whole."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def main(arguments: list[str] | None = None) -> str:
    """Run the command, and give the line that says what was done."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        raise SystemExit("usage: python -m scripts.publish_static FOLDER")
    os.umask(0o022)  # the web server is somebody else, and reads them
    return f"Published {publish(Path(given[0]))} static files"


if __name__ == "__main__":
    print(main())

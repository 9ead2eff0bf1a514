"""Copy the static files to a folder that a web server serves: `python -m scripts.publish_static FOLDER`.

Each file goes to `HASH/static/PATH`, with the hash of its URL, so that a release never overwrites the files of another.
Text files get a compressed copy beside them.
"""

import gzip
import os
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.config import ROOT
from app.core.static_files import content_hash

COMPRESSED = {".css", ".js", ".svg"}


def publish(target: Path, source: Path = ROOT / "app" / "static") -> int:
    """Copy the static files that are not there yet, and return their number.

    Parameters:
        target: the folder that is served.
        source: the static files of this release.
    """
    copies = {
        target / content_hash(path, path.stat().st_mtime_ns) / "static" / path.relative_to(source): path
        for path in source.rglob("*")
        if path.is_file()
    }
    new = {copy: path.read_bytes() for copy, path in copies.items() if not copy.exists()}
    for copy, content in new.items():
        if copy.suffix in COMPRESSED:
            write(copy.with_name(f"{copy.name}.gz"), gzip.compress(content, mtime=0))
        write(copy, content)
    return len(new)


def write(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


if __name__ == "__main__":
    os.umask(0o022)  # the web server runs as another user
    print(f"Published {publish(Path(sys.argv[1]))} static files")

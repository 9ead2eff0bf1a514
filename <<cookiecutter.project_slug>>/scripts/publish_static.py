"""Copy the static files to a folder that a web server serves: `python -m scripts.publish_static FOLDER`.

Each file goes to `HASH/static/PATH`, with the hash of its URL, so that a release never overwrites the files
of another.
"""

import os
import shutil
import sys
from pathlib import Path

from app.config import ROOT
from app.core.static_files import content_hash


def publish(target: Path, source: Path = ROOT / "app" / "static") -> None:
    """Copy the static files that are not there yet.

    Parameters:
        target: the folder that is served.
        source: the static files of this release.
    """
    for path in filter(Path.is_file, source.rglob("*")):
        copy = target / content_hash(path, path.stat().st_mtime_ns) / "static" / path.relative_to(source)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            # Under another name first, so that half a file is never served.
            shutil.copyfile(path, copy.with_name(f"{copy.name}.new")).replace(copy)


if __name__ == "__main__":
    os.umask(0o022)  # the web server runs as another user
    publish(Path(sys.argv[1]))

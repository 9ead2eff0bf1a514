import os
from pathlib import Path

from app.core.static_files import content_hash
from scripts.publish_static import publish


def test_releases_never_overwrite_the_files_of_another(tmp_path: Path) -> None:
    source, target = tmp_path / "static", tmp_path / "served"
    css = source / "css" / "app.css"
    css.parent.mkdir(parents=True)
    for number, content in enumerate((b"old", b"newer")):
        css.write_bytes(content)
        os.utime(css, (number, number))
        publish(target, source)
        copy = target / content_hash(css, css.stat().st_mtime_ns) / "static" / "css" / "app.css"
        assert copy.read_bytes() == content
    published = {path: path.stat().st_ino for path in target.rglob("*") if path.is_file()}
    publish(target, source)
    assert {path: path.stat().st_ino for path in target.rglob("*") if path.is_file()} == published
    assert len(published) == 2

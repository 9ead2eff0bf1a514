import gzip
import os
import sys
from pathlib import Path

import pytest

from app.core.static_files import digest
from scripts.publish_static import main, publish


def test_files_lie_under_their_digests_and_none_is_overwritten(tmp_path: Path) -> None:
    source, target = tmp_path / "static", tmp_path / "served"
    css = source / "css" / "app.css"
    css.parent.mkdir(parents=True)
    (source / "logo.png").write_bytes(b"png")
    for number, content in enumerate((b"old", b"newer")):
        css.write_bytes(content)
        os.utime(css, (number, number))  # where clocks are coarse both may get the same moment
        publish(target, source)
        place = target / digest(str(css), css.stat().st_mtime_ns) / "static" / "css" / "app.css"
        assert place.read_bytes() == content
        assert gzip.decompress(place.with_name("app.css.gz").read_bytes()) == content
    assert len(list(target.glob("*/static/css/app.css"))) == 2
    assert len(list(target.glob("*/static/logo.png*"))) == 1
    assert publish(target, source) == 0


def test_web_server_can_read_them_whatever_was_forbidden_before(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        main([str(tmp_path)])
    finally:
        os.umask(before)
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in tmp_path.rglob("*"))
    assert all(path.stat().st_mode & 0o011 == 0o011 for path in tmp_path.rglob("*") if path.is_dir())


def test_command_says_what_it_did_or_how_to_call_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main([str(tmp_path)]).startswith("Published ")
    monkeypatch.setattr(sys, "argv", ["publish_static"])
    with pytest.raises(SystemExit, match="usage"):
        main()

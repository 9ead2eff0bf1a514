from pathlib import Path

from flask import Flask

from app.cache import cache
from app.cache.backend import SignedSerializer, release
from app.cache.redis_client import connect

from .test_cache import URL
from .test_cache import shared as shared  # an application whose processes share what they remember


def test_cache_offers_what_flask_caching_does(shared: Flask) -> None:
    with shared.app_context():
        assert cache.set("a", {"b": 1})
        assert (cache.get("a"), cache.has("a"), cache.add("a", 2)) == ({"b": 1}, True, False)
        assert cache.set_many({"c": 1, "d": None}) == ["c", "d"]
        assert cache.get_many("c", "d") == [1, None]
        assert cache.delete("a")
        assert cache.delete_many("c", "d") == ["c", "d"]


def test_what_somebody_else_has_written_is_not_opened(shared: Flask) -> None:
    serializer = SignedSerializer(["old", "new"])
    ours = serializer.dumps([1])
    assert serializer.loads(ours) == SignedSerializer(["new"]).loads(ours) == [1]
    assert SignedSerializer(["another"]).loads(ours) is None
    with shared.app_context():
        connect(URL).set("cache:a", b"!\x80\x04N.")
        assert cache.get("a") is None


def test_release_is_another_one_when_code_or_a_template_is(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    seen = set()
    for name in ("a.py", "templates/a.html", "a.pyc"):
        (tmp_path / name).touch()
        seen.add(release.__wrapped__(str(tmp_path)))
    assert len(seen) == 2

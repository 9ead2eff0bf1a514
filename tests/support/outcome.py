"""What is promised whatever goes wrong: the project is whole, or nothing is left."""

from workspace import Place, tree

# They are the exit codes, too.
WHOLE, NOTHING = 0, 1


def hold(place: Place, outcome: int, code: int, said: str, whole: set[str]) -> None:
    """Hold what is promised whatever goes wrong."""
    assert code == outcome, said
    assert "Traceback" not in said, said
    assert place.outside() == []
    assert place.secrets_elsewhere() == []
    if outcome == NOTHING:
        assert list(place.target.iterdir()) == []
    else:
        assert whole - {"poetry.toml"} <= set(tree(place.target / "shop"))
        assert "\nSECRET_KEY=" in (place.target / "shop" / ".env").read_text(encoding="utf-8")

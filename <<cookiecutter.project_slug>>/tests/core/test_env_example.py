from app.config import ROOT, BaseConfig
from app.core.settings import Env


def test_every_variable_is_explained_in_the_example() -> None:
    env = Env(eager=False)
    BaseConfig(env)
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    # Each may be a file instead; the example says so once, at the top.
    assert not [name for name in env.dump() if f"{name.removesuffix('_FILE')}" not in example]

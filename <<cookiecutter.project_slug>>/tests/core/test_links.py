from typing import Any

import pytest
from flask import Blueprint, Flask, g, render_template_string, request

from app import create_app

PAGE = "{{ url_for('thing', n=n) }}"


@pytest.fixture
def own() -> Flask:
    """An application with an address of its own."""
    app = create_app("testing")
    app.add_url_rule("/things/<n>", endpoint="thing", view_func=lambda n: f"{n}")
    add_page(app, "/page", PAGE)
    return app


def add_page(app: Flask | Blueprint, path: str, source: str) -> None:
    """Add a page that shows a template, which may use ``n`` of the query."""
    app.add_url_rule(path, path.strip("/") or "start", lambda: render_template_string(source, **request.args))


def test_template_links_as_flask_does_the_second_time_too(own: Flask) -> None:
    client = own.test_client()
    texts = [client.get(f"/page?n={n}").text for n in ("a", "b", "a", "c d")]
    assert texts == ["/things/a", "/things/b", "/things/a", "/things/c%20d"]


def test_address_is_built_once(own: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    build = own.url_for

    def url_for(endpoint: str, **values: Any) -> str:
        asked.append(endpoint)
        return build(endpoint, **values)

    monkeypatch.setattr(own, "url_for", url_for)
    client = own.test_client()
    assert client.get("/page?n=a").text == client.get("/page?n=a").text == "/things/a"
    assert asked == ["thing"]


def test_application_below_a_path_links_below_it(own: Flask) -> None:
    client = own.test_client()
    assert client.get("/page?n=a").text == "/things/a"
    mounted = client.get("/page?n=a", environ_overrides={"SCRIPT_NAME": "/below"})
    assert mounted.text == "/below/things/a"


def test_host_and_scheme_of_a_whole_address_are_those_of_the_request(own: Flask) -> None:
    page = "{{ url_for('thing', n='a', _external=true) }} {{ url_for('thing', n='a', _scheme='https') }}"
    add_page(own, "/whole", page)
    client = own.test_client()
    first = client.get("/whole", base_url="http://one.example")
    second = client.get("/whole", base_url="https://two.example")
    assert first.text == "http://one.example/things/a https://one.example/things/a"
    assert second.text == "https://two.example/things/a https://two.example/things/a"


def test_equal_values_of_two_types_stay_apart(own: Flask) -> None:
    add_page(own, "/types", "{{ url_for('thing', n=1) }} {{ url_for('thing', n=true) }}")
    assert own.test_client().get("/types").text == "/things/1 /things/True"


def test_several_values_of_one_name(own: Flask) -> None:
    add_page(own, "/many", "{{ url_for('thing', n='a', q=['x', 'y']) }}")
    assert own.test_client().get("/many").text == "/things/a?q=x&amp;q=y"


def test_relative_endpoint_belongs_to_the_blueprint_of_the_request(own: Flask) -> None:
    for name in ("one", "two"):
        blueprint = Blueprint(name, __name__, url_prefix=f"/{name}")
        add_page(blueprint, "/", "{{ url_for('.start') }}")
        own.register_blueprint(blueprint)
    client = own.test_client()
    assert [client.get(path).text for path in ("/one/", "/two/")] == ["/one/", "/two/"]


def test_defaults_that_depend_on_the_request_are_asked_each_time(own: Flask) -> None:
    def language(endpoint: str, values: dict[str, Any]) -> None:
        values.setdefault("language", g.language)

    own.url_defaults(language)
    own.before_request(lambda: setattr(g, "language", request.args["l"]))
    client = own.test_client()
    texts = [client.get(f"/page?n=a&l={code}").text for code in ("de", "ko")]
    assert texts == ["/things/a?language=de", "/things/a?language=ko"]

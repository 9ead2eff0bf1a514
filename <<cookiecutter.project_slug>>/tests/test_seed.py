from flask.testing import FlaskCliRunner

from app.blueprints.main import services

from .conftest import Call


def test_seed_adds_the_samples(runner: FlaskCliRunner, call: Call) -> None:
    result = runner.invoke(args=["seed"])
    assert "3 notes added." in result.output
    assert call(services.count_notes) == 3


def test_seed_refuses_a_count_that_makes_no_sense(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["seed", "--count", "0"]).exit_code == 2

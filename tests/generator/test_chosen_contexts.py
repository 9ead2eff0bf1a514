"""The few contexts that are tried soon are those that a change concerns."""

import pytest
from chosen_contexts import MOST, TREE, branches, chosen, contexts_for, holds, smallest_for, weight
from contexts import CONTEXTS, OPTIONS


@pytest.mark.parametrize("option", OPTIONS)
def test_each_value_of_an_option_has_its_smallest_context(option: str):
    names = smallest_for(option)
    assert [CONTEXTS[name][option] for name in names] == OPTIONS[option]
    for name in names:
        same = [other for other in CONTEXTS if CONTEXTS[other][option] == CONTEXTS[name][option]]
        assert weight(name) == min(map(weight, same))


@pytest.mark.parametrize(
    "path", ["app/auth/__init__.py", "app/jobs/__init__.py", "migrations/env.py", "uwsgi.ini"]
)
def test_changed_file_brings_a_context_that_holds_it(path: str):
    names = contexts_for([TREE + path])
    assert names[0] == "defaults"
    assert any(holds(CONTEXTS[name], path) for name in names)


def test_changed_file_that_branches_brings_another_side_of_it():
    names = contexts_for([f"{TREE}app/__init__.py"])
    assert len(names) == 2
    options = branches("app/__init__.py")
    assert any(CONTEXTS[names[1]][name] != CONTEXTS["defaults"][name] for name in options)


def test_changes_outside_of_the_tree_are_tried_on_the_defaults():
    assert contexts_for(["README.md", "hooks/post_gen_project.py"]) == ["defaults"]


def test_many_changes_are_tried_on_a_few_contexts():
    files = [
        f"{TREE}{path}"
        for path in ("app/auth/x.py", "app/jobs/x.py", "deploy/k8s/x.yaml", "serve_waitress.py")
    ]
    assert len(contexts_for(files)) <= MOST


def test_names_on_the_command_line_are_checked():
    assert chosen("api,full") == ["api", "full"]
    assert "defaults" in chosen("changed")
    assert len(chosen("option=cache")) == 2
    for wrong in ("nothing", "option=nothing"):
        with pytest.raises(KeyError):
            chosen(wrong)

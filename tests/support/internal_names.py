"""Reads Python for what leans on other packages' internals: private names, replaced attributes.

By syntax alone, so a name that the project defines itself counts as its own wherever it stands, and a variable has the
type that its annotation or its constructor says.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

# Private by their spelling, public by their documentation.
DOCUMENTED_NAMES = {
    "_get_current_object": "https://werkzeug.palletsprojects.com/en/stable/local/#werkzeug.local.LocalProxy",
    "_mapping": "https://docs.sqlalchemy.org/en/21/core/connections.html#sqlalchemy.engine.Row._mapping",
    "_asdict": "https://docs.python.org/3/library/collections.html#collections.somenamedtuple._asdict",
    "_replace": "https://docs.python.org/3/library/collections.html#collections.somenamedtuple._replace",
    "_fields": "https://docs.python.org/3/library/collections.html#collections.somenamedtuple._fields",
    "_exit": "https://docs.python.org/3/library/os.html#os._exit",
}
# What documentation says to assign: the class, or the variable where its class does not stand in the file, and the
# attribute; * is any.
FLASK = "https://flask.palletsprojects.com/en/stable/api"
DOCUMENTED_ATTRIBUTES = {
    ("Flask", "json"): f"{FLASK}/#flask.Flask.json",
    ("Flask", "wsgi_app"): f"{FLASK}/#flask.Flask.wsgi_app",
    ("Flask", "session_interface"): f"{FLASK}/#flask.Flask.session_interface",
    ("Flask", "request_class"): f"{FLASK}/#flask.Flask.request_class",
    ("Flask", "debug"): f"{FLASK}/#flask.Flask.debug",
    ("g", "*"): f"{FLASK}/#flask.g",
    ("session", "modified"): f"{FLASK}/#flask.session.modified",
    ("session", "permanent"): f"{FLASK}/#flask.session.permanent",
    ("request", "max_content_length"): f"{FLASK}/#flask.Request.max_content_length",
    ("response", "*"): f"{FLASK}/#flask.Response",
    ("Response", "*"): f"{FLASK}/#flask.Response",
    ("PaginationParameters", "item_count"): "https://flask-smorest.readthedocs.io/en/latest/pagination.html",
    # Of a copy of the project's own tables: https://docs.sqlalchemy.org/en/21/core/metadata.html
    ("column", "type"): "sqlalchemy.Column.type",
    ("celery.conf", "*"): "https://docs.celeryq.dev/en/stable/userguide/application.html#configuration",
    ("Config", "*"): "https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html",
    ("LogRecord", "*"): "https://docs.python.org/3/library/logging.html#logging.Filter.filter",
    ("ThreadingHTTPServer", "daemon_threads"): "https://docs.python.org/3/library/socketserver.html",
    ("FakeServer", "connected"): "https://fakeredis.readthedocs.io/en/latest/",
    ("connection.scalar", "return_value"): "https://docs.python.org/3/library/unittest.mock.html",
}
REPLACERS = {"setattr", "delattr"}
READERS = {"getattr", "hasattr"}


@dataclass(frozen=True)
class Finding:
    """What leans on somebody else's internals.

    Parameters:
        file: the path in the project.
        line: its line.
        what: the name, as it is written.
    """

    file: str
    line: int
    what: str


@dataclass
class Names:
    """What a project defines itself.

    Parameters:
        packages: its top-level modules and packages.
        private: its names that begin with an underscore.
        attributes: the attributes of its classes.
    """

    packages: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)


def is_private(name: str) -> bool:
    """Return whether a name is another's to keep: `_x` and `__x`, but not `_` and not `__x__`."""
    return name.startswith("_") and name.strip("_") != "" and not name.endswith("__")


def own_names(sources: dict[str, str]) -> Names:
    """Collect what the Python files of a project, by their paths, define."""
    names = Names({path.split("/")[0].removesuffix(".py") for path in sources})
    for source in sources.values():
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.ClassDef(name=name, body=body):
                    names.private.add(name)
                    names.attributes |= {target for statement in body for target in targets(statement)}
                case ast.FunctionDef(name=name, args=args) | ast.AsyncFunctionDef(name=name, args=args):
                    names.private |= {name, *(a.arg for a in ast.walk(args) if isinstance(a, ast.arg))}
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr, ctx=ast.Store()):
                    names.private.add(attr)
                    names.attributes.add(attr)
                case ast.Name(id=name, ctx=ast.Store()):
                    names.private.add(name)
    return names


def targets(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a class's body defines."""
    match statement:
        case ast.Assign(targets=assigned):
            yield from (target.id for target in assigned if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.FunctionDef(name=name):
            yield name


class Reader(ast.NodeVisitor):
    """Reads one file; `found` holds its findings.

    Parameters:
        file: its path in the project.
        names: what the project defines.
    """

    def __init__(self, file: str, names: Names) -> None:
        self.file = file
        self.names = names
        self.found: list[Finding] = []
        self.foreign: set[str] = set()  # names that were imported from other packages
        self.types: dict[str, str] = {}  # what variables are, as far as the file says

    def report(self, node: ast.AST, what: str) -> None:
        self.found.append(Finding(self.file, node.lineno, what))  # type: ignore[attr-defined]

    def is_foreign(self, name: str) -> bool:
        return name.split(".")[0] not in self.names.packages

    def visit_Import(self, node: ast.Import) -> None:
        for alias in filter(lambda alias: self.is_foreign(alias.name), node.names):
            self.foreign.add((alias.asname or alias.name).split(".")[0])
            if any(map(is_private, alias.name.split("."))):
                self.report(node, f"import {alias.name}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level or not self.is_foreign(module):
            return
        for alias in node.names:
            self.foreign.add(alias.asname or alias.name)
            if any(map(is_private, [*module.split("."), alias.name])):
                self.report(node, f"from {module} import {alias.name}")

    def visit_arg(self, node: ast.arg) -> None:
        if isinstance(node.annotation, ast.Name | ast.Attribute | ast.Constant):
            self.types[node.arg] = ast.unparse(node.annotation).strip("'").split(".")[-1]
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=made))):
                self.types[name] = "Flask" if made == "create_app" else made
        for target in node.targets:
            self.check_replaced(target)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.check_replaced(node.target)
        self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.check_replaced(target)
        self.generic_visit(node)

    def check_replaced(self, target: ast.expr) -> None:
        """Report the assignment to an attribute of what is not the project's."""
        match target:
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self.check_replaced(element)
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(value=owner, attr=attr):
                text = ast.unparse(owner)
                kind = self.types.get(text, text)
                # What is reached through something else is hardly ever the project's own.
                foreign = kind in self.foreign or text.split(".")[0] in self.foreign
                foreign |= isinstance(owner, ast.Attribute)
                documented = {(kind, attr), (kind, "*")} & set(DOCUMENTED_ATTRIBUTES)
                if not documented and (foreign or attr not in self.names.attributes):
                    self.report(target, f"{kind}.{attr} =")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        text = ast.unparse(node)
        own = node.attr in self.names.private and text.split(".")[0] not in self.foreign
        if is_private(node.attr) and node.attr not in DOCUMENTED_NAMES and not own:
            self.report(node, text)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func).split(".")[-1]
        constants = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in REPLACERS | READERS | {"attrgetter", "object"}:
            for constant in constants:
                for part in filter(is_private, constant.split(".")):
                    if part not in self.names.private | set(DOCUMENTED_NAMES):
                        self.report(node, f"{name} {constant}")
        self.generic_visit(node)


def findings(sources: dict[str, str]) -> list[Finding]:
    """Return what the Python files of a project, by their paths, lean on that is not theirs."""
    names = own_names(sources)
    found: list[Finding] = []
    for path, source in sources.items():
        reader = Reader(path, names)
        reader.visit(ast.parse(source))
        found += reader.found
    return found

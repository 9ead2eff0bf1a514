"""Changes that an owner makes to models, as data: what the models look like afterwards, and what is written by hand."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[T]], T]

FIRST_TABLES = 4
HEAD = '''"""Tables that change."""

import datetime
import enum
from typing import Any

from sqlalchemy import (
    JSON, BigInteger, Boolean, CheckConstraint, Date, ForeignKey, Integer, Numeric, String, Text, text
)
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"
'''
TYPES = [
    "String(40)",
    "Text",
    "Integer",
    "Boolean",
    "Numeric(12, 2)",
    "Date",
    "JSON",
    "datetime.datetime",
    "Color",
]
WIDER = {"String(40)": "String(80)", "String(80)": "Text", "Integer": "BigInteger"}
DEFAULTS = {"String(40)": "'none'", "Integer": "7"}
# What the rows get that have no value yet; it differs from row to row.
BY_ROW = {"String(40)": "'row ' || id", "Integer": "100 + id"}
FILLED = """op.execute("UPDATE {table} SET {column} = {value} WHERE {column} IS NULL")
    with op.batch_alter_table("{table}") as batch:
        batch.alter_column("{column}", existing_type=sa.{kind}, nullable=False)
"""


@dataclass
class Column:
    """A column of a model, apart from the key.

    Parameters:
        id: a number that it keeps when it is renamed.
        kind: its type as the models write it.
        different: whether no two rows have the same value.
    """

    id: int
    name: str
    kind: str
    nullable: bool = True
    different: bool = True
    default: str = ""
    unique: bool = False
    index: bool = False
    checked: bool = False
    refers_to: int = 0
    on_delete: str = "CASCADE"

    def line(self, names: dict[int, str]) -> str:
        """Return the line that declares it."""
        annotated = self.kind in ("Color", "datetime.datetime")
        annotation = f"{self.kind}{' | None' * self.nullable}" if annotated else "Any"
        words = [] if annotated else [self.kind, f"nullable={self.nullable}"]
        if self.refers_to:
            words.insert(1, f'ForeignKey("{names[self.refers_to]}.id", ondelete="{self.on_delete}")')
        words += ["unique=True"] * self.unique + ["index=True"] * self.index
        words += [f'server_default=text("{self.default}")'] * bool(self.default)
        return f"    {self.name}: Mapped[{annotation}] = mapped_column({', '.join(words)})\n"


@dataclass
class Table:
    """A model; `id` is a number that it keeps when it is renamed."""

    id: int
    name: str
    columns: list[Column] = field(default_factory=list)


@dataclass
class Change:
    """What is done at one step.

    Parameters:
        by_hand: the bodies of the functions of a migration that is written by hand, if it is.
        edits: what is corrected in one that autogenerate wrote: the function, a pattern, and what takes its place.
    """

    by_hand: list[str] = field(default_factory=list)
    edits: list[list[str]] = field(default_factory=list)


class Models:
    """The models as they stand."""

    def __init__(self, draw: Draw[Any]) -> None:
        self.draw = draw
        self.ids = count(1)
        self.tables: list[Table] = []

    def text(self) -> str:
        """Return the module."""
        names = {table.id: table.name for table in self.tables}
        text = HEAD
        for table in self.tables:
            text += f'\n\nclass Model{table.id}(Base):\n    __tablename__ = "{table.name}"\n'
            if checked := [column.name for column in table.columns if column.checked]:
                checks = [f'CheckConstraint("{name} <> 0", name="{name}_sign"), ' for name in checked]
                text += f"    __table_args__ = ({''.join(checks)})\n"
            text += "\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
            text += "".join(column.line(names) for column in table.columns)
        return text

    def places(self) -> dict[tuple[int, int], tuple[str, str]]:
        """Return where each column's values are: table and column by number, and by name."""
        return {
            (table.id, column.id): (table.name, column.name)
            for table in self.tables
            for column in [Column(0, "id", "Integer"), *table.columns]
        }

    def pick(self, wanted: Callable[[Column], bool]) -> tuple[Table, Column]:
        """Choose a column.

        Raises:
            LookupError: there is none.
        """
        found = [(table, column) for table in self.tables for column in table.columns if wanted(column)]
        if not found:
            raise LookupError
        return self.choose(found)

    def pick_table(self, wanted: Callable[[Table], bool]) -> Table:
        """Choose a table.

        Raises:
            LookupError: there is none.
        """
        found = [table for table in self.tables if wanted(table)]
        if not found:
            raise LookupError
        return self.choose(found)

    def choose(self, found: Sequence[T]) -> T:
        """Choose one of a few."""
        return found[self.draw(st.integers(0, len(found) - 1))]

    def new_column(self, **properties: Any) -> Column:
        """Return a column of any type, unless the properties say which."""
        number = next(self.ids)
        kind = properties.pop("kind", None) or self.choose(TYPES)
        different = kind in BY_ROW or kind == "Text"
        return Column(number, f"c{number}", kind, **{"different": different} | properties)

    def filled(self, table: Table, column: Column, function: str) -> Change:
        """Give each row its own value, in a column that is NOT NULL."""
        value = BY_ROW[column.kind]
        filled = FILLED.format(
            table=table.name, column=column.name, value=value, kind=with_words(column.kind)
        )
        old = rf"(sa\.Column\('{column.name}', .*?nullable=)False\)\)\n"
        return Change(edits=[[function, old, rf"\1True))\n    {filled}"]])


class Changes(Models):
    """Each method is a kind of change; it raises LookupError where there is nothing to change."""

    def add_table(self) -> Change:
        number = next(self.ids)
        table = Table(number, f"t{number}", [self.new_column() for _ in range(3)])
        if self.tables:
            parent = self.choose(self.tables)
            table.columns.append(self.new_column(kind="Integer", refers_to=parent.id))
        self.tables.append(table)
        return Change()

    def drop_table_and_what_refers_to_it(self) -> Change:
        table = self.choose(self.tables)
        others = [other for other in self.tables if other is not table]
        keys = [(other, c) for other in others for c in other.columns if c.refers_to == table.id]
        if len(self.tables) < 3 or not keys or not all(c.nullable and not c.checked for _, c in keys):
            raise LookupError
        for other, column in keys:
            other.columns.remove(column)
        self.tables.remove(table)
        return Change()

    def drop_table(self) -> Change:
        referred = {column.refers_to for table in self.tables for column in table.columns}
        if len(self.tables) < 3:
            raise LookupError
        self.tables.remove(self.pick_table(lambda table: table.id not in referred))
        return Change()

    def rename_table(self) -> Change:
        table = self.pick_table(lambda table: not any(column.checked for column in table.columns))
        old, table.name = table.name, f"t{next(self.ids)}"
        return Change(
            by_hand=[
                f'    op.rename_table("{old}", "{table.name}")',
                f'    op.rename_table("{table.name}", "{old}")',
            ]
        )

    def add_column(self) -> Change:
        self.choose(self.tables).columns.append(self.new_column())
        return Change()

    def add_column_with_server_default(self) -> Change:
        kind = self.choose(sorted(DEFAULTS))
        column = self.new_column(kind=kind, default=DEFAULTS[kind], nullable=False, different=False)
        self.choose(self.tables).columns.append(column)
        return Change()

    def add_column_filled_by_row(self) -> Change:
        table = self.choose(self.tables)
        column = self.new_column(kind=self.choose(sorted(BY_ROW)), nullable=False)
        table.columns.append(column)
        return self.filled(table, column, "upgrade")

    def change_check(self) -> Change:
        table, column = self.pick(lambda column: column.kind == "Integer")
        column.checked = not column.checked
        name = f"{column.name}_sign"
        batch = f'    with op.batch_alter_table("{table.name}") as batch:\n        batch.'
        add = f'{batch}create_check_constraint("{name}", "{column.name} <> 0")'
        drop = f'{batch}drop_constraint("{name}", type_="check")'
        return Change(by_hand=[add, drop] if column.checked else [drop, add])

    def drop_column(self) -> Change:
        table, column = self.pick(lambda column: column.nullable and not column.checked)
        table.columns.remove(column)
        return Change()

    def drop_column_that_is_not_null(self) -> Change:
        table, column = self.pick(
            lambda column: not (column.nullable or column.default or column.checked) and column.kind in BY_ROW
        )
        table.columns.remove(column)
        return self.filled(table, column, "downgrade")

    def rename_column(self) -> Change:
        table, column = self.pick(lambda column: not column.checked)
        old, column.name = column.name, f"c{next(self.ids)}"
        return Change(
            by_hand=[
                f'    op.alter_column("{table.name}", "{old}", new_column_name="{column.name}")',
                f'    op.alter_column("{table.name}", "{column.name}", new_column_name="{old}")',
            ]
        )

    def widen(self) -> Change:
        _, column = self.pick(lambda column: column.kind in WIDER and not column.refers_to)
        column.kind = WIDER[column.kind]
        return Change()

    def store_number_as_text(self) -> Change:
        _, column = self.pick(
            lambda column: (
                column.kind == "Integer" and not (column.refers_to or column.default or column.checked)
            )
        )
        column.kind = "String(40)"
        using = rf"\1, postgresql_using='{column.name}::integer'"
        return Change(edits=[["downgrade", r"(type_=sa\.INTEGER\(\))", using]])

    def require_values(self) -> Change:
        table, column = self.pick(
            lambda column: column.nullable and column.kind in BY_ROW and not column.refers_to
        )
        column.nullable = False
        value = f"UPDATE {table.name} SET {column.name} = {BY_ROW[column.kind]} WHERE {column.name} IS NULL"
        return Change(edits=[["upgrade", r"None:\n", f'None:\n    op.execute("{value}")\n']])

    def allow_null(self) -> Change:
        self.pick(lambda column: not column.nullable)[1].nullable = True
        return Change()

    def set_server_default(self) -> Change:
        _, column = self.pick(lambda column: column.kind in DEFAULTS and not column.refers_to)
        column.default = "" if column.default else DEFAULTS[column.kind]
        return Change()

    def require_difference(self) -> Change:
        self.pick(lambda column: column.different and not column.unique)[1].unique = True
        return Change()

    def allow_the_same(self) -> Change:
        self.pick(lambda column: column.unique)[1].unique = False
        return Change()

    def add_index(self) -> Change:
        self.pick(lambda column: not column.index and column.kind != "JSON")[1].index = True
        return Change()

    def drop_index(self) -> Change:
        self.pick(lambda column: column.index)[1].index = False
        return Change()

    def relate(self) -> Change:
        table, parent = self.choose(self.tables), self.choose(self.tables)
        table.columns.append(self.new_column(kind="Integer", refers_to=parent.id))
        return Change()

    def unrelate(self) -> Change:
        self.pick(lambda column: bool(column.refers_to))[1].refers_to = 0
        return Change()

    def delete_otherwise(self) -> Change:
        _, column = self.pick(lambda column: bool(column.refers_to))
        column.on_delete = "SET NULL" if column.on_delete == "CASCADE" else "CASCADE"
        return Change()


CHANGES = [name for name in vars(Changes) if not name.startswith("_")]


def with_words(kind: str) -> str:
    """Return a type as a migration writes it."""
    return kind if "(" in kind else f"{kind}()"


def changes(draw: Draw[Any], number: int) -> Iterator[tuple[str, Models, Models, Change]]:
    """Yield changes after each other: the kind, the models before and after, and what is written by hand.

    The kinds that were there least often come first, so that a walk of their number meets them all.
    """
    models = Changes(draw)
    times = dict.fromkeys(CHANGES, 0)
    for step in range(number):
        before = copy.copy(models)
        before.tables = copy.deepcopy(models.tables)
        kinds = sorted(CHANGES, key=lambda kind: (step >= FIRST_TABLES or kind != "add_table", times[kind]))
        while True:
            kind = draw(st.sampled_from(kinds[: 1 if step < FIRST_TABLES else 5]))
            try:
                change = getattr(models, kind)()
                break
            except LookupError:
                kinds.remove(kind)
        times[kind] += 1
        yield kind, before, models, change

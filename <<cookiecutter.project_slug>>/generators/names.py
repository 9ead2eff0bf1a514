"""NAME is in the singular: book. A field is name:type, then ? if it is optional, then modifiers:

\b
title:string:80:unique    a length (or 2..80), a unique value
body:text?                some shells want quotes: "body:text?"
price:decimal:8.2         8 digits, 2 of them after the point
pages:integer:1..5000     a range; so for float and decimal
state:choice:draft,out:default=draft
author:references         a row of the resource author; editor:references:author has another name

Types: string text email url integer decimal float boolean date datetime choice uuid references.
Modifiers: index; default=VALUE of string, text, integer, decimal, float, boolean and choice;
unique of string, email, url, integer, date and uuid. One string or text is required: it names a row.
"""

import builtins
import keyword
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from click import ClickException

TEXTS = {"string": 120, "text": 10_000, "email": 254, "url": 2_000}  # and their lengths
CONVERTERS: dict[str, Any] = {"integer": int, "decimal": Decimal, "float": float}
NAME = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
NUMBER = r"(-?\d+(?:\.\d+)?)"
KINDS = (*TEXTS, *CONVERTERS, "boolean", "date", "datetime", "choice", "uuid", "references")
UNIQUE = ("string", "email", "url", "integer", "date", "uuid")
# What forms, schemas and models use themselves, and what the generated functions do.
USED_IN_CLASSES = """after as_uuid before between bool created created_at csrf_token data date datetime
    decimal dict errors exact fields float form_errors hidden_tag id in_utc int is_submitted is_uuid items
    limit mapped_column meta metadata object optional_id opts owner populate_obj process
    property q registry relationship self str strip validate validate_on_submit""".split()  # noqa: SIM905
USED_IN_FUNCTIONS = """api app body cache call client core count db error field flash form forms found link
    main migration migrations model models page pages query redirect request resource row rows schema seed
    select service services session statement test tests url value view views""".split()  # noqa: SIM905


class Name(NamedTuple):
    """The forms of a resource's name."""

    singular: str  # order_item
    plural: str
    label: str  # order item
    labels: str
    a: str  # an order item
    model: str  # OrderItem
    models: str


def parse_name(text: str, plural: str | None) -> Name:
    """Return the forms of a name; one that is not counted, like that of a page, has no plural.

    Raises:
        ClickException: it cannot be one.
    """
    for word in (text, plural or text):
        if not re.fullmatch(NAME, word):
            guess = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W+", "_", word).strip("_").lower()
            hint = guess if re.fullmatch(NAME, guess) else "ASCII letters, digits and underscores"
            raise ClickException(f"{word!r} is no name in lowercase: type {hint}.")
        if keyword.iskeyword(word) or word in {*dir(builtins), *USED_IN_CLASSES, *USED_IN_FUNCTIONS}:
            raise ClickException(f"{word!r} has a meaning of its own: type my_{word} for example.")
    if plural == "" and text.endswith("s") and not text.endswith("ss"):
        raise ClickException(f"{text!r} looks like a plural: type {text[:-1]}, or add --plural.")
    if plural == text:
        raise ClickException("The plural must differ from the name: type another --plural.")
    ending = "es" if text.endswith(("s", "x", "z", "ch", "sh")) else "s"
    plural = text if plural is None else plural or re.sub(r"(?<=[^aeiou])y$", "ie", text) + ending
    labels = (text.replace("_", " "), plural.replace("_", " "))
    models = (text.title().replace("_", ""), plural.title().replace("_", ""))
    return Name(text, plural, *labels, f"{'an' if text[0] in 'aeiou' else 'a'} {labels[0]}", *models)


@dataclass
class Field:
    """A field of a resource."""

    name: str
    kind: str
    key: str  # the name of the column
    label: str
    const: str
    is_text: bool
    optional: bool
    unique: bool = False
    index: bool = False
    low: Any = None
    high: Any = None
    digits: int = 10
    places: int = 2
    choices: tuple[str, ...] = ()
    default: Any = None
    target: str = ""  # the resource that it refers to
    other: Name | None = None
    back: str = ""  # the relationship back
    nullable: bool = False


def parse_field(text: str) -> Field:
    """Return the field that a word of the command line describes.

    Raises:
        ClickException: it describes none.
    """
    name, _, rest = text.partition(":")
    kind, *modifiers = rest.split(":")
    kind, optional = kind.removesuffix("?") or "string", kind.endswith("?")
    key = f"{name}_id" if kind == "references" else name
    label = name.replace("_", " ").capitalize()
    field = Field(name, kind, key, label, name.upper(), kind in TEXTS, optional, index=kind == "references")
    taken = keyword.iskeyword(name) or name in USED_IN_CLASSES or name.startswith("validate_")
    if taken or not re.fullmatch(NAME, name):
        raise ClickException(f"{name!r} is no name of a field: it is reserved, or not in lowercase.")
    if name.endswith("_id"):
        raise ClickException(f"{text!r}: type {name.removesuffix('_id')}:references to refer to a row.")
    if field.kind not in KINDS:
        raise ClickException(f"{text!r}: there is no type {field.kind!r}: type one of {', '.join(KINDS)}.")
    bounds = {"integer": (-(2**31), 2**31 - 1), "float": (-1e15, 1e15)}
    field.low, field.high = bounds.get(field.kind, (None, TEXTS.get(field.kind)))
    field.target = name if field.kind == "references" else ""
    for modifier in modifiers:
        apply(field, modifier, text)
    return check_field(field, text)


def apply(field: Field, modifier: str, text: str) -> None:
    """Apply one modifier to a field.

    Raises:
        ClickException: it has no meaning for its type.
    """
    numbers = re.fullmatch(rf"{NUMBER}\.\.{NUMBER}", modifier)
    convert = CONVERTERS.get(field.kind, int)
    try:
        if modifier in ("unique", "index", "optional"):
            setattr(field, modifier, True)
        elif modifier.startswith("default="):
            field.default = modifier.removeprefix("default=")
        elif numbers and (field.kind in CONVERTERS or field.kind in ("string", "text")):
            field.low, field.high = convert(numbers[1]), convert(numbers[2])
        elif field.kind in TEXTS and modifier.isdecimal():
            field.high = int(modifier)
        elif field.kind == "decimal" and (digits := re.fullmatch(r"(\d+)\.(\d+)", modifier)):
            field.digits, field.places = int(digits[1]), int(digits[2])
        elif field.kind == "choice" and re.fullmatch(r"\w{1,50}(,\w{1,50})*", modifier, re.ASCII):
            field.choices = tuple(dict.fromkeys(modifier.split(",")))
        elif field.kind == "references" and re.fullmatch(r"[a-z]\w*", modifier, re.ASCII):
            field.target = modifier
        else:
            raise ValueError
    except ValueError:
        hint = f"the ? follows the type, {field.kind}?" if modifier.endswith("?") else "see --help"
        raise ClickException(f"{text!r}: {modifier!r} is no modifier of {field.kind}: {hint}.") from None


def check_field(field: Field, text: str) -> Field:
    """Complete a field, and reject what contradicts itself.

    Raises:
        ClickException: it does.
    """
    low, high, limit = field.low, field.high, Decimal(2**31 - 1)
    if field.kind == "decimal":
        limit = (Decimal(10) ** field.digits - 1).scaleb(-field.places)
        field.low, field.high = low, high = -limit if low is None else low, limit if high is None else high
    least = low or 0 if field.is_text else low
    problems = {
        "at most 15 digits, and fewer places: 10.2": not 0 <= field.places < field.digits <= 15,
        "a range that fits the type": field.kind in ("integer", "decimal") and max(-low - 1, high) > limit,
        "the smaller bound first": high is not None and (high < least or (field.is_text and high < 1)),
        "text for more than 2000 characters": field.kind == "string" and high > 2_000,
        f"the choices, {field.name}:choice:draft,out": field.kind == "choice" and not field.choices,
        "unique, or the question mark": field.unique and field.optional,
        f"unique only for {', '.join(UNIQUE)}": field.unique and field.kind not in UNIQUE,
        "boolean without a question mark, it is false then": field.kind == "boolean" and field.optional,
        "no shortest length for what may be empty": field.is_text and field.optional and low,
    }
    for hint in [hint for hint, wrong in problems.items() if wrong]:
        raise ClickException(f"{text!r}: type {hint}.")
    if field.default is not None:
        field.default = parse_default(field, text)
    field.nullable = field.optional and not field.is_text and field.default is None
    return field


def parse_default(field: Field, text: str) -> Any:
    """Return the default of a field as a value of its type.

    Raises:
        ClickException: it is none, or the type has no defaults.
    """
    kind, word = field.kind, field.default
    number = rf"-?\d{{1,12}}(\.\d{{1,{field.places}}})?"
    patterns = {"boolean": "true|false", "string": "[ -~]+", "text": "[ -~]+", "integer": r"-?\d{1,10}"}
    patterns |= {"decimal": number, "float": number, "choice": "|".join(field.choices)}
    if re.fullmatch(patterns.get(kind, "(?!)"), word):
        value = word == "true" if kind == "boolean" else CONVERTERS.get(kind, str)(word)
        size = len(value) if field.is_text else value
        if field.high is None or (field.low or 0 if field.is_text else field.low) <= size <= field.high:
            return value
    raise ClickException(f"{text!r}: {word!r} is no default of {kind}: see --help.")

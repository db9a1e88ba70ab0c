"""A service's settings: one frozen dataclass, read from the environment once.

    @dataclass(frozen=True)
    class Settings(Common):
        service: ClassVar[str] = "persona"
        half_life_days: PositiveFloat = setting(30.0, "After this long evidence counts half.",
                                                unit="days")

    settings = read(Settings, os.environ)      # DRAMATIS_PERSONA_HALF_LIFE_DAYS=14

Constraints are pydantic's annotated types. What cannot be read, is missing, unknown or unsafe is
collected into one `SettingsError`, so that one start shows everything that is wrong.
"""

import dataclasses
import difflib
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from typing import Any, ClassVar, Final, TypeVar, get_type_hints

from pydantic import PydanticUserError, TypeAdapter, ValidationError

PREFIX: Final = "DRAMATIS_"


class _Required:
    """The default of a setting that has none."""


REQUIRED: Final[Any] = _Required()


class Settings:
    """What every settings dataclass is: it knows its service and can check itself."""

    service: ClassVar[str] = ""

    def check(self) -> Iterable["Problem"]:
        """Yields what is wrong with values that are each fine alone."""
        return ()


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one variable, in a sentence that holds no secret."""

    variable: str
    message: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.message}"


class SettingsError(Exception):
    """The environment does not make settings; says each variable and what was expected."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as documentation shows it."""

    variable: str
    type_name: str
    default: str
    unit: str
    doc: str


def setting(
    default: Any, doc: str, *, unit: str = "", shared: bool = False, secret: bool = False
) -> Any:
    """A field of a settings dataclass.

    Args:
        default: its value when the variable is not set, or `REQUIRED`.
        doc: one sentence: what it changes.
        unit: seconds, bytes, ...
        shared: named DRAMATIS_<NAME> and the same for all services, not DRAMATIS_<SERVICE>_<NAME>.
        secret: never shown, not even in an error.
    """
    metadata = types.MappingProxyType(
        {"doc": doc, "unit": unit, "shared": shared, "secret": secret}
    )
    return dataclasses.field(default=default, repr=not secret, metadata=metadata)


def variable(cls: type[Settings], name: str) -> str:
    """The environment variable of a field."""
    field = {field.name: field for field in _fields(cls)}[name]
    middle = "" if field.metadata["shared"] else f"{cls.service.upper()}_"
    return f"{PREFIX}{middle}{name.upper()}"


def read(cls: type[S], environ: Mapping[str, str]) -> S:
    """The settings that the environment gives.

    Raises:
        SettingsError: with every problem found, not only the first.
    """
    hints = get_type_hints(cls, include_extras=True)
    values: dict[str, Any] = {}
    problems = list(_unknown(cls, environ))
    for field in _fields(cls):
        name = variable(cls, field.name)
        text = environ.get(name)
        if text is None and field.default is not REQUIRED:
            continue
        try:
            values[field.name] = _convert(hints[field.name], text)
        except ValueError as error:
            shown = "" if field.metadata["secret"] or text is None else f", got {text!r}"
            problems.append(Problem(name, f"{error}{shown}. {field.metadata['doc']}"))
    if problems:
        raise SettingsError(problems)
    settings = cls(**values)
    if problems := list(settings.check()):
        raise SettingsError(problems)
    return settings


def describe(cls: type[Settings]) -> Iterator[Row]:
    """Yields each setting, as the documentation lists it."""
    hints = get_type_hints(cls)
    for field in _fields(cls):
        yield Row(
            variable=variable(cls, field.name),
            type_name=_type_name(hints[field.name]),
            default="required" if field.default is REQUIRED else _shown(field.default),
            unit=field.metadata["unit"],
            doc=field.metadata["doc"],
        )


def _fields(cls: type[Settings]) -> Iterator["dataclasses.Field[Any]"]:
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        if "doc" not in field.metadata or field.default is MISSING:
            raise TypeError(f"{cls.__name__}.{field.name} must be declared with setting(...)")
        yield field


def _convert(hint: Any, text: str | None) -> Any:
    """The value of a variable's text; ValueError holds a sentence without the text itself."""
    if text is None:
        raise ValueError("must be set")
    try:
        return TypeAdapter(hint).validate_python(text)
    except ValidationError as error:
        message = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise ValueError(message.removeprefix("Value error, ")) from None
    except PydanticUserError as error:
        raise TypeError(f"no setting can have the type {hint}") from error


def _unknown(cls: type[Settings], environ: Mapping[str, str]) -> Iterator[Problem]:
    known = [variable(cls, field.name) for field in _fields(cls)]
    for name in sorted(environ):
        if name.startswith(f"{PREFIX}{cls.service.upper()}_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {near[0]}?" if near else "; see docs/configuration.md"
            yield Problem(name, f"there is no such setting{hint}")


def _type_name(hint: Any) -> str:
    return getattr(hint, "__name__", None) or str(hint)


def _shown(default: object) -> str:
    return "" if default is None else str(default)

"""What a JSON Schema has against a YAML file, in the user's words and with what was expected."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final, cast

from jsonschema.exceptions import ValidationError

from dramatis.runtime.yaml_marks import Problem, Steps

_BOUNDS: Final = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def explain(error: ValidationError) -> Problem:
    """The validator's finding in the user's words."""
    steps: Steps = tuple(error.absolute_path)
    value: Any = error.instance
    wanted: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            known = list(cast("dict[str, Any]", error.schema).get("properties", {}))
            wrong = next(k for k in value if k not in known)
            return Problem((*steps, wrong), f"unknown key {wrong!r}" + suggest(wrong, known), True)
        case "required":
            absent = [k for k in wanted if k not in value]
            place = f" in {named(steps)}" if steps else ""
            return Problem(steps, f"missing {', '.join(map(repr, absent))}{place}")
        case "enum":
            return Problem(steps, f"{value!r} is not known" + suggest(str(value), wanted))
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else list(wanted)
            shown = "nothing" if value is None else repr(value)
            return Problem(steps, f"{named(steps)} must be {_kind(kinds)}, not {shown}")
        case "minItems" | "minProperties" | "minLength":
            return Problem(steps, f"{named(steps)} is too short: at least {wanted} expected")
        case kind:
            bound = _BOUNDS.get(str(kind))
            told = f" must be {bound} {wanted:g}, not {value:g}" if bound else f": {error.message}"
            return Problem(steps, named(steps) + told)


def suggest(wrong: str, known: Iterable[str]) -> str:
    """'; did you mean ...?' for a near miss, else the known names."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    close = get_close_matches(wrong.casefold(), list(folded), 1, 0.6)
    if close:
        return f"; did you mean {folded[close[0]]!r}?"
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"; expected one of: {shown}" if names else ""


def named(steps: Steps) -> str:
    """The path as people read it; items of a list count from 1."""
    return ".".join(str(s + 1) if isinstance(s, int) else s for s in steps) or "the file"


def _kind(kinds: list[str]) -> str:
    words = {"object": "a mapping", "array": "a list", "string": "text", "number": "a number"}
    if "boolean" in kinds:  # any scalar: it is read as text
        return "text"
    return " or ".join(words[k] for k in kinds if k != "null")

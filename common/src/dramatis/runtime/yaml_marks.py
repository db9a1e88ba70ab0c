"""YAML as plain values, with the line and column of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from dramatis.core.errors import Invalid

Step: TypeAlias = str | int
Steps: TypeAlias = tuple[Step, ...]

MAX_VALUES = 20_000  # far beyond any real one; anchors of anchors would otherwise fill the memory
MERGE = "tag:yaml.org,2002:merge"
NULL = "tag:yaml.org,2002:null"


IsNumber: TypeAlias = Callable[[Steps], bool]


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        what: one of it is called so, such as "a spec".
        guide: where the user reads what it holds.
        reason: of an Invalid file.
        is_number: whether the value at a path is one; all others are text.
    """

    what: str
    guide: str
    reason: str
    is_number: IsNumber = lambda steps: False


@dataclass(frozen=True)
class Problem:
    """One fault in a file: where, what is wrong and what was expected."""

    steps: Steps
    message: str
    at_key: bool = False


@dataclass(frozen=True)
class Document:
    """The values of one file and where each of them stands.

    Attributes:
        path: of the file, as the user gave it.
        kind: what it is to be.
        data: dictionaries, lists, strings, floats and None.
        values: (line, column), both from 1, of the value at each path.
        keys: the same of the key that leads to it.
    """

    path: Path
    kind: Kind
    data: Any
    values: dict[Steps, tuple[int, int]]
    keys: dict[Steps, tuple[int, int]]

    def where(self, problem: Problem) -> str:
        """'file:line:column', of the nearest enclosing value when the path itself is not there."""
        steps = problem.steps
        marks = self.keys if problem.at_key and steps in self.keys else self.values
        while steps and steps not in marks:
            steps = steps[:-1]
        line, column = marks.get(steps, (1, 1))
        return f"{self.path}:{line}:{column}"

    def refuse(self, problems: list[Problem]) -> None:
        """Raises one Invalid that tells of all problems in the order of the file, if any."""
        if not problems:
            return
        placed = sorted({(self._order(p), f"{self.where(p)}: {p.message}") for p in problems})
        raise Invalid("\n".join(text for _, text in placed), reason=self.kind.reason)

    def _order(self, problem: Problem) -> tuple[int, ...]:
        return tuple(int(n) for n in self.where(problem).rsplit(":", 2)[1:])


def load(path: Path, kind: Kind) -> Document:
    """Reads a YAML file; scalars stay text but for the numbers of its kind and null.

    An arm called `no`, `1` or `2024-01-01` thus means those letters, as in the data.

    Raises:
        Invalid: no such file, not UTF-8, not YAML, or a key stands twice in one mapping.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}", reason=kind.reason) from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{path}: is not UTF-8 text", reason=kind.reason) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise Invalid(f"{at}: not YAML: {error.problem}", reason=kind.reason) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Invalid(f"{path}: not YAML: {error}", reason=kind.reason) from error
    document = Document(path, kind, {}, {}, {})
    if root is None:
        told = f"the file is empty; expected {kind.what} (see {kind.guide})"
        document.refuse([Problem((), told)])
    assert root is not None
    problems: list[Problem] = []
    data = _build(root, (), document, problems, ())
    document.refuse(problems)
    return Document(path, kind, data, document.values, document.keys)


def _build(
    node: yaml.Node, steps: Steps, doc: Document, problems: list[Problem], above: tuple[int, ...]
) -> Any:
    doc.values.setdefault(steps, (node.start_mark.line + 1, node.start_mark.column + 1))
    if len(doc.values) > MAX_VALUES:
        doc.refuse([Problem((), f"more than {MAX_VALUES} values: not {doc.kind.what}")])
    if id(node) in above:
        problems.append(Problem(steps, "an anchor that contains itself"))
        return None
    above = (*above, id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_build(n, (*steps, i), doc, problems, above) for i, n in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, steps, doc, problems, above)
    return _scalar(node, steps, doc.kind)


def _mapping(
    node: yaml.MappingNode,
    steps: Steps,
    doc: Document,
    problems: list[Problem],
    above: tuple[int, ...],
) -> dict[str, Any]:
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, value in node.value:
        if key.tag == MERGE:
            merged |= _merged(value, steps, doc, problems, above)
            continue
        name = str(key.value)
        mark = (key.start_mark.line + 1, key.start_mark.column + 1)
        if name in own:
            problems.append(Problem((*steps, name), f"the key {name!r} stands twice"))
        doc.keys[(*steps, name)] = mark
        doc.values.pop((*steps, name), None)
        own[name] = _build(value, (*steps, name), doc, problems, above)
    return merged | own


def _merged(
    value: yaml.Node, steps: Steps, doc: Document, problems: list[Problem], above: tuple[int, ...]
) -> dict[str, Any]:
    sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
    merged: dict[str, Any] = {}
    for source in sources:
        built = _build(source, steps, doc, problems, above)
        if isinstance(built, dict):
            merged = built | merged
    return merged


def _scalar(node: yaml.Node, steps: Steps, kind: Kind) -> Any:
    if node.tag == NULL:
        return None
    if kind.is_number(steps):
        try:
            return float(node.value)
        except ValueError:
            return node.value
    return node.value

"""What is held of a recipient for features, as one JSON text, in the order of their declaration."""

import json

from dramatis.persona.domain.features.declared import FEATURES
from dramatis.persona.domain.features.state import FeatureState

_write = json.JSONEncoder(separators=(",", ":")).encode


def dump(state: FeatureState) -> str:
    """The text."""
    return _write([state.first_time, state.last_time, *state.held])


def load(text: str) -> FeatureState:
    """What `dump` wrote under the same definitions."""
    first_time, last_time, *held = json.loads(text)
    assert len(held) == len(FEATURES), "written under other definitions"
    return FeatureState(tuple(held), first_time, last_time)

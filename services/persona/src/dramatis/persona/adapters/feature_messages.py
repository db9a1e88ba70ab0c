"""Features as messages."""

from collections.abc import Sequence

from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.persona.app.features import Found
from dramatis.persona.domain.features.declared import FEATURES, VERSION
from dramatis.persona.domain.features.state import attributes, read
from dramatis.wire.recipients import from_attribute


def response(recipient_ids: Sequence[str], found: Found) -> pb.GetFeaturesResponse:
    """What was found of these recipients."""
    answer = pb.GetFeaturesResponse(
        recipients=[_recipient(each, found) for each in recipient_ids],
        definition_version=VERSION,
        definitions=[
            pb.FeatureDefinition(
                name=each.name,
                unit=each.unit,
                half_life_days=each.half_life_days or 0.0,
                description=each.sentence,
            )
            for each in FEATURES
        ],
        unprofiled_count=found.unprofiled,
    )
    answer.as_of_time.FromDatetime(found.as_of)
    return answer


def _recipient(recipient_id: str, found: Found) -> pb.RecipientFeatures:
    message = pb.RecipientFeatures(recipient_id=recipient_id)
    if (state := found.states.get(recipient_id)) is None:
        return message
    time = found.as_of.timestamp()
    for name, values in read(state, time, found.stimuli).items():
        message.values.extend(
            pb.FeatureValue(name=name, label=label, value=value) for label, value in values.items()
        )
    message.first_event_time.FromMicroseconds(round(state.first_time * 1e6))
    message.last_event_time.FromMicroseconds(round(state.last_time * 1e6))
    for name, attribute in attributes(state, time, found.stimuli).items():
        message.attributes[name].CopyFrom(from_attribute(attribute))
    return message

"""Who is like whom: memberships of recipients in the personas of the newest set."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from dramatis.core import membership
from dramatis.core.arrays import Floats, Mask
from dramatis.core.attributes import Attributes, Values
from dramatis.core.encoding import encode
from dramatis.core.membership import MembershipModel
from dramatis.persona.app import features
from dramatis.persona.app.world import World
from dramatis.persona.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Assigned:
    """Memberships [R, P], and [R] who is explained by no persona."""

    standing: Standing
    memberships: Floats
    outliers: Mask


async def assign(
    world: World, tenant: str, recipients: Sequence[tuple[str, Attributes]]
) -> Assigned:
    """The memberships of (recipient id, attributes given); those given go before those stored."""
    standing = world.board.get(tenant)
    stored = await features.attributes(world, tenant, [each for each, _ in recipients])
    rows = [_values({**stored.get(each, {}), **given}) for each, given in recipients]
    q, far = await asyncio.to_thread(_predict, standing.snapshot.membership, rows)
    return Assigned(standing, q, far)


def _values(attributes: Attributes) -> Values:
    return {name: attribute.value for name, attribute in attributes.items()}


def _predict(model: MembershipModel, rows: Sequence[Values]) -> tuple[Floats, Mask]:
    x = encode(model.encodings, rows)
    return membership.predict(model, x), membership.outliers(model, x)

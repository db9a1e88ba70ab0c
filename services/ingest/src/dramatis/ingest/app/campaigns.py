"""Campaigns come in, and are listed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dramatis.core.errors import DramatisError
from dramatis.ingest.app import claims, records
from dramatis.ingest.app.answers import Published, Seal
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.verdict import ACCEPTED, Verdict, rejected
from dramatis.ingest.ports import Effect, HeldCampaign
from dramatis.runtime import topics
from dramatis.runtime.log_token import LogToken


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign to create or change.

    Attributes:
        campaign_id: which.
        apply: the campaign that the draft makes of the one before (None: there is none), with
            its version counted up if anything changed; raises a DramatisError if it cannot be.
    """

    campaign_id: str
    apply: Callable[[HeldCampaign | None], HeldCampaign]


async def upsert_campaigns(
    world: World, tenant: str, drafts: Sequence[Draft], seal: Seal
) -> Published:
    """Creates or changes campaigns, in turn.

    Raises:
        Unavailable: it is not known what was written; send the same request again.
    """
    names = {draft.campaign_id for draft in drafts}
    async with world.claims.hold({claims.of_campaign(tenant, each) for each in names}):
        before = await world.store.campaigns(tenant, names)
        verdicts, now_held, held = _apply_all(drafts, before)
        changed = [each for name, each in sorted(held.items()) if each != before.get(name)]
        now = world.clock()
        new = [records.of_campaign(tenant, each, now) for each in changed]
        token = LogToken.after(await world.log.append(new) if new else ())
        if len(changed) < len(drafts):
            token = token.merge(await world.log.end({topics.CAMPAIGNS.name}))
        published = Published(verdicts, token.encode(), now_held)
        await world.store.save(Effect(tenant, campaigns=changed, answer=seal(published)))
    return published


async def preview(world: World, tenant: str, drafts: Sequence[Draft]) -> Published:
    """What `upsert_campaigns` would say; changes nothing."""
    before = await world.store.campaigns(tenant, {draft.campaign_id for draft in drafts})
    verdicts, now_held, _ = _apply_all(drafts, before)
    return Published(verdicts, "", now_held)


def _apply_all(
    drafts: Sequence[Draft], before: Mapping[str, HeldCampaign]
) -> tuple[Sequence[Verdict], Sequence[HeldCampaign | None], Mapping[str, HeldCampaign]]:
    """A verdict and a campaign per draft, and all campaigns as they are then."""
    held = dict(before)
    applied = [_apply(draft, held) for draft in drafts]
    verdicts = [each if isinstance(each, Verdict) else ACCEPTED for each in applied]
    return verdicts, [each if isinstance(each, HeldCampaign) else None for each in applied], held


def _apply(draft: Draft, held: dict[str, HeldCampaign]) -> HeldCampaign | Verdict:
    """The campaign as the draft makes it, noted in `held`; or why it cannot be."""
    try:
        after = draft.apply(held.get(draft.campaign_id))
    except DramatisError as error:
        return rejected("schema", error)
    held[draft.campaign_id] = after
    return after

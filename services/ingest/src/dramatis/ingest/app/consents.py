"""Recipients say what may be done with their data."""

from collections.abc import Sequence

from dramatis.core.errors import Invalid
from dramatis.ingest.app import claims, records
from dramatis.ingest.app.answers import Published, Seal
from dramatis.ingest.app.publish import changes
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import Statement
from dramatis.ingest.domain.notes import of_the_day
from dramatis.ingest.domain.statements import judge
from dramatis.ingest.domain.verdict import ACCEPTED
from dramatis.ingest.ports import Effect
from dramatis.runtime import topics
from dramatis.runtime.log_token import LogToken


async def record_consents(
    world: World, tenant: str, statements: Sequence[Statement | Invalid], seal: Seal
) -> Published:
    """Notes statements; of each purpose and type of data the newest holds.

    Args:
        world: the ports.
        tenant: whose recipients.
        statements: what was said, or why it cannot be read.
        seal: makes the answer to remember.

    Raises:
        Unavailable: it is not known what was written; send the same statements again.
    """
    recipients = {each.recipient_id for each in statements if isinstance(each, Statement)}
    async with world.claims.hold({claims.of_recipient(tenant, each) for each in recipients}):
        now = world.clock()
        known = await world.store.known(tenant, (), recipients)
        setting = world.setting(tenant, known, now)
        verdicts = [judge(each, setting) for each in statements]
        said = [
            (each.recipient_id, each.consent)
            for each, verdict in zip(statements, verdicts, strict=True)
            if verdict is ACCEPTED and isinstance(each, Statement)
        ]
        changed = await changes(world, tenant, said)
        new = list(records.of_consents(tenant, changed, world.encode_consents, now))
        token = LogToken.after(await world.log.append(new) if new else ())
        if len(changed) < len(recipients):
            token = token.merge(await world.log.end({topics.CONSENTS.name}))
        published = Published(verdicts, token.encode())
        notes = of_the_day("statement", verdicts, setting.notes, now)
        await world.store.save(
            Effect(tenant, consents=changed, answer=seal(published), notes=notes)
        )
    return published

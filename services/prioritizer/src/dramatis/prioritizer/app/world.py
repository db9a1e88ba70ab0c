"""What is known now: each tenant's tables, and every recipient's standing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from dramatis.core.campaign import Campaign
from dramatis.core.plan import Plan
from dramatis.core.snapshot import Snapshot
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.domain.standing import Standing
from dramatis.prioritizer.domain.tables import Tables, build
from dramatis.prioritizer.ports import About, Change, Listing, Pseudonym, Who, Word

_NOBODY: Final[Mapping[str, int]] = {}
_NOBODY_LISTED: Final[Mapping[str, datetime]] = {}
_LISTED: Final = int(Standing.LISTED)
_FORGOTTEN: Final = int(Standing.ERASED | Standing.DENIED)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BITS: Final = 8
_MASK: Final = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True)
class Sources:
    """What one tenant's tables are made of, and the rung that the snapshot answers from."""

    snapshot: Snapshot | None = None
    rung: Rung = Rung.DISK_SNAPSHOT
    plan: Plan | None = None
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drafts:
    """New tables by tenant, and why those of other tenants could not be made."""

    tables: Mapping[str, Tables]
    failures: Mapping[str, Exception]


class World:
    """The one object that changes. Readers take a tenant's `Tables` once and keep to them."""

    def __init__(self, pseudonym: Pseudonym) -> None:
        """Knows nothing yet.

        Args:
            pseudonym: recipients are kept under their pseudonyms.
        """
        self._pseudonym = pseudonym
        self._sources: dict[str, Sources] = {}
        self._tables: Mapping[str, Tables] = {}
        self._words: dict[str, dict[str, int]] = {}
        self._listed: dict[str, dict[str, datetime]] = {}
        self.complete = False

    def tables(self, tenant: str) -> Tables | None:
        """The tenant's tables; None before the first snapshot."""
        return self._tables.get(tenant)

    def look(self, tenant: str) -> Callable[[str], int]:
        """How to find a recipient's bits of `Standing`.

        While consents are not all known, marketing counts as denied.
        """
        words = self._words.get(tenant, _NOBODY)
        listed = self._listed.get(tenant, _NOBODY_LISTED)
        doubt = 0 if self.complete else int(Standing.DENIED)
        pseudonym = self._pseudonym

        def bits(recipient_id: str) -> int:
            name = pseudonym(tenant, recipient_id)
            found = words.get(name, 0) & _MASK | doubt
            return found | _LISTED if name in listed else found

        return bits

    def update(self, changes: Sequence[Change], source: Rung) -> frozenset[str]:
        """Takes the changes in; returns the tenants whose tables are to be built anew.

        Args:
            changes: in order.
            source: LIVE_POSTERIOR where they come from the log, DISK_SNAPSHOT from the disk.
        """
        stale = set()
        for change in changes:
            if change.about is About.RECIPIENT:
                self._hear(change)
            else:
                self._sources[change.tenant] = _with(
                    self._sources.get(change.tenant, Sources()), change, source
                )
                stale.add(change.tenant)
        return frozenset(stale)

    def draft(self, tenants: Iterable[str]) -> Drafts:
        """New tables from what is held now. Slow and pure: may run on another thread."""
        tables: dict[str, Tables] = {}
        failures: dict[str, Exception] = {}
        for tenant in tenants:
            sources = self._sources[tenant]
            if sources.snapshot is None:
                continue
            try:
                tables[tenant] = build(
                    sources.snapshot, sources.campaigns, sources.plan, sources.rung
                )
            except Exception as error:  # one tenant's bad record must not stop decisions
                failures[tenant] = error
        return Drafts(tables, failures)

    def swap(self, drafts: Drafts) -> None:
        """From now on the new tables answer; where there are none, the former go on."""
        self._tables = {**self._tables, **drafts.tables}

    def list(self, listings: Iterable[Listing]) -> None:
        """Puts recipients on the suppression list; of several times the latest counts.

        Who agreed to marketing after that stays off it, however late it was heard of.
        """
        for each in listings:
            word = self._words.get(each.tenant, _NOBODY).get(each.pseudonym, 0)
            if word >> _BITS > _micros(each.time) or word & int(Standing.ERASED):
                continue
            listed = self._listed.setdefault(each.tenant, {})
            listed[each.pseudonym] = max(listed.get(each.pseudonym, each.time), each.time)

    def forget(self, erased: Iterable[Who]) -> None:
        """From now on nothing is sent to these recipients, and nothing kept of them."""
        for tenant, name in erased:
            self._words.setdefault(tenant, {})[name] = _FORGOTTEN
            self._listed.get(tenant, {}).pop(name, None)

    def _hear(self, change: Change) -> None:
        words = self._words.setdefault(change.tenant, {})
        if words.get(change.subject, 0) & int(Standing.ERASED):
            return
        if not isinstance(change.value, Word):
            words.pop(change.subject, None)
            return
        words[change.subject] = _pack(change.value)
        listings = self._listed.get(change.tenant, {})
        listed, granted = listings.get(change.subject), change.value.granted
        if listed is not None and granted is not None and granted > listed:
            del listings[change.subject]


def _pack(word: Word) -> int:
    """Bits and microseconds of the last grant in one number: there is one for each recipient."""
    return (_micros(word.granted) if word.granted else 0) << _BITS | int(word.bits)


def _micros(time: datetime) -> int:
    return max(0, (time - _EPOCH) // timedelta(microseconds=1))


def _with(sources: Sources, change: Change, source: Rung) -> Sources:
    match change.value:
        case Snapshot():
            return replace(sources, snapshot=change.value, rung=source)
        case Plan():
            return replace(sources, plan=change.value)
        case Campaign():
            return replace(sources, campaigns={**sources.campaigns, change.subject: change.value})
        case _ if change.about is About.CAMPAIGN:
            left = {name: one for name, one in sources.campaigns.items() if name != change.subject}
            return replace(sources, campaigns=left)
        case _:
            return replace(sources, plan=None)

"""Rows of a file as recipients of the contract."""

from dramatis.api.common.v1 import consent_pb2, recipient_pb2
from dramatis.cli.adapters.attribute_cells import fill
from dramatis.cli.adapters.event_words import DATA_TYPES, PURPOSES, STATES
from dramatis.cli.bulk import cells
from dramatis.cli.bulk.cells import Cells, Unreadable
from dramatis.cli.bulk.mapping import ConsentMapping, RecipientMapping
from dramatis.cli.bulk.rows import Row


class RecipientMaker:
    """Makes recipients as a mapping says."""

    def __init__(self, mapping: RecipientMapping) -> None:
        self._mapping = mapping

    def make(self, row: Row) -> recipient_pb2.Recipient:
        """The recipient of a row.

        Raises:
            Unreadable: a cell is missing or not what the mapping says.
        """
        mapping, found = self._mapping, row.cells
        recipient_id = cells.text(found, mapping.recipient)
        if recipient_id is None:
            raise Unreadable(mapping.recipient.column, "missing")
        recipient = recipient_pb2.Recipient(recipient_id=recipient_id)
        if mapping.time_zone and (zone := cells.text(found, mapping.time_zone)):
            recipient.time_zone = zone
        for name, cell in mapping.attributes.items():
            fill(recipient.attributes, name, found, cell)
        for consent in mapping.consents:
            _consent(recipient, consent, found)
        return recipient


def _consent(recipient: recipient_pb2.Recipient, mapping: ConsentMapping, row: Cells) -> None:
    said = cells.plain(cells.raw(row, mapping.column), mapping.column)
    if said is None:
        return
    if said not in mapping.states:
        raise Unreadable(mapping.column, "unknown_state", said)
    time = cells.moment(row, mapping.time)
    if time is None:
        raise Unreadable(mapping.time.column, "missing")
    proof = cells.plain(cells.raw(row, mapping.proof), mapping.proof) if mapping.proof else None
    consent = recipient.consents.add(
        purpose=consent_pb2.ConsentPurpose.ValueType(PURPOSES[mapping.purpose]),
        data_type=consent_pb2.ConsentDataType.ValueType(DATA_TYPES[mapping.data_type]),
        state=consent_pb2.ConsentState.ValueType(STATES[mapping.states[said]]),
        source=mapping.source,
        proof=proof or "",
        third_party=mapping.third_party,
    )
    consent.consent_time.FromDatetime(time)

"""Pseudonyms for the rows that release 0.1.0 wrote, once."""

from dramatis.prioritizer.ports import Pseudonym
from dramatis.runtime import topics
from dramatis.runtime.sqlite import Transaction


def name_all(tx: Transaction, pseudonym: Pseudonym) -> None:
    """Decisions, what is on its way, consents and the suppression list; or does nothing."""
    if tx.execute("SELECT 1 FROM named").fetchone():
        return
    tx.create_function("pseudonym", 2, pseudonym, deterministic=True)
    tx.create_function("of_key", 1, lambda key: pseudonym(*key.split("/", 1)), deterministic=True)
    tx.execute("UPDATE decisions SET pseudonym = pseudonym(tenant, recipient_id)")
    tx.execute("UPDATE outbox SET pseudonym = of_key(key)")
    tx.execute("UPDATE suppressed SET pseudonym = pseudonym(tenant, pseudonym)")
    tx.execute(
        "UPDATE shelf SET key = substr(key, 1, instr(key, '/')) || of_key(key) WHERE topic = ?",
        (topics.CONSENTS.name,),
    )
    tx.execute("INSERT INTO named VALUES (1)")

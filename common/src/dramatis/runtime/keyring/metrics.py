"""What the keyring counts."""

from typing import Final

from prometheus_client import Counter, Gauge

CACHED: Final = Gauge("dramatis_keyring_cached_keys", "Data keys at hand in this process.")
KEYS: Final = Counter(
    "dramatis_keyring_keys_total",
    "Data keys that were not at hand: loaded, made, erased before, or missing.",
    ("outcome",),
)
ERASED: Final = Counter(
    "dramatis_keyring_erasures_total", "Erasures that this process has read in the ledger."
)

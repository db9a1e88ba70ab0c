"""A process that reads one feed: its address and the time as arguments, its bytes on stdin.

What takes a feed apart is slow where the feed is made to be: a process can be limited, and ended.
"""

import json
import resource
import sys
from datetime import datetime
from typing import Final

from dramatis.ingest.adapters.feeds.rss_parser import parse

MAX_CPU_SECONDS: Final = 20
MAX_MEMORY_BYTES: Final = 1 << 30


def main() -> None:
    """Writes the items, and what was broken, as JSON."""
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    address, now = sys.argv[1:]
    found = parse(sys.stdin.buffer.read(), address, datetime.fromisoformat(now))
    items = [
        [e.item_id, e.title, e.text, e.time.isoformat(), e.language_code, list(e.tags)]
        for e in found.items
    ]
    json.dump({"items": items, "broken": list(found.broken)}, sys.stdout)


if __name__ == "__main__":
    main()

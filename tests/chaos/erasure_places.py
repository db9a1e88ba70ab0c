"""Where a person's bytes may lie: every place is read as a stranger would, and counted."""

import asyncio
import base64
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from dramatis.runtime import topics


def shapes(word: str) -> Iterator[bytes]:
    """The word as it may be written: plain, UTF-16, hexadecimal, and base64 wherever it begins."""
    plain = word.encode()
    yield plain
    yield word.encode("utf-16-le")
    yield plain.hex().encode()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain).rstrip(b"=")
        yield whole[4 if before else 0 : -2]


def count(word: str, text: bytes) -> int:
    """How often any shape of the word is in the bytes."""
    return sum(text.count(shape) for shape in set(shapes(word)))


def in_files(word: str, folder: Path) -> Mapping[str, int]:
    """By file of a folder, the log files of services among them."""
    return {
        str(path.relative_to(folder)): count(word, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def in_dump(word: str, dsn: str) -> int:
    """In a dump of the whole database."""
    dump = subprocess.run(["pg_dump", dsn], capture_output=True, check=True).stdout
    assert b"COPY" in dump
    return count(word, dump)


async def in_kafka(word: str, bootstrap: str) -> Mapping[str, int]:
    """By topic: keys, headers and values as any consumer gets them, with no key of ours."""
    found: dict[str, int] = {}
    for name in topics.ALL:
        consumer = AIOKafkaConsumer(
            name,
            bootstrap_servers=bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            texts: list[bytes] = []
            async with asyncio.timeout(60):
                while any([await consumer.position(at) < end for at, end in ends.items()]):
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        texts += [
                            b"\n".join(
                                [each.key or b"", each.value or b"", repr(each.headers).encode()]
                            )
                            for each in records
                        ]
        finally:
            await consumer.stop()
        found[f"topic {name}"] = sum(count(word, text) for text in texts)
    return found

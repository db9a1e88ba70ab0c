import subprocess
import sys

PROGRAM = """
import asyncio
from dramatis.runtime import stdin

async def main() -> None:
    stopped = asyncio.Event()
    stdin.on_closed(stopped.set)
    print("here", flush=True)
    await stopped.wait()
    print("gone", flush=True)

asyncio.run(main())
"""


def test_what_is_written_means_nothing_and_the_end_of_it_is_told() -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdin
    assert process.stdout
    with process.stdin as line, process.stdout as said:
        assert said.readline() == b"here\n"
        line.write(b"still here\n")
        line.flush()
        assert process.poll() is None
        line.close()
        assert said.readline() == b"gone\n"
    assert process.wait(10) == 0

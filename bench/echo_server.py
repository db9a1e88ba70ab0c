"""An empty grpc.aio server: it parses a request of the prioritizer and answers a fixed one."""

import asyncio
import sys
from typing import Any

import grpc
import uvloop

from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.api.prioritizer.v1 import prioritizer_pb2_grpc


class Echo(prioritizer_pb2_grpc.PrioritizerServiceServicer):
    """Answers every request with the bytes that it was started with."""

    def __init__(self, answers: dict[int, pb.PrioritizeResponse]) -> None:
        self._answers = answers

    async def Prioritize(  # noqa: N802 - named by the contract
        self, request: pb.PrioritizeRequest, context: Any
    ) -> pb.PrioritizeResponse:
        """The answer of the right size."""
        return self._answers[len(request.items)]

    async def PrioritizeStream(self, requests: Any, context: Any) -> Any:  # noqa: N802
        """The same, window by window."""
        async for window in requests:
            answer = self._answers[len(window.request.items)]
            yield pb.PrioritizeStreamResponse(sequence=window.sequence, response=answer)


async def serve(answers: dict[int, pb.PrioritizeResponse]) -> None:
    """Serves on a free port, says which on stdout, and ends with the process."""
    server = grpc.aio.server()
    prioritizer_pb2_grpc.add_PrioritizerServiceServicer_to_server(Echo(answers), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


def main() -> None:
    """Reads the answers, one hexadecimal message a line, from stdin."""
    answers = [pb.PrioritizeResponse.FromString(bytes.fromhex(line)) for line in sys.stdin]
    uvloop.run(serve({len(answer.prioritizations): answer for answer in answers}))


if __name__ == "__main__":
    main()

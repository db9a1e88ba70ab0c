"""An empty grpc.aio server: it parses a request of the prioritizer and answers a fixed one."""

import sys
from collections.abc import Mapping
from typing import Any

import grpc
import uvloop

from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb

SERVICE = "dramatis.api.prioritizer.v1.PrioritizerService"


async def serve(answers: Mapping[int, pb.PrioritizeResponse]) -> None:
    """Serves on a free port, says which on stdout, and ends with the process.

    Args:
        answers: by the number of recipients in the request.
    """

    async def prioritize(request: pb.PrioritizeRequest, context: Any) -> pb.PrioritizeResponse:
        return answers[len(request.items)]

    handler = grpc.unary_unary_rpc_method_handler(
        prioritize, pb.PrioritizeRequest.FromString, pb.PrioritizeResponse.SerializeToString
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {"Prioritize": handler}),)
    )
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

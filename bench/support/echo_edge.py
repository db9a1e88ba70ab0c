"""An empty Starlette application: it answers the body that it got. Prints its port."""

import asyncio

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dramatis.runtime import http


async def echo(request: Request) -> Response:
    """The body, as it came."""
    return Response(await request.body(), media_type="application/json")


async def main() -> None:
    """Serves until it is ended."""
    app = Starlette(routes=[Route("/echo", echo, methods=["POST"])])
    async with http.serve("127.0.0.1:0", app) as port:
        print(port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())

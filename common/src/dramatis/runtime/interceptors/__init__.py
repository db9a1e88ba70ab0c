"""What happens around every call, in this order, and why in this order.

1. `mask`      outermost: whatever is raised further in, even by the others here, leaves as a
               status that a caller may see. Nothing gets past it.
2. `metrics`   next, so that refused and failed calls are counted too, with their final code.
3. `tracing`   the span covers identity, limits and work, and a log line in them has a trace id.
4. `identity`  before limits, which are per tenant, and before any work for a stranger.
5. `limits`    last, when the tenant is known and the request has arrived in full: header-only
               streams cannot hold a place.

Inside them, the requests of a stream, and the answers to one request, come through `drain`, which
ends the wait for a caller, or for a change, when the server stops.

Each is bound to a method once, when the server is built, and then a plain context manager around
the call: five nested grpc.aio interceptors are a chain of coroutines that every call walks to find
its handler again. `wrap` does the binding.
"""

"""What the interceptors know of a call."""

from dataclasses import dataclass
from typing import Any, Literal

import grpc

Kind = Literal["unary", "client_stream", "server_stream", "bidi_stream"]


@dataclass(frozen=True, slots=True)
class Method:
    """An RPC of a served gRPC service.

    Attributes:
        service: its full name, such as `dramatis.api.persona.v1.PersonaService`.
        name: such as `GetPersona`.
        kind: which sides stream.
        public: whether it answers without knowing the caller (health, reflection).
    """

    service: str
    name: str
    kind: Kind
    public: bool


@dataclass(slots=True)
class Call:
    """One call of a method while it runs.

    Attributes:
        method: which.
        context: gRPC's view of it.
        tenant: who calls; empty until `identity` has looked.
    """

    method: Method
    context: "grpc.aio.ServicerContext[Any, Any]"
    tenant: str = ""

    _metadata: dict[str, str | bytes] | None = None

    def metadata(self, name: str) -> str:
        """The caller's metadata value of that name, empty if there is none."""
        if self._metadata is None:  # grpc builds it anew each time it is asked
            pairs: Any = self.context.invocation_metadata() or ()
            self._metadata = dict(pairs)
        value = self._metadata.get(name, "")
        return value if isinstance(value, str) else value.decode("latin-1")

"""Who is calling: the tenant of the present call, for servicers."""

from contextvars import ContextVar

from dramatis.core.errors import Refused

_tenant: ContextVar[str] = ContextVar("dramatis_tenant")


def current_tenant() -> str:
    """The tenant on whose behalf this call runs.

    Raises:
        Refused: outside of a call, or in one that needs no identity.
    """
    tenant = _tenant.get("")
    if not tenant:
        raise Refused("this needs a caller who is known", reason="NO_TENANT")
    return tenant


def enter(tenant: str) -> None:
    """Makes this the tenant of the running task, which is the call's own."""
    _tenant.set(tenant)

"""Who is calling: `authorization: Bearer KEY` becomes a tenant, or the call ends here."""

from collections.abc import Callable

from dramatis.runtime import identity
from dramatis.runtime.common_settings import ApiKeys
from dramatis.runtime.interceptors.call import Call, Method
from dramatis.runtime.status import Unauthenticated

SCHEME = "bearer "


class Identity:
    """Knows the keys of all tenants."""

    def __init__(self, keys: ApiKeys, anonymous_tenant: str = "") -> None:
        self._keys = keys
        self._anonymous = anonymous_tenant

    def bind(self, method: Method) -> Callable[[Call], None]:
        """What to do at the start of each call of a method."""
        return _nobody if method.public else self._enter

    def _enter(self, call: Call) -> None:
        call.tenant = self._tenant(call.metadata("authorization"))
        identity.enter(call.tenant)

    def _tenant(self, authorization: str) -> str:
        if not authorization and self._anonymous:
            return self._anonymous
        if not authorization.lower().startswith(SCHEME):
            raise Unauthenticated(
                "send your key as metadata: authorization: Bearer KEY", reason="NO_API_KEY"
            )
        found = self._keys.tenant_of(authorization[len(SCHEME) :].strip())
        if not found:
            raise Unauthenticated("this key is not known here", reason="BAD_API_KEY")
        return found


def _nobody(call: Call) -> None:
    identity.enter("")

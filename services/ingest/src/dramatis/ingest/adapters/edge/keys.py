"""Who sends: the write key of a tenant, as SDKs of the tracking API send it."""

import base64
import binascii
from dataclasses import dataclass, field

from starlette.requests import Request

from dramatis.core.errors import Refused
from dramatis.runtime.common_settings import ApiKeys
from dramatis.runtime.status import Unauthenticated


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes.

    Attributes:
        tenant: whose recipients.
        public: whether the key stands in web pages, so that anyone may have sent this.
    """

    tenant: str
    public: bool = False


@dataclass(frozen=True, slots=True)
class WriteKeys:
    """Who may write at this door.

    Attributes:
        api_keys: the keys of all doors; secret.
        publishable: keys that stand in web pages. They may write here and do nothing else
            anywhere, and a browser may use them only on the pages of `origins`.
        anonymous_tenant: whose are requests without a key; empty: nobody's.
        origins: origins of web pages, such as https://shop.example.
    """

    api_keys: ApiKeys
    publishable: ApiKeys = field(default_factory=ApiKeys)
    anonymous_tenant: str = ""
    origins: frozenset[str] = frozenset()

    def writer(self, request: Request, in_body: str = "") -> Writer:
        """Whose request this is.

        Args:
            request: with the key as user of Basic authentication, or as a Bearer token.
            in_body: `writeKey` of the body, where browsers put it.

        Raises:
            Unauthenticated: it has no key, or one that nobody has.
            Refused: a page of another origin uses a publishable key.
        """
        key = _key(request.headers.get("authorization", "")) or in_body
        if not key and self.anonymous_tenant:
            return Writer(self.anonymous_tenant)
        if tenant := self.api_keys.tenant_of(key):
            return Writer(tenant)
        tenant = self.publishable.tenant_of(key)
        if not tenant:
            raise Unauthenticated(
                "send your write key as the user of Basic authentication, without a password",
                reason="BAD_WRITE_KEY" if key else "NO_WRITE_KEY",
            )
        origin = request.headers.get("origin", "")
        if origin and origin not in self.origins and not _own(origin, request):
            raise Refused("pages of this origin may not write here", reason="BAD_ORIGIN")
        return Writer(tenant, public=True)


def _own(origin: str, request: Request) -> bool:
    """Whether the page came from where the request goes to."""
    return origin.partition("://")[2] == request.headers.get("host")


def _key(authorization: str) -> str:
    """The user of Basic authentication, or the Bearer token; empty if there is neither."""
    scheme, _, rest = authorization.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else basic(authorization)[0]


def basic(authorization: str) -> tuple[str, str]:
    """User and password of Basic authentication; both empty where it is something else.

    >>> basic("Basic YW5uOnNlY3JldA==")
    ('ann', 'secret')
    """
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password

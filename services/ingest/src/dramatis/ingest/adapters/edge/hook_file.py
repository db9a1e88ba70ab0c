"""The file that says which ESPs may tell us something, and how each proves that it is the one.

    acme:                                   # tenant
      sendgrid:
        public_key: {env: ACME_SENDGRID_KEY}    # what SendGrid shows as verification key
      mailgun:
        signing_key: {file: /run/secrets/mailgun}
      ses:
        topics: ["arn:aws:sns:eu-west-1:123456789012:mail-events"]
        confirm: true                       # confirm subscriptions of these topics
      postmark:
        user: dramatis
        password: {env: ACME_POSTMARK_PASSWORD}

Secrets stand in files or in the environment, never in this one.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dramatis.ingest.adapters.edge.mailgun import Mailgun
from dramatis.ingest.adapters.edge.postmark import Postmark
from dramatis.ingest.adapters.edge.sendgrid import SendGrid
from dramatis.ingest.adapters.edge.ses import Ses
from dramatis.ingest.adapters.edge.signatures import Freshness
from dramatis.ingest.adapters.edge.sns import Fetch, Sns
from dramatis.ingest.adapters.edge.webhooks import Hook, Hooks

MIN_SECRET = 16
_Tenant = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Secret(_Strict):
    """Where a secret stands: in a variable of the environment, or in a file."""

    env: str = ""
    file: Path | None = None

    def read(self, environ: Mapping[str, str]) -> str:
        """The secret, without white space around it.

        Raises:
            ValueError: it is not there, or too short to be one.
        """
        if bool(self.env) == (self.file is not None):
            raise ValueError("a secret stands in {env: NAME} or in {file: PATH}")
        if self.file is None:
            where, found = f"variable {self.env}", environ.get(self.env, "")
        else:
            where, found = f"file {self.file}", _text(self.file)
        if len(found.strip()) < MIN_SECRET:
            raise ValueError(f"{where} holds no secret of {MIN_SECRET} characters or more")
        return found.strip()


class SendGridEntry(_Strict):
    """SendGrid's event webhook."""

    public_key: Secret

    def open(self, environ: Mapping[str, str], fetch: Fetch, freshness: Freshness) -> Hook:
        """The webhook."""
        return SendGrid(self.public_key.read(environ), freshness)


class MailgunEntry(_Strict):
    """Mailgun's webhooks."""

    signing_key: Secret

    def open(self, environ: Mapping[str, str], fetch: Fetch, freshness: Freshness) -> Hook:
        """The webhook."""
        return Mailgun(self.signing_key.read(environ), freshness)


class SesEntry(_Strict):
    """Topics of SNS that SES writes to."""

    topics: tuple[str, ...] = Field(min_length=1)
    confirm: bool = False

    def open(self, environ: Mapping[str, str], fetch: Fetch, freshness: Freshness) -> Hook:
        """The webhook."""
        return Ses(Sns(fetch, freshness), self.topics, confirm=self.confirm)


class PostmarkEntry(_Strict):
    """Postmark's webhooks, with a password, a header, or both."""

    user: str = ""
    password: Secret | None = None
    header: str = ""
    value: Secret | None = None

    def open(self, environ: Mapping[str, str], fetch: Fetch, freshness: Freshness) -> Hook:
        """The webhook."""
        if self.password is None and self.value is None:
            raise ValueError("postmark needs user and password, or header and value")
        if bool(self.user) != bool(self.password) or bool(self.header) != bool(self.value):
            raise ValueError("postmark's user goes with a password, its header with a value")
        password = self.password.read(environ) if self.password else ""
        value = self.value.read(environ) if self.value else ""
        return Postmark(self.user, password, self.header, value)


class Entries(_Strict):
    """The webhooks of one tenant."""

    sendgrid: SendGridEntry | None = None
    mailgun: MailgunEntry | None = None
    ses: SesEntry | None = None
    postmark: PostmarkEntry | None = None

    def named(self) -> Iterable[tuple[str, Any]]:
        """Those that are set, by the provider's name."""
        return ((name, each) for name in PROVIDERS if (each := getattr(self, name)) is not None)


PROVIDERS = tuple(Entries.model_fields)
_FILE: TypeAdapter[dict[str, Entries]] = TypeAdapter(dict[_Tenant, Entries])


def read(path: Path, environ: Mapping[str, str], fetch: Fetch, freshness: Freshness) -> Hooks:
    """The webhooks of all tenants.

    Args:
        path: of the file.
        environ: where secrets may stand.
        fetch: gets certificates of SNS.
        freshness: how old a signature may be.

    Raises:
        ValueError: the file cannot be used; the sentence says where and why, and no secret.
    """
    found: dict[tuple[str, str], Hook] = {}
    for tenant, entries in _parse(path).items():
        for provider, entry in entries.named():
            try:
                found[provider, tenant] = entry.open(environ, fetch, freshness)
            except ValueError as error:
                raise ValueError(f"{tenant}.{provider}: {error}") from None
    return found


def _parse(path: Path) -> Mapping[str, Entries]:
    try:
        written = yaml.safe_load(_text(path))
        return _FILE.validate_python({} if written is None else written)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{path}: {where}: {first['msg']}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path} cannot be read") from None

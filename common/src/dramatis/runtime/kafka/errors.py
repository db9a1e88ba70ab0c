"""What Kafka's failures mean to a caller and an operator: each becomes one of ours."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiokafka import errors as kafka

from dramatis.core.errors import DramatisError, Invalid, Unavailable

# What happened: reason, what to do.
_ADVICE: Sequence[tuple[tuple[type[Exception], ...], str, str]] = (
    (
        (TimeoutError,),
        "LOG_SLOW",
        "the event log did not answer in time; what was sent may be written or not: send it again",
    ),
    (
        (
            kafka.AuthenticationFailedError,
            kafka.IllegalSaslStateError,
            kafka.SaslAuthenticationFailed,
            kafka.UnsupportedSaslMechanismError,
        ),
        "LOG_LOGIN",
        "the event log refuses our name or password; check DRAMATIS_KAFKA_USER, "
        "DRAMATIS_KAFKA_PASSWORD and DRAMATIS_KAFKA_SASL_MECHANISM",
    ),
    (
        (ssl.SSLError,),
        "LOG_TLS",
        "the event log and this service do not trust one another; check DRAMATIS_KAFKA_CA_FILE, "
        "DRAMATIS_KAFKA_CERT_FILE and the names in the brokers' certificates",
    ),
    (
        (
            kafka.ClusterAuthorizationFailedError,
            kafka.GroupAuthorizationFailedError,
            kafka.TopicAuthorizationFailedError,
        ),
        "LOG_RIGHTS",
        "the event log forbids it; give our user the right to create, describe, read and write "
        "its topics, and to read its groups",
    ),
    (
        (kafka.NotEnoughReplicasError, kafka.NotEnoughReplicasAfterAppendError),
        "LOG_REPLICAS",
        "too few brokers hold a copy of the partition; see which of them are down",
    ),
)
_TOO_LARGE = (kafka.MessageSizeTooLargeError, kafka.RecordListTooLargeError)


def to_ours(error: Exception) -> DramatisError:
    """The error that a caller gets; its message holds no address and no secret."""
    if isinstance(error, DramatisError):
        return error
    if isinstance(error, _TOO_LARGE):
        return Invalid("the record is larger than its topic takes", reason="RECORD_TOO_LARGE")
    for kinds, reason, advice in _ADVICE:
        if isinstance(error, kinds):
            return Unavailable(advice, reason=reason)
    return Unavailable(
        "the event log cannot be reached; see that DRAMATIS_KAFKA_BOOTSTRAP names brokers that run",
        reason="LOG_AWAY",
        cause=type(error).__name__,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turns what Kafka and the network do into ours; our own mistakes pass unchanged."""
    try:
        yield
    except (kafka.KafkaError, OSError, TimeoutError) as error:
        raise to_ours(error) from error

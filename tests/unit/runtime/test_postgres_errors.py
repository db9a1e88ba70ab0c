import asyncpg
import pytest

from dramatis.core.errors import Invalid, Unavailable
from dramatis.runtime.postgres_errors import is_conflict, is_lost, translated


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('10.0.0.7', 5432)"), "LOST"),
        (TimeoutError(), "LOST"),
        (asyncpg.ConnectionDoesNotExistError("internals"), "LOST"),
        (asyncpg.InterfaceError("internals"), "LOST"),
        (asyncpg.AdminShutdownError("internals"), "RESTARTING"),
        (asyncpg.CannotConnectNowError("internals"), "RESTARTING"),
        (asyncpg.TooManyConnectionsError("internals"), "TOO_MANY_CONNECTIONS"),
        (asyncpg.DiskFullError("internals"), "DISK_FULL"),
        (asyncpg.ReadOnlySQLTransactionError("internals"), "READ_ONLY"),
        (asyncpg.InvalidPasswordError("internals"), "LOGIN"),
        (asyncpg.InvalidCatalogNameError("internals"), "NO_DATABASE"),
        (asyncpg.InsufficientPrivilegeError("internals"), "NO_PERMISSION"),
        (asyncpg.SerializationError("internals"), "BUSY"),
        (asyncpg.LockNotAvailableError("internals"), "BUSY"),
        (asyncpg.QueryCanceledError("internals"), "TIMEOUT"),
        (asyncpg.DataCorruptedError("internals"), "CORRUPT"),
    ],
)
def test_what_the_world_does_is_unavailable_with_advice(error: Exception, reason: str) -> None:
    with pytest.raises(Unavailable) as caught, translated("PostgreSQL schema ingest"):
        raise error
    assert caught.value.reason == reason
    assert caught.value.message.startswith("PostgreSQL schema ingest: ")
    assert ";" in caught.value.message
    assert "internals" not in caught.value.message
    assert "10.0.0.7" not in caught.value.message


def test_text_that_cannot_be_kept_is_the_senders_mistake() -> None:
    with pytest.raises(Invalid, match="NUL"), translated("any"):
        raise asyncpg.UntranslatableCharacterError("x")


@pytest.mark.parametrize("error", [asyncpg.UniqueViolationError("ours"), KeyError("ours")])
def test_our_own_mistakes_pass(error: Exception) -> None:
    with pytest.raises(type(error), match="ours"), translated("any"):
        raise error


def test_what_may_run_again() -> None:
    assert is_conflict(asyncpg.SerializationError("x"))
    assert is_conflict(asyncpg.DeadlockDetectedError("x"))
    assert not is_conflict(asyncpg.QueryCanceledError("x"))
    assert is_lost(asyncpg.AdminShutdownError("x"))
    assert is_lost(TimeoutError())
    assert not is_lost(asyncpg.UniqueViolationError("x"))

from pathlib import Path

import pytest

from dramatis.runtime.common_settings import Common
from dramatis.runtime.settings import SettingsError, read

BASE = {"DRAMATIS_ANONYMOUS_TENANT": "acme", "DRAMATIS_SHARED_STATE": "true"}


def test_without_brokers_there_is_no_cluster() -> None:
    assert read(Common, BASE).cluster is None


def test_all_that_is_set_reaches_the_cluster(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.write_text("")
    given = {
        "BOOTSTRAP": "a:1,b:2", "SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "SCRAM-SHA-256",
        "USER": "u", "PASSWORD": "secret word", "CA_FILE": str(file), "CERT_FILE": str(file),
        "KEY_FILE": str(file), "TOPIC_PREFIX": "mine-", "REPLICATION": "3", "MIN_INSYNC": "2",
        "PARTITIONS": "24", "RETENTION_DAYS": "90", "WAIT_SECONDS": "2",
    }  # fmt: skip
    settings = read(Common, BASE | {f"DRAMATIS_KAFKA_{name}": v for name, v in given.items()})
    assert "secret word" not in repr(settings) + repr(settings.cluster)
    cluster = settings.cluster
    assert cluster
    assert (cluster.bootstrap, cluster.user, cluster.password) == ("a:1,b:2", "u", "secret word")
    assert (cluster.ca_file, cluster.cert_file, cluster.key_file) == (file, file, file)
    assert (cluster.replication, cluster.min_insync, cluster.partitions) == (3, 2, 24)
    assert (cluster.retention_days, cluster.wait_seconds) == (90, 2.0)
    assert (cluster.protocol, cluster.mechanism) == ("SASL_SSL", "SCRAM-SHA-256")
    assert cluster.topic(cluster.name("plans")) == "plans"
    assert cluster.name("plans") == "mine-plans"


@pytest.mark.parametrize("key", ["", "3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_keys_that_services_would_not_share_stop_the_start(key: str) -> None:
    given = {"DRAMATIS_ANONYMOUS_TENANT": "acme", "DRAMATIS_KAFKA_BOOTSTRAP": "broker.example:9092"}
    with pytest.raises(SettingsError) as refused:
        read(Common, given | {"DRAMATIS_MASTER_KEY": key})
    assert str(refused.value).startswith("DRAMATIS_POSTGRES_DSN")
    assert "DRAMATIS_SHARED_STATE=true" in str(refused.value)
    assert read(Common, given | {"DRAMATIS_SHARED_STATE": "true"}).cluster


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, "DRAMATIS_KAFKA_PASSWORD"),
        ({"SECURITY_PROTOCOL": "TLS"}, "DRAMATIS_KAFKA_SECURITY_PROTOCOL"),
        ({"CERT_FILE": "/nowhere"}, "DRAMATIS_KAFKA_KEY_FILE"),
        ({"CA_FILE": "/nowhere"}, "there is no file '/nowhere'"),
        ({"REPLICATION": "2", "MIN_INSYNC": "3"}, "DRAMATIS_KAFKA_MIN_INSYNC"),
        ({"TOPIC_PREFIX": "a b"}, "DRAMATIS_KAFKA_TOPIC_PREFIX"),
    ],
)
def test_what_cannot_work_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read(Common, BASE | {f"DRAMATIS_KAFKA_{name}": value for name, value in given.items()})

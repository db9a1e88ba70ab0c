"""The development broker is a broker."""

import subprocess

from aiokafka.admin import AIOKafkaAdminClient

from tests.servers.broker import SCRIPT


async def test_it_answers(kafka_bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        cluster = await admin.describe_cluster()
    finally:
        await admin.close()
    assert len(cluster["brokers"]) >= 1


def test_the_script_says_what_is_missing() -> None:
    found = subprocess.run(
        ["/bin/bash", SCRIPT], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert found.returncode == 69
    assert "needs Java 17" in found.stderr


def test_the_script_explains_itself() -> None:
    found = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, check=True)
    assert "--port" in found.stdout
    wrong = subprocess.run([SCRIPT, "--prot", "1"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "--prot" in wrong.stderr

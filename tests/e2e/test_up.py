"""`dramatis up`: a process that starts five, tells where they are, and drains them."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from dramatis.cli.fleet import SERVICES, free_berths

COMMAND = [sys.executable, "-m", "dramatis.cli.main", "up", "--json", "--state"]


def config(folder: Path) -> Path:
    """Settings that move the services to free ports."""
    settings = {}
    for berth in free_berths():
        for kind, address in berth.addresses.items():
            settings[f"DRAMATIS_{berth.service.upper()}_{kind}_ADDRESS"] = address
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def test_up_serves_and_drains(tmp_path: Path) -> None:
    state = tmp_path / "state"
    up = subprocess.Popen([*COMMAND, state, "--config", config(tmp_path)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert up.stdout is not None
    told = json.loads(up.stdout.readline())
    assert [each["service"] for each in told["services"]] == list(SERVICES)
    assert (state / "api-key").stat().st_mode & 0o077 == 0
    up.send_signal(signal.SIGINT)
    _, errors = up.communicate(timeout=60)
    assert up.returncode == 0, errors
    assert "stopped" in errors
    for each in told["services"]:
        host, _, port = each["grpc_address"].rpartition(":")
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0


def test_an_address_in_use_is_named(tmp_path: Path) -> None:
    settings = config(tmp_path)
    address = yaml.safe_load(settings.read_text())["DRAMATIS_PERSONA_GRPC_ADDRESS"]
    host, _, port = address.rpartition(":")
    with socket.create_server((host, int(port))):
        result = subprocess.run([*COMMAND, tmp_path / "state", "--config", settings],
                                capture_output=True, text=True, check=False)  # fmt: skip
    assert result.returncode == 3
    assert address in result.stderr


def test_a_state_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    result = subprocess.run([*COMMAND, blocked, "--config", config(tmp_path)],
                            capture_output=True, text=True, check=False)  # fmt: skip
    assert result.returncode == 2
    assert "--state" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("content", ["[1, 2]", "LOG_LEVEL: debug", "a: b: c"])
def test_a_config_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(content)
    result = subprocess.run([*COMMAND, tmp_path / "state", "--config", path],
                            capture_output=True, text=True, check=False)  # fmt: skip
    assert result.returncode == 2
    assert str(path) in result.stderr


def test_a_service_that_cannot_start_stops_the_others(tmp_path: Path) -> None:
    path = config(tmp_path)
    environ = {**os.environ, "DRAMATIS_PERSONA_DRAIN_SECONDS": "soon"}
    result = subprocess.run([*COMMAND, tmp_path / "state", "--config", path], env=environ,
                            capture_output=True, text=True, check=False, timeout=90)  # fmt: skip
    assert result.returncode == 1
    assert "persona ended with exit code 2" in result.stderr
    assert "DRAMATIS_PERSONA_DRAIN_SECONDS" in result.stderr


def test_the_services_end_with_a_command_that_was_killed(tmp_path: Path) -> None:
    command = [*COMMAND, tmp_path / "state", "--config", config(tmp_path)]
    up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with up:
        assert up.stdout is not None
        up.stdout.readline()
        services = psutil.Process(up.pid).children()
        assert len(services) == 5
        up.kill()
    _, alive = psutil.wait_procs(services, timeout=60)
    assert alive == []


def test_a_setting_that_no_service_has_is_told(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("DRAMATIS_LOG_LEVEL: debug\nDRAMATIS_INGST_GRPC_ADDRESS: 127.0.0.1:1\n")
    result = subprocess.run([*COMMAND, tmp_path / "state", "--config", path],
                            capture_output=True, text=True, check=False)  # fmt: skip
    assert result.returncode == 2
    assert "did you mean DRAMATIS_INGEST_GRPC_ADDRESS?" in result.stderr

"""The file of webhooks: what is wrong is said at the start, and no secret with it."""

from pathlib import Path

import pytest

from dramatis.ingest.adapters.edge import hook_file
from dramatis.ingest.adapters.edge.signatures import Freshness
from tests.unit.ingest.adapters.edge import senders

SECRET = "0123456789abcdef"
GOOD = f"""
acme:
  sendgrid: {{public_key: {{env: KEY}}}}
  mailgun: {{signing_key: {{file: FOLDER/mailgun}}}}
  ses: {{topics: ["{senders.TOPIC}"], confirm: true}}
  postmark: {{user: u, password: {{env: WORD}}, header: X-S, value: {{env: WORD}}}}
beta:
  postmark: {{user: u, password: {{env: WORD}}}}
"""
ENVIRON = {"KEY": senders.PUBLISHED_KEY, "WORD": f" {SECRET}\n", "SHORT": "s3cret"}


def read(folder: Path, text: str) -> set[tuple[str, str]]:
    (folder / "mailgun").write_text(SECRET)
    path = folder / "hooks.yaml"
    path.write_text(text.replace("FOLDER", str(folder)))
    return set(hook_file.read(path, ENVIRON, senders.Amazon().fetch, Freshness()))


def test_all_providers(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found == {("sendgrid", "acme"), ("mailgun", "acme"), ("ses", "acme"), ("postmark", "acme"), ("postmark", "beta")}  # fmt: skip
    assert read(tmp_path, "") == set()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", "not YAML"),
        ("[]", "valid dictionary"),
        ("Acme: {}", "pattern"),
        ("acme: {sendmail: {}}", "acme.sendmail: Extra"),
        ("acme: {sendgrid: {}}", "public_key"),
        ("acme: {sendgrid: {public_key: MFkw}}", "public_key"),
        ("acme: {sendgrid: {public_key: {env: WORD}}}", "acme.sendgrid"),
        ("acme: {mailgun: {signing_key: {env: NOWHERE}}}", "variable NOWHERE"),
        ("acme: {mailgun: {signing_key: {env: SHORT}}}", "16 characters"),
        ("acme: {mailgun: {signing_key: {file: /no/such/file}}}", "cannot be read"),
        ("acme: {mailgun: {signing_key: {}}}", "env: NAME"),
        ("acme: {ses: {topics: []}}", "topics"),
        ("acme: {postmark: {}}", "needs user"),
        ("acme: {postmark: {password: {env: WORD}}}", "user goes with"),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        read(tmp_path, text)
    assert "s3cret" not in str(raised.value)
    assert SECRET not in str(raised.value)

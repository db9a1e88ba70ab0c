"""A certificate authority of a test's own, and certificates that it signed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Identity:
    """Files, all PEM: a certificate, its key, both in one, and whom the others believe."""

    certificate: Path
    key: Path
    both: Path
    authority: Path


def issue(folder: Path, name: str = "localhost") -> Identity:
    """An identity for this machine, under a new authority."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("authority", "authority", ca_key, ca_key, authority=True)
    certificate = _certificate(name, "authority", key, ca_key, authority=False)
    identity = Identity(*(folder / f"{each}.pem" for each in ("certificate", "key", "both", "ca")))
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    identity.certificate.write_bytes(pem)
    identity.key.write_bytes(plain)
    identity.both.write_bytes(plain + pem)
    identity.authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    return identity


def _certificate(
    name: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    addresses = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(addresses, critical=False)
        .sign(signer, hashes.SHA256())
    )

"""Certificates for servers on this machine: one authority, a server's, a client's, and one that has expired."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from yangbeam.runners.servers.processes import HOST

_DAY: Final = timedelta(days=1)
_VALID: Final = 30 * _DAY
_SIGNS: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
"""RFC 5280 section 4.2.1.3: an authority's."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM: each of the three holds its private key and its certificate."""

    authority: Path
    """The certificate that clients and brokers trust; without its key, which is thrown away."""
    server: Path
    client: Path
    expired: Path


@dataclass(frozen=True, slots=True)
class _Issuer:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey


def make_certificates(folder: Path, now: datetime | None = None) -> Certificates:
    """Makes a set in ``folder``, for the loopback addresses only.

    Args:
        folder: Where the files go; keys are readable for their owner alone.
        now: The moment from which they are valid; the expired one ended a day before.
    """
    now = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _Issuer(_name("yangbeam test authority"), ec.generate_private_key(ec.SECP256R1()))
    made = Certificates(*(folder / f"{name}.pem" for name in ("authority", "server", "client", "expired")))
    own = _builder(authority.name, authority, now - _DAY, now + _VALID)
    own = own.public_key(authority.key.public_key())
    own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    own = own.add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.key.public_key()), critical=False)
    own = own.add_extension(_SIGNS, critical=True)
    made.authority.write_bytes(own.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    _issue(made.server, "localhost", authority, now - _DAY, now + _VALID)
    _issue(made.client, "yangbeam", authority, now - _DAY, now + _VALID)
    _issue(made.expired, "localhost", authority, now - 30 * _DAY, now - _DAY)
    return made


def _issue(path: Path, name: str, issuer: _Issuer, start: datetime, end: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    own_names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(HOST))])
    builder = _builder(_name(name), issuer, start, end).public_key(key.public_key())
    certificate = builder.add_extension(own_names, critical=False).sign(issuer.key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


def _builder(subject: x509.Name, issuer: _Issuer, start: datetime, end: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.name)
    # RFC 5280 section 4.2.1.1: Python 3.13 refuses a certificate without it.
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = builder.add_extension(issued_by, critical=False)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

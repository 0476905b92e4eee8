"""Who we are to the brokers: a name with a password, or a token of an OAuth 2 server."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from yangbeam.core.secret_source import SecretSource
from yangbeam.pipeline.config.types import InputFile, Secret, Section, Text, problem

OAUTH: Final = "OAUTHBEARER"


class OAuth(Section):
    """A client of an OAuth 2 server (client credentials, RFC 6749 section 4.4), which gives tokens for the brokers."""

    token_url: Annotated[str, Field(strict=True, pattern=r"^https?://\S+$", max_length=2_000)]
    """Where tokens are asked for; `https` outside of tests, as the client's secret goes there."""
    client_id: Text
    """Name of the client."""
    client_secret: Secret
    """Its secret."""
    scope: Text | None = None
    """Scope of the tokens."""
    extensions: dict[str, str] = Field(default_factory=dict)
    """SASL extensions of the broker's service, like `logicalCluster`."""
    ca_file: InputFile | None = None
    """Certificates (PEM) that sign the OAuth server's. Absent: the system's."""


class Sasl(Section):
    """Who we are to the broker."""

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "SCRAM-SHA-512"
    """How we prove it. PLAIN sends the password as it is, so only over TLS; OAUTHBEARER needs `oauth`."""
    username: Text | None = None
    """Name of the user."""
    password: Secret | None = None
    """Password of the user."""
    oauth: OAuth | None = None
    """Where tokens come from, for OAUTHBEARER."""

    @model_validator(mode="after")
    def _has_what_its_mechanism_needs(self) -> Self:
        wanted = ("oauth",) if self.mechanism == OAUTH else ("username", "password")
        for name in ("username", "password", "oauth"):
            if name in wanted and getattr(self, name) is None:
                raise problem(f"{self.mechanism} needs it", "write it", key=name)
            if name not in wanted and getattr(self, name) is not None:
                raise problem(f"{self.mechanism} does not use it", "remove it, or choose another mechanism", key=name)
        return self

    def properties(self) -> dict[str, str | SecretSource]:
        """Returns what librdkafka is given, secrets by reference."""
        found: dict[str, str | SecretSource] = {"sasl.mechanism": self.mechanism}
        if self.username is not None and self.password is not None:
            found |= {"sasl.username": self.username, "sasl.password": self.password}
        return found | (_tokens(self.oauth) if self.oauth is not None else {})


def _tokens(oauth: OAuth) -> dict[str, str | SecretSource]:
    extensions = ",".join(f"{name}={value}" for name, value in oauth.extensions.items())
    found: dict[str, str | SecretSource] = {
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": oauth.token_url,
        "sasl.oauthbearer.client.id": oauth.client_id,
        "sasl.oauthbearer.client.secret": oauth.client_secret,
        "sasl.oauthbearer.scope": oauth.scope or "",
        "sasl.oauthbearer.extensions": extensions,
        "https.ca.location": str(oauth.ca_file or ""),
    }
    return {name: value for name, value in found.items() if value}

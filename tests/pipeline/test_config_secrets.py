"""Secrets come from elsewhere and never show."""

import pickle
import traceback
from pathlib import Path

import pytest

from tests.pipeline.configurations import SECRET, Write, only
from yangbeam.core.errors import ConfigurationError, Fault
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.config.types import Secret


class TestSecrets:
    """What must hold of every place where a secret may stand."""

    IN_CLEAR = (
        f'[kafka.sasl]\nusername = "me"\npassword = "{SECRET}"\n',
        f'[kafka.sasl]\nusername = "me"\npassword = ["{SECRET}"]\n',
        f'[kafka.sasl]\nusername = "me"\npassword = {{ value = "{SECRET}" }}\n',
        f'[kafka.sasl]\nusername = "me"\npassword = {{ env = "{SECRET}", file = "x" }}\n',
        f'[kafka.sasl]\nusername = "me"\npasswort = "{SECRET}"\n',
        f'[kafka.tls]\nkey_password = "{SECRET}"\n',
        f'[kafka.properties]\n"sasl.password" = "{SECRET}"\n',
        f'[kafka.properties]\n"sasl.oauthbearer.client.secret" = "{SECRET}"\n',
        f'[kafka]\nproperties = "{SECRET}"\n',
        f'[kafka]\nsasl = "{SECRET}"\n',
        f'[kafka]\npassword = "{SECRET}"\n',
    )

    @pytest.mark.parametrize("text", IN_CLEAR)
    def test_a_secret_in_the_file_is_refused_and_not_repeated(self, written: Write, text: str) -> None:
        with pytest.raises(InvalidConfigurationError) as caught:
            load(written(text))
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.problems)
        assert "hunter2" not in shown
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None

    def test_what_a_secret_comes_from_shows_and_what_it_is_does_not(
        self, written: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("THE_PASSWORD", SECRET)
        config = load(written('[kafka.sasl]\nusername = "me"\npassword = { env = "THE_PASSWORD" }\n'))
        shown = repr(config) + str(config) + config.model_dump_json() + repr(pickle.dumps(config))
        assert "THE_PASSWORD" in shown
        assert "hunter2" not in shown
        assert config.kafka is not None
        assert config.kafka.sasl is not None
        assert "hunter2" not in repr(config.kafka.sasl.password.reveal())
        assert config.kafka.sasl.password.reveal().get_secret_value() == SECRET

    def test_a_variable_that_is_not_set_is_the_environments_fault(self, written: Write) -> None:
        found = only(written('[kafka.sasl]\nusername = "me"\npassword = { env = "YANGBEAM_NOT_SET" }\n'))
        assert found.fault is Fault.ENVIRONMENT
        assert found.what == "the environment variable YANGBEAM_NOT_SET is not set"

    @pytest.mark.parametrize(
        ("content", "why"),
        [(None, "cannot read"), (b"", "empty"), (b"\n", "empty"), (b"\xff", "UTF-8"), (b"x" * 70_000, "larger")],
    )
    def test_a_file_that_holds_no_secret_says_why(
        self, written: Write, tmp_path: Path, content: bytes | None, why: str
    ) -> None:
        if content is not None:
            (tmp_path / "secret").write_bytes(content)
        found = only(written('[kafka.properties]\n"sasl.password" = { file = "secret" }\n'))
        assert found.key == "kafka.properties.sasl.password"
        assert why in found.what

    def test_a_worker_without_the_variable_says_so(self) -> None:
        with pytest.raises(ConfigurationError, match="YANGBEAM_NOT_SET is not set"):
            Secret(env="YANGBEAM_NOT_SET").reveal()

"""Every route and every error code of the registry, line by line of the table."""

from pathlib import Path
from typing import Any

import pytest

from tests.registry.service.lines import MODULE, Case
from tests.registry.service.table import CASES
from tests.registry.service.worlds import Ask, send, world
from yangbeam.registry.refusals import Code
from yangbeam.registry.service.routes import METRICS, RULES


@pytest.mark.parametrize("line", CASES, ids=lambda line: f"{line.route}: {line.name}")
def test_the_table_holds(line: Case, tmp_path: Path) -> None:
    with world(line.world, tmp_path) as client:
        for before in line.before:
            prepared = send(client, before)
            assert prepared.status_code < 300, prepared.text
        response = send(client, line.ask)
    if isinstance(line.gives, Code):
        said = response.json()
        assert (response.status_code, said["error_code"]) == (line.gives.status, line.gives.number), response.text
        assert set(said) >= {"error_code", "message"}
        assert said["message"]
        return
    assert response.status_code == line.status, response.text
    assert _matches(response, line.gives), response.text


def _matches(response: Any, gives: Any) -> bool:
    if gives is str:
        return "yangbeam_registry_requests_total" in response.text
    document = response.json()
    if isinstance(gives, type):
        return isinstance(document, gives) and bool(document)
    if isinstance(gives, dict) and gives:
        return {name: document.get(name) for name in gives} == gives
    return bool(document == gives)


def test_every_route_stands_in_the_table() -> None:
    routes = {f"{rule.method} {rule.path}" for rule in RULES} | {f"GET {METRICS}"}
    assert {line.route for line in CASES} - routes == {"GET /nowhere", "PATCH /subjects"}
    succeed = {line.route for line in CASES if not isinstance(line.gives, Code)}
    assert routes - succeed == {
        "GET /associations/{rest:path}",  # there are none
        "DELETE /contexts/{context}",  # its answer has no document: the test below
        "GET /schemas/guids/{guid}",  # GUIDs are read from answers: the test below
        "GET /schemas/guids/{guid}/ids",
    }


def test_every_error_code_stands_in_the_table() -> None:
    assert {line.gives for line in CASES if isinstance(line.gives, Code)} == set(Code)


def test_the_documentation_tells_of_every_route_and_code() -> None:
    text = (Path(__file__).parents[3] / "docs" / "registry.md").read_text()
    missing = [f"`{rule.method} {rule.path}`" for rule in RULES if f"`{rule.method} {rule.path}`" not in text]
    missing += [
        f"| {code.number} | {code.status} |" for code in Code if f"| {code.number} | {code.status} |" not in text
    ]
    assert not missing


def test_a_context_without_subjects_is_deleted_with_an_empty_answer(tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        answer = send(client, Ask("DELETE", "/contexts/.lab"))
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_guid_leads_to_the_schema_and_its_ids(tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        guid = send(client, Ask("POST", "/subjects/m/versions", {"schema": MODULE, "schemaType": "YANG"})).json()[
            "guid"
        ]
        assert client.get(f"/schemas/guids/{guid}").json()["schema"] == MODULE
        assert client.get(f"/schemas/guids/{guid}/ids").json() == [{"context": ".", "id": 1}]


def test_a_defect_is_told_as_such_and_without_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world("plain", tmp_path) as client:
        registrar = client.app.state.service.registrar  # type: ignore[attr-defined]
        monkeypatch.setattr(registrar.store, "all_versions", lambda *_: 1 / 0)
        response = client.get("/subjects")
    assert (response.status_code, response.json()["error_code"]) == (500, 50001)
    assert "division" not in response.text

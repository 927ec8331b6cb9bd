"""`launcher: command`: a real engine that is no llama-server takes turns with one, for a stock client."""

import json
import os
import pathlib
import signal
import sys

import pytest

from conftest import client_of
from server import CHAT, CODER, FILES, MODELS, Busy, Server, eventually

pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: no engine but llama-server was tried")

OTHER = "other"
SCRIPT = pathlib.Path(__file__).parent / "other_engine.py"


def other_model():
    command = [sys.executable, str(SCRIPT), str(MODELS / FILES[CODER]), "${port}", "${model}"]
    return [f"  - name: {OTHER}", "    launcher: command", "    slots: 2", f"    command: {json.dumps(command)}"]


@pytest.fixture(scope="module")
def server():
    with Server(more_models=other_model()) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with client_of(server) as stock:
        yield stock


def chunks_from(client, model, tokens=8):
    stream = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Count to five."}], max_tokens=tokens, stream=True
    )
    with stream:
        return list(stream)


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def statuses_of(chunks):
    found = [getattr(c, "candle_metadata", None) for c in chunks]
    return [status["status"] for status in found if status]


def of_other(server):
    return [process for process in server.processes() if str(SCRIPT) in process.arguments]


def test_it_waits_for_a_llama_server_and_tells_so(client):
    with Busy(client, CHAT):
        chunks = chunks_from(client, OTHER)
    walk = statuses_of(chunks)
    assert list(dict.fromkeys(walk)) == ["waiting_for_model", "loading", "processing"]
    words, _, answer = text_of(chunks).partition("\n\n")
    assert words.startswith(f"Waiting for {CHAT} to finish, then {OTHER} (position 1).")
    assert answer.strip()
    assert {c.id for c in chunks} == {chunks[0].id}
    assert {c.model for c in chunks} == {OTHER}


def test_they_take_turns(client, server):
    for model in (CHAT, OTHER, CHAT, OTHER):
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Say hello."}], max_tokens=4
        )
        assert answer.choices[0].message.content
        assert answer.usage.completion_tokens > 0
        assert server.status()["active_model"] == model
        assert bool(of_other(server)) == (model == OTHER), "one engine at a time"


def test_a_client_that_leaves_is_forgotten(client, server):
    with Busy(client, OTHER):
        pass
    eventually(lambda: server.status()["workers"]["busy"] == 0, "its place is free")


def test_nothing_of_it_outlives_a_server_that_is_killed():
    with Server(more_models=other_model()) as server, client_of(server) as client:
        chunks_from(client, OTHER)
        assert of_other(server)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        eventually(lambda: not server.processes(), "all of it is gone", deadline_s=20)

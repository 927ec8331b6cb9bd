"""One server for the tests that leave it as they found it, and a stock client for it."""

import openai
import pytest

from server import DEADLINE_S, Server


def client_of(server):
    # Retries off: a test must see what the server answered, not what the third try got.
    return openai.OpenAI(base_url=server.base_url, api_key="none", max_retries=0, timeout=DEADLINE_S)


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with client_of(server) as stock:
        yield stock

"""End to end, as a user calls it: the official `openai` client, the real engine, both real models.

Started by scripts/clients.sh. The contract is docs/wire-contract.md.
"""

import os
import re
import signal
import threading

import openai
import pytest

from conftest import client_of
from server import CHAT, CODER, Busy, Engine, Server, eventually

WORDS = re.compile(
    rf"Waiting for {re.escape(CHAT)} to finish, then {re.escape(CODER)} \(position 1\)\.\n"
    rf"Loading {re.escape(CODER)}\.\n"
    rf"(Starting {re.escape(CODER)}\.\n)?"
    r"\n(?=[^\n])"
)
FUNCTION = [{"role": "user", "content": "Write a Python function that adds two numbers."}]
ONE_WORD = [{"role": "user", "content": "Reply with the single word: hello"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def metadata_of(chunk):
    return (chunk.model_extra or {}).get("candle_metadata")


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def walk_of(chunks):
    """The statuses in their order, each once in a row."""
    walk = []
    for chunk in chunks:
        metadata = metadata_of(chunk)
        if metadata and (not walk or walk[-1] != metadata["status"]):
            walk.append(metadata["status"])
    return walk


def stream_chat(client, model=CODER, messages=FUNCTION, max_tokens=32, **more):
    return list(
        client.chat.completions.create(model=model, messages=messages, max_tokens=max_tokens, temperature=0, stream=True, **more)
    )


def strip_words(text):
    match = WORDS.match(text)
    assert match, f"the words are missing or wrong: {text!r}"
    return text[match.end() :]


# --- A stream that has to wait ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def waited(client):
    """The chunks of a stream from the coder that arrived while the chat model was busy."""
    with Busy(client, CHAT):
        return stream_chat(client)


def test_words_then_a_blank_line_then_the_answer(waited):
    assert strip_words(text_of(waited)).strip()


def test_one_id_one_model_one_role_one_finish_reason(waited):
    assert len({chunk.id for chunk in waited}) == 1
    assert {chunk.model for chunk in waited} == {CODER}
    assert len({chunk.created for chunk in waited}) == 1
    assert {chunk.object for chunk in waited} == {"chat.completion.chunk"}
    roles = [i for i, chunk in enumerate(waited) if chunk.choices and chunk.choices[0].delta.role]
    assert roles == [0], "the role belongs into the first chunk only"
    assert [c.choices[0].finish_reason for c in waited if c.choices and c.choices[0].finish_reason] == ["length"]


def test_status_walks_from_waiting_to_processing(waited):
    assert walk_of(waited) == ["waiting_for_model", "loading", "processing"]


def test_status_tells_where_the_request_stands(waited):
    told = [metadata_of(chunk) for chunk in waited if metadata_of(chunk)]
    for metadata in told:
        assert metadata["model"] == CODER
    assert told[0]["active_model"] == CHAT
    for metadata in (m for m in told if m["status"] == "waiting_for_model"):
        assert metadata["position"] == 1
        assert metadata["queue_length"] == 1
        assert metadata["active_model"] in (CHAT, None), "null once the chat model is on its way out"
        assert metadata["waited_ms"] >= 0
    for metadata in (m for m in told if m["status"] == "loading"):
        assert "position" not in metadata
        assert 0 <= metadata.get("progress", 0) <= 1
    assert told[-1]["status"] == "processing"
    assert told[-1]["waited_ms"] > 0
    assert told[-1]["switch_ms"] > 0
    waits = [metadata["waited_ms"] for metadata in told if "waited_ms" in metadata]
    assert waits == sorted(waits)


def test_words_go_out_once_per_change_of_status(waited):
    with_words = [m["status"] for c in waited if (m := metadata_of(c)) and c.choices[0].delta.content]
    assert with_words.count("waiting_for_model") == 1
    assert 1 <= with_words.count("loading") <= 2, "once, and once more when the load is complete"
    assert with_words.count("processing") == 1, "the blank line"


def test_no_status_once_the_answer_has_begun(waited):
    last = max(i for i, chunk in enumerate(waited) if metadata_of(chunk))
    assert all(c.choices[0].delta.content is None or metadata_of(c) for c in waited[: last + 1])
    assert text_of(waited[last + 1 :]).strip()


def test_every_chunk_has_choices(waited):
    # An empty list breaks clients that read choices[0]; only the usage chunk, which nobody asked for here, may have it.
    assert all(len(chunk.choices) == 1 for chunk in waited)


# --- Without words ----------------------------------------------------------------------------------------


def test_without_words_the_content_is_the_engines_own(client):
    question = [{"role": "user", "content": "Write a Python function that reverses a string."}]
    with Busy(client, CHAT):
        ours = stream_chat(client, messages=question, max_tokens=48, extra_headers={"X-Status-Text": "none"})
    assert walk_of(ours) == ["waiting_for_model", "loading", "processing"], "the metadata is there all the same"
    with Engine(CODER) as engine:
        status, answer = engine.ask(
            "POST", "/v1/chat/completions", {"messages": question, "max_tokens": 48, "temperature": 0}
        )
    assert status == 200
    assert text_of(ours) == answer["choices"][0]["message"]["content"]


def test_comments_are_invisible_to_a_client(client):
    with Busy(client, CHAT):
        chunks = stream_chat(client, extra_headers={"X-Status-Chunks": "comment"})
    assert walk_of(chunks) == []
    assert "Waiting for" not in text_of(chunks)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert text_of(chunks).strip()


@pytest.mark.parametrize(
    "more",
    [
        {"tools": TOOLS},
        {"response_format": {"type": "json_object"}},
    ],
    ids=["tools", "json"],
)
def test_a_request_for_a_program_gets_no_words(client, more):
    with Busy(client, CHAT):
        chunks = stream_chat(client, max_tokens=24, **more)
    assert walk_of(chunks) == ["waiting_for_model", "loading", "processing"]
    assert not [c for c in chunks if metadata_of(c) and c.choices[0].delta.content]
    assert not re.search(r"Waiting for|Loading|Starting", text_of(chunks))


def test_completions_never_get_words(client):
    with Busy(client, CHAT):
        chunks = list(client.completions.create(model=CODER, prompt="def add(a, b):", max_tokens=12, temperature=0, stream=True))
    assert walk_of(chunks) == ["waiting_for_model", "loading", "processing"]
    assert all(chunk.choices[0].text == "" for chunk in chunks if metadata_of(chunk))
    text = "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)
    assert text.strip() and not re.search(r"Waiting for|Loading|Starting", text)
    assert len({chunk.id for chunk in chunks}) == 1


def test_an_unknown_status_header_is_refused(client):
    with pytest.raises(openai.BadRequestError):
        stream_chat(client, extra_headers={"X-Status-Text": "loud"})


# --- The second turn --------------------------------------------------------------------------------------


def prompt_tokens(client, first_answer):
    messages = [*FUNCTION, {"role": "assistant", "content": first_answer}, {"role": "user", "content": "Thanks. Shorter?"}]
    answer = client.chat.completions.create(model=CODER, messages=messages, max_tokens=1, temperature=0)
    return answer.usage.prompt_tokens


def test_words_that_come_back_do_not_reach_the_engine(client, waited):
    text = text_of(waited)
    without = prompt_tokens(client, strip_words(text))
    assert prompt_tokens(client, text) == without
    # That the numbers would differ otherwise: the same sentences about a model that is not configured stay in.
    foreign = "Waiting for somebody to finish, then nobody (position 1).\nLoading nobody.\n\n" + strip_words(text)
    assert prompt_tokens(client, foreign) > without


# --- The helpers of the client ----------------------------------------------------------------------------


def test_chat_stream_helper_finishes_while_waiting_was_needed(client):
    contents = []
    with Busy(client, CHAT):
        # A short answer that ends by itself: the helper takes "length" for a failure.
        with client.chat.completions.stream(model=CODER, messages=ONE_WORD, max_tokens=200, temperature=0) as stream:
            for event in stream:
                if event.type == "content.delta":
                    assert event.delta != "", "an empty event tells the reader nothing"
                    contents.append(event.delta)
            final = stream.get_final_completion()
    message = final.choices[0].message
    assert message.role == "assistant"
    assert message.content == "".join(contents)
    assert strip_words(message.content).strip()
    assert final.choices[0].finish_reason == "stop"


def test_responses_stream_helper_finishes_while_waiting_was_needed(client):
    events = []
    with Busy(client, CHAT):
        with client.responses.stream(
            model=CODER, input="Write a Python function that adds two numbers.", max_output_tokens=24, temperature=0
        ) as stream:
            events.extend(stream)
            final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert events[0].response.status == "queued"
    assert kinds[1] == "response.queued"
    assert kinds.index("response.in_progress") > 1
    assert kinds[-1] in ("response.completed", "response.incomplete")
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers)), "sequence numbers go up"
    assert len({event.response.id for event in events if hasattr(event, "response")}) == 1
    assert final.model == CODER
    assert final.output_text.strip()
    assert not re.search(r"Waiting for|Loading", final.output_text)


def test_usage_comes_last_and_is_null_before(client):
    with Busy(client, CHAT):
        chunks = stream_chat(client, stream_options={"include_usage": True})
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 32


# --- Without a stream -------------------------------------------------------------------------------------


def test_chat_without_a_stream_after_a_wait(client):
    with Busy(client, CHAT):
        raw = client.chat.completions.with_raw_response.create(model=CODER, messages=FUNCTION, max_tokens=16, temperature=0)
    answer = raw.parse()
    assert answer.model == CODER
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content.strip()
    assert not answer.choices[0].message.content.startswith("Waiting")
    assert answer.usage.completion_tokens == 16
    assert raw.headers["x-request-id"]
    assert int(raw.headers["x-queue-wait-ms"]) > 0
    assert int(raw.headers["x-model-switch-ms"]) > 0


def test_completions_without_a_stream(client):
    answer = client.completions.create(model=CODER, prompt="def add(a, b):", max_tokens=12, temperature=0)
    assert answer.choices[0].text.strip()
    assert answer.usage.completion_tokens <= 12


def test_responses_without_a_stream(client):
    answer = client.responses.create(model=CODER, input="Say hello.", max_output_tokens=16, temperature=0)
    assert answer.model == CODER
    assert answer.output_text.strip()
    assert answer.status in ("completed", "incomplete")


def test_two_choices(client):
    answer = client.chat.completions.create(model=CODER, messages=FUNCTION, max_tokens=8, n=2)
    assert sorted(choice.index for choice in answer.choices) == [0, 1]
    assert all(choice.message.content for choice in answer.choices)


# --- Models and errors ------------------------------------------------------------------------------------


def test_models_are_listed(client):
    assert {model.id for model in client.models.list()} >= {CHAT, CODER}
    assert client.models.retrieve(CODER).id == CODER


def test_an_alias_is_answered_with_the_name_that_was_asked_for(client):
    answer = client.chat.completions.create(model="code", messages=FUNCTION, max_tokens=4)
    assert answer.model == "code"
    assert {chunk.model for chunk in stream_chat(client, model="code", max_tokens=4)} == {"code"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_unknown_model_is_not_found(client, stream):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="nobody", messages=FUNCTION, stream=stream)
    assert caught.value.code == "model_not_found"
    assert caught.value.type == "invalid_request_error"
    assert "nobody" in caught.value.message
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="nobody", input="Hi")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody")


def test_a_wrong_type_is_a_bad_request(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body={"model": 7, "messages": FUNCTION}, cast_to=object)
    assert caught.value.type == "invalid_request_error"


def test_what_the_engine_refuses_keeps_its_status(client):
    with pytest.raises(openai.BadRequestError):
        stream_chat(client, messages=[{"role": "user", "content": "Hi"}], extra_body={"grammar": "this is no grammar ("})


# --- What may go wrong ------------------------------------------------------------------------------------


def test_a_killed_engine_is_an_error_in_the_stream_and_the_next_request_is_served():
    with Server() as server, client_of(server) as client:
        stream = client.chat.completions.create(
            model=CHAT,
            messages=[{"role": "user", "content": "Tell me a long story."}],
            max_tokens=1500,
            stream=True,
            extra_body={"ignore_eos": True},
        )
        with pytest.raises(openai.APIError) as caught:
            killed = False
            for chunk in stream:
                if not killed and chunk.choices and chunk.choices[0].delta.content and not metadata_of(chunk):
                    os.kill(server.engine_process().pid, signal.SIGKILL)
                    killed = True
        assert killed
        assert caught.value.message and caught.value.message != "An error occurred during streaming"
        assert stream_chat(client, model=CHAT, max_tokens=4)[-1].choices[0].finish_reason == "length"


def test_sigterm_leaves_nobody_waiting_and_no_process():
    with Server(server=["shutdown_grace: 1s"]) as server, client_of(server) as client:
        ended = []

        def wait_for_the_coder():
            try:
                ended.append(stream_chat(client))
            except openai.APIError as error:
                ended.append(error)

        with Busy(client, CHAT) as busy:
            waiter = threading.Thread(target=wait_for_the_coder, daemon=True)
            waiter.start()
            eventually(lambda: server.waiting(CODER) == 1, "the second request waits")
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == 0
            waiter.join(30)
            busy.thread.join(30)
            assert len(ended) == 1 and isinstance(ended[0], openai.APIError), f"the waiter was told nothing: {ended}"
            # A second of grace is too short for the story, so it ends with an error too, or it was all but complete.
            assert busy.failure is None or isinstance(busy.failure, openai.APIError)
            busy.failure = None
        eventually(lambda: not server.processes(), f"no process is left: {server.processes()}", 10)


def test_sigkill_of_the_server_leaves_no_engine():
    with Server() as server, client_of(server) as client:
        stream_chat(client, model=CHAT, max_tokens=2)
        engine = server.engine_process()
        server.process.kill()
        server.process.wait()
        eventually(lambda: not server.processes(), f"the engine {engine} is gone", 15)

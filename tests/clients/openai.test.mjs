// End to end, as a user calls it: the official `openai` client for Node.js, the real engine, both real models.
// Started by scripts/clients.sh. The contract is docs/wire-contract.md.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import OpenAI from "openai";

import { CHAT, CODER, DEADLINE_MS, Server, keepBusy } from "./server.mjs";

const QUESTION = [{ role: "user", content: "Write a Python function that adds two numbers." }];
const WORDS =
  /^Waiting for smollm2-135m to finish, then qwen2\.5-coder-0\.5b \(position 1\)\.\nLoading qwen2\.5-coder-0\.5b\.\n(Starting qwen2\.5-coder-0\.5b\.\n)?\n(?=[^\n])/;

let server;
let client;

// Retries off: a test must see what the server answered, not what the third try got.
const clientOf = (one) => new OpenAI({ baseURL: one.baseURL, apiKey: "none", maxRetries: 0, timeout: DEADLINE_MS });

before(async () => {
  server = await Server.start();
  client = clientOf(server);
});
after(async () => {
  if (server) assert.equal(await server.stop(), 0);
});

/** Runs `work` while the chat model is busy with somebody else's story. */
async function whileChatIsBusy(work) {
  const busy = await keepBusy(client, CHAT);
  const result = await work();
  await busy.finished;
  return result;
}

const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join("");

function walkOf(chunks) {
  const walk = [];
  for (const { candle_metadata: told } of chunks) if (told && walk.at(-1) !== told.status) walk.push(told.status);
  return walk;
}

async function streamChat(more = {}, options = {}) {
  const request = { model: CODER, messages: QUESTION, max_tokens: 24, temperature: 0, stream: true, ...more };
  const chunks = [];
  for await (const chunk of await client.chat.completions.create(request, options)) chunks.push(chunk);
  return chunks;
}

test("a stream that waits: words, a blank line, the answer; one id, one role, one finish reason", async () => {
  const chunks = await whileChatIsBusy(() => streamChat());
  const text = textOf(chunks);
  assert.match(text, WORDS);
  assert.notEqual(text.replace(WORDS, "").trim(), "");
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.deepEqual(new Set(chunks.map((chunk) => chunk.model)), new Set([CODER]));
  assert.deepEqual(chunks.map((chunk) => Boolean(chunk.choices[0].delta.role)).indexOf(true), 0);
  assert.equal(chunks.filter((chunk) => chunk.choices[0].delta.role).length, 1);
  assert.deepEqual(chunks.map((chunk) => chunk.choices[0].finish_reason).filter(Boolean), ["length"]);
  assert.deepEqual(walkOf(chunks), ["waiting_for_model", "loading", "processing"]);
});

test("status_text none and tools: the metadata without a word", async () => {
  const tools = [{ type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } }];
  for (const [more, options] of [
    [{}, { headers: { "X-Status-Text": "none" } }],
    [{ tools }, {}],
  ]) {
    const chunks = await whileChatIsBusy(() => streamChat(more, options));
    assert.deepEqual(walkOf(chunks), ["waiting_for_model", "loading", "processing"]);
    assert.doesNotMatch(textOf(chunks), /Waiting for|Loading|Starting/);
  }
});

test("chat.completions.stream finishes while waiting was needed", async () => {
  const [message, content] = await whileChatIsBusy(async () => {
    let deltas = "";
    const stream = client.chat.completions.stream({
      model: CODER,
      messages: [{ role: "user", content: "Reply with the single word: hello" }],
      max_tokens: 200,
      temperature: 0,
    });
    stream.on("content", (delta) => (deltas += delta));
    return [await stream.finalMessage(), deltas];
  });
  assert.equal(message.role, "assistant");
  assert.match(message.content, WORDS);
  assert.equal(message.content, content);
});

test("responses.stream finishes while waiting was needed", async () => {
  const [events, final] = await whileChatIsBusy(async () => {
    const seen = [];
    const stream = client.responses.stream({ model: CODER, input: "Say hello.", max_output_tokens: 24, temperature: 0 });
    for await (const event of stream) seen.push(event);
    return [seen, await stream.finalResponse()];
  });
  assert.equal(events[0].type, "response.created");
  assert.equal(events[0].response.status, "queued");
  assert.equal(events[1].type, "response.queued");
  assert.ok(["response.completed", "response.incomplete"].includes(events.at(-1).type));
  const numbers = events.map((event) => event.sequence_number);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  assert.equal(final.model, CODER);
  assert.notEqual(final.output_text.trim(), "");
  assert.doesNotMatch(final.output_text, /Waiting for|Loading/);
});

test("chat, completions and responses without a stream", async () => {
  const chat = await client.chat.completions.create({ model: CODER, messages: QUESTION, max_tokens: 8 });
  assert.equal(chat.choices[0].message.role, "assistant");
  assert.equal(chat.usage.completion_tokens, 8);
  const completion = await client.completions.create({ model: CODER, prompt: "def add(a, b):", max_tokens: 8 });
  assert.notEqual(completion.choices[0].text, "");
  const response = await client.responses.create({ model: CODER, input: "Say hello.", max_output_tokens: 16 });
  assert.notEqual(response.output_text.trim(), "");
});

test("models are listed and an unknown one is not found", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.ok(ids.includes(CHAT) && ids.includes(CODER), ids.join());
  for (const stream of [false, true]) {
    await assert.rejects(client.chat.completions.create({ model: "nobody", messages: QUESTION, stream }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
      assert.equal(error.code, "model_not_found");
      return true;
    });
  }
});

test("a killed engine is an error in the stream and the next request is served", async () => {
  const own = await Server.start();
  try {
    const ownClient = clientOf(own);
    const stream = await ownClient.chat.completions.create({
      model: CHAT,
      messages: [{ role: "user", content: "Tell me a long story." }],
      max_tokens: 1500,
      ignore_eos: true,
      stream: true,
    });
    let killed = false;
    await assert.rejects(
      async () => {
        for await (const chunk of stream) {
          if (killed || chunk.candle_metadata || !chunk.choices[0]?.delta?.content) continue;
          process.kill(await own.enginePid(), "SIGKILL");
          killed = true;
        }
      },
      (error) => error instanceof OpenAI.APIError && /engine/i.test(error.message),
    );
    assert.ok(killed);
    const next = await ownClient.chat.completions.create({ model: CHAT, messages: QUESTION, max_tokens: 4 });
    assert.equal(next.usage.completion_tokens, 4);
  } finally {
    assert.equal(await own.stop(), 0);
  }
});

// Starts the real server for the client tests in Node.js and ends what it started: server.py in small. Not a test.
// The program, the engine and the models come from the environment that scripts/clients.sh sets.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export const CHAT = "smollm2-135m";
export const CODER = "qwen2.5-coder-0.5b";
const FILES = { [CHAT]: "SmolLM2-135M-Instruct.Q4_1.gguf", [CODER]: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf" };
const PROGRAM = process.env.SIGNALBOX_PROGRAM;
const ENGINE = process.env.SIGNALBOX_TEST_ENGINE;
const MODELS = process.env.SIGNALBOX_MODEL_DIR || path.join(process.env.SIGNALBOX_CACHE, "models");
const TAG_NAME = "CLIENT_TEST_PROCESS";

// Far above what a busy machine with two cores needs; a test that meets it has found something that hangs.
export const DEADLINE_MS = 240_000;

/** The first true value of condition(); throws with `what` when none comes. */
export async function eventually(condition, what, deadlineMs = DEADLINE_MS) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Server {
  static async start() {
    const server = new Server();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), "signalbox-clients-"));
    server.tag = path.basename(server.folder);
    const model = (name, alias) => ({ name, aliases: [alias], path: path.join(MODELS, FILES[name]) });
    // JSON is YAML. One thread: the engine's threads wait for each other by spinning.
    const config = {
      server: { listen: "127.0.0.1:0" },
      engine: { command: [ENGINE], args: ["-t", "1"] },
      defaults: { slots: 2, context: 2048 },
      models: [model(CHAT, "chat"), model(CODER, "code")],
    };
    const file = path.join(server.folder, "models.yaml");
    fs.writeFileSync(file, JSON.stringify(config, null, 2));
    server.logPath = path.join(server.folder, "log");
    const log = fs.openSync(server.logPath, "w");
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SIGNALBOX_")));
    server.process = spawn(PROGRAM, ["serve", "--config", file, "--log-format", "json"], {
      stdio: ["ignore", log, log],
      env: { ...environment, [TAG_NAME]: server.tag },
    });
    fs.closeSync(log);
    server.ended = once(server.process, "exit");
    const address = await eventually(() => server.#listeningAddress(), "the server listens");
    server.baseURL = `${address}/v1`;
    return server;
  }

  #listeningAddress() {
    if (this.process.exitCode !== null) throw new Error(`the server ended with ${this.process.exitCode}:\n${this.log()}`);
    for (const line of this.log().split("\n")) {
      try {
        const event = JSON.parse(line);
        if (event.event === "listening") return event.address;
      } catch {
        continue; // the last line may be half written
      }
    }
    return undefined;
  }

  log() {
    return fs.readFileSync(this.logPath, "utf8");
  }

  /** The process ids that carry this server's tag, whoever their parent is by now, with their programs. */
  processes() {
    const found = [];
    for (const name of fs.readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const variables = fs.readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
        if (variables.includes(`${TAG_NAME}=${this.tag}`)) {
          found.push({ pid: Number(name), program: fs.realpathSync(`/proc/${name}/exe`) });
        }
      } catch {
        continue; // it ended between one look and the next
      }
    }
    return found;
  }

  async enginePid() {
    const program = fs.realpathSync(ENGINE);
    const engine = await eventually(() => this.processes().find((one) => one.program === program), "an engine runs");
    return engine.pid;
  }

  /** Ends the server; resolves with its exit code once no process of it is left. */
  async stop() {
    this.process.kill("SIGTERM");
    const [code] = await this.ended;
    try {
      await eventually(() => this.processes().length === 0, "no process is left", 15_000);
    } finally {
      for (const left of this.processes()) process.kill(left.pid, "SIGKILL");
      fs.rmSync(this.folder, { recursive: true, force: true });
    }
    return code;
  }
}

/** Keeps a model busy with one stream of a known length; resolves once its first token is there. */
export async function keepBusy(client, model) {
  const stream = await client.chat.completions.create(
    {
      model,
      messages: [{ role: "user", content: "Tell me a long story about a railway." }],
      max_tokens: 250,
      stream: true,
      ignore_eos: true,
    },
    { headers: { "X-Status-Text": "none" } },
  );
  const chunks = stream[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) throw new Error(`${model} gave no token`);
    if (value.choices[0]?.delta?.content) break;
  }
  const rest = (async () => {
    while (!(await chunks.next()).done);
  })();
  return { finished: rest };
}

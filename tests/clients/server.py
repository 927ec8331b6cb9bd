"""Starts the real server (and, beside it, the real engine alone) for the client tests, and ends what it started.

Not a test. The program, the engine and the models come from the environment that scripts/clients.sh sets. Nothing here
sleeps for a fixed time: everything is polled for, with a deadline.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid

PROGRAM = os.environ["SIGNALBOX_PROGRAM"]
ENGINE = os.environ["SIGNALBOX_TEST_ENGINE"]
MODELS = pathlib.Path(os.environ.get("SIGNALBOX_MODEL_DIR") or os.path.join(os.environ["SIGNALBOX_CACHE"], "models"))

CHAT = "smollm2-135m"
CODER = "qwen2.5-coder-0.5b"
FILES = {CHAT: "SmolLM2-135M-Instruct.Q4_1.gguf", CODER: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"}
SLOTS = 2
CONTEXT = 2048  # tokens a slot

# Far above what a busy machine with two cores needs; a test that meets it has found something that hangs.
DEADLINE_S = 240.0

TAG_NAME = "CLIENT_TEST_PROCESS"


def eventually(condition, what, deadline_s=DEADLINE_S):
    """The first true value of condition(); fails with `what` when none comes."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s:.0f} s: {what}")
        time.sleep(0.02)


class Process:
    """One process of a server: the tag in its environment says whose it is, whoever its parent is by now."""

    def __init__(self, pid):
        self.pid = pid
        self.program = os.path.realpath(f"/proc/{pid}/exe")
        self.arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")

    def __repr__(self):
        return f"{self.pid}: {self.arguments}"


def processes_with_tag(tag):
    found = []
    wanted = f"{TAG_NAME}={tag}".encode()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        # A process may end between one look and the next; a zombie has nothing left to read.
        with contextlib.suppress(OSError):
            if wanted in pathlib.Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                found.append(Process(int(name)))
    return found


class Server:
    """`signalbox serve` with both models, on a free port of the loopback. Use as a context manager."""

    def __init__(self, scheduler=(), server=(), more_models=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="signalbox-clients-"))
        self.tag = uuid.uuid4().hex
        self.log_path = self.folder / "log"
        (self.folder / "models.yaml").write_text(self._config(scheduler, server, more_models), encoding="utf-8")
        self.process = None
        self.address = None

    @staticmethod
    def _config(scheduler, server, more_models):
        lines = ["server:", "  listen: 127.0.0.1:0", *(f"  {line}" for line in server)]
        if scheduler:
            lines += ["scheduler:", *(f"  {line}" for line in scheduler)]
        # One thread: the engine's threads wait for each other by spinning, which on a busy machine takes forever.
        lines += ["engine:", f"  command: [{json.dumps(ENGINE)}]", '  args: [-t, "1"]']
        lines += ["defaults:", f"  slots: {SLOTS}", f"  context: {CONTEXT}", "models:"]
        for name, alias in ((CHAT, "chat"), (CODER, "code")):
            lines += [f"  - name: {name}", f"    aliases: [{alias}]", f"    path: {json.dumps(str(MODELS / FILES[name]))}"]
        return "\n".join([*lines, *more_models]) + "\n"

    def __enter__(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_")}
        environment[TAG_NAME] = self.tag
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--config", str(self.folder / "models.yaml"), "--log-format", "json"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
        try:
            self.address = eventually(self._listening_address, "the server listens")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for left in processes_with_tag(self.tag):
            with contextlib.suppress(ProcessLookupError):
                os.kill(left.pid, signal.SIGKILL)
        log = self.log()
        shutil.rmtree(self.folder, ignore_errors=True)
        if kind is not None:
            print(f"the server's log:\n{log[-20000:]}")
            return
        for word in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "assertion failed"):
            assert word not in log, f"{word} in the server's log:\n{log[-20000:]}"

    def _listening_address(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
        for line in self.log().splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and event.get("event") == "listening":
                    return event["address"].removeprefix("http://")
        return None

    @property
    def base_url(self):
        return f"http://{self.address}/v1"

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def processes(self):
        return processes_with_tag(self.tag)

    def engine_process(self):
        return eventually(
            lambda: next((p for p in self.processes() if p.program == os.path.realpath(ENGINE)), None), "an engine runs"
        )

    def get(self, path):
        host, _, port = self.address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=DEADLINE_S)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def status(self):
        return self.get("/v1/models/status")

    def waiting(self, model):
        return self.status()["queue_lengths"][model]


class Busy:
    """Keeps a model busy with one stream of a known length until it is told to stop. Use as a context manager."""

    TOKENS = 250

    def __init__(self, client, model):
        self.client = client
        self.model = model
        self.first_token = threading.Event()
        self.stop = threading.Event()
        self.failure = None
        self.tokens = 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            stream = self.client.chat.completions.create(
                model=self.model,
                messages=[{"role": "user", "content": "Tell me a long story about a railway."}],
                max_tokens=self.TOKENS,
                stream=True,
                extra_headers={"X-Status-Text": "none"},
                extra_body={"ignore_eos": True},
            )
            with stream:
                for chunk in stream:
                    if chunk.choices and chunk.choices[0].delta.content:
                        self.tokens += 1
                        self.first_token.set()
                    if self.stop.is_set():
                        return
        except Exception as failure:  # shown by the test that waits for it
            self.failure = failure
        finally:
            self.first_token.set()

    def __enter__(self):
        self.thread.start()
        assert self.first_token.wait(DEADLINE_S), f"{self.model} gave no token"
        assert self.failure is None, self.failure
        return self

    def __exit__(self, kind, value, trace):
        self.stop.set()
        self.thread.join(DEADLINE_S)
        if kind is None:
            assert not self.thread.is_alive(), f"the stream of {self.model} does not end"
            assert self.failure is None, self.failure


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """llama-server alone, as the server starts it: what an answer is without us. Use as a context manager."""

    def __init__(self, model):
        self.folder = tempfile.mkdtemp(prefix="signalbox-engine-")
        self.socket = os.path.join(self.folder, "engine.sock")
        self.command = [ENGINE, "-m", str(MODELS / FILES[model]), "--host", self.socket, "-t", "1"]
        self.command += ["-np", str(SLOTS), "-c", str(SLOTS * CONTEXT)]
        self.process = None

    def __enter__(self):
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self._ready, "the engine is ready")
        return self

    def __exit__(self, kind, value, trace):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ready(self):
        assert self.process.poll() is None, f"the engine ended with {self.process.returncode}"
        with contextlib.suppress(OSError):
            return self.ask("GET", "/health")[0] == 200
        return False

    def ask(self, method, path, body=None):
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

"""Tries an engine for real: starts it on a model, waits until it is ready, asks for one token, ends it.

engine-probe.py ENGINE MODEL prints one line and exits 0 if the engine can serve; otherwise it prints why and exits 1.
Called by engine.sh before an engine is taken into use. A private unix socket is tried first, then (for an older engine of
the user's own) a loopback port. Nothing but Python's standard library.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

READY_WITHIN_S = 120
TOKEN_WITHIN_S = 120


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(connect, method, path, body=None, timeout=5.0):
    connection = connect(timeout)
    try:
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def probe(engine, model, listen, connect, log_path):
    """Returns the seconds to ready and to the token; raises RuntimeError with the engine's last words."""
    # One thread and a small context: this runs beside whatever else the machine is doing.
    command = [engine, "-m", model, "-c", "256", "-np", "1", "-t", "1", *listen]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LLAMA_")}
    started = time.monotonic()
    with open(log_path, "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
    try:
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"it ended with status {process.returncode} while loading")
            if time.monotonic() - started > READY_WITHIN_S:
                raise RuntimeError(f"it was not ready after {READY_WITHIN_S} s")
            try:
                if request(connect, "GET", "/health")[0] == 200:
                    break
            except OSError:
                pass  # not listening yet
            time.sleep(0.05)
        ready = time.monotonic()
        body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "temperature": 0}
        try:
            status, answer = request(connect, "POST", "/v1/chat/completions", body, TOKEN_WITHIN_S)
        except OSError as error:
            raise RuntimeError(f"no token came: {error}") from error
        if status != 200 or json.loads(answer)["usage"]["completion_tokens"] != 1:
            raise RuntimeError(f"it answered {status}: {answer[:200].decode(errors='replace')}")
        return ready - started, time.monotonic() - ready
    finally:
        process.kill()
        process.wait()


def main():
    engine, model = sys.argv[1:]
    # A short path: a unix socket's may not be longer than about 100 bytes, and a home folder's may be.
    folder = tempfile.mkdtemp(prefix="signalbox-", dir="/tmp")
    log_path = os.path.join(folder, "log")
    socket_path = os.path.join(folder, "engine.sock")
    port = free_port()
    ways = [
        (["--host", socket_path], lambda timeout: UnixConnection(socket_path, timeout)),
        (
            ["--host", "127.0.0.1", "--port", str(port)],
            lambda timeout: http.client.HTTPConnection("127.0.0.1", port, timeout=timeout),
        ),
    ]
    try:
        for listen, connect in ways:
            try:
                ready_s, token_s = probe(engine, model, listen, connect, log_path)
                print(f"ready after {ready_s:.1f} s, first token {token_s:.1f} s later")
                return
            except (OSError, RuntimeError, ValueError, KeyError) as error:
                failure = error
        words = ""
        if os.path.exists(log_path):
            with open(log_path, errors="replace") as log:
                words = "\n".join(log.read().splitlines()[-5:])
        sys.exit(f"{failure}\n{words}".strip())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()

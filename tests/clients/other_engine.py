"""An OpenAI-compatible server that is no llama-server: xllamacpp's, inside a Python process, with a start, a command line
and a log of its own. Started by Signalbox in test_other_engine.py: other_engine.py MODEL_FILE PORT NAME.
"""

import signal
import sys
import threading

import xllamacpp


def main():
    path, port, name = sys.argv[1:]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.model_alias = {name}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = int(port)
    parameters.n_ctx = 2048
    parameters.n_parallel = 2
    parameters.cpuparams.n_threads = 1
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    server = xllamacpp.Server(parameters)
    print(f"serving {name} at {server.listening_address}", flush=True)
    while not stop.wait(0.2):  # a signal is only seen between two waits
        pass


main()

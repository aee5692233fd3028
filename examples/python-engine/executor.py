"""A process of its own that runs user code, so that the engine can answer, and end what runs too long."""

import importlib
import multiprocessing
import os
import signal
import threading
import time
import traceback

from values import decode, encode


class NotForThisEngine(Exception):
    """Another engine may take the task."""


class Executor:
    """Runs one attempt at a time. `connection` can be waited upon; it gives one (outcome, milliseconds, output)."""

    def __init__(self):
        self.connection, remote = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(remote,), daemon=True)
        self._process.start()
        remote.close()

    def run(self, function, call, args):
        self.connection.send((function.frames, call, args.frames))

    def end(self):
        self._process.kill()
        self._process.join()
        self.connection.close()


def serve(connection):
    # Ctrl-C reaches the whole group of processes; the engine decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    while True:
        function, call, args = connection.recv()
        begun = time.monotonic()
        outcome, output = attempt(function, call, args)
        connection.send((outcome, (time.monotonic() - begun) * 1000, output))


def end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


def attempt(function, call, args):
    try:
        callable_ = load(decode(function[0], function))
    except NotForThisEngine as error:
        return "unmet", encode(thrown(error))
    except Exception as error:
        return "failed", encode(thrown(error))
    try:
        items = decode(args[0], args)
        if call == "once":
            return "succeeded", encode(callable_(*items))
        return each(callable_, [[item] for item in items] if call == "each" else items)
    except Exception as error:
        return "failed", encode(thrown(error))


def each(callable_, argument_lists):
    values, errors = [], []
    for index, arguments in enumerate(argument_lists):
        try:
            value = callable_(*arguments)
            encode(value)
        except Exception as error:
            value = None
            errors.append([index, thrown(error)])
        values.append(value)
    return "failed" if errors else "succeeded", encode({"values": values, "errors": errors})


def load(spec):
    """`task('python:math', 'sqrt')` in a client's program is `math.sqrt` here."""
    if spec["kind"] != "module" or not spec["url"].startswith("python:"):
        raise NotForThisEngine("this engine runs Python: it takes task('python:MODULE', 'NAME')")
    return getattr(importlib.import_module(spec["url"].removeprefix("python:")), spec["exportName"])


def thrown(error):
    stack = "".join(traceback.format_exception(error))
    return {"name": type(error).__name__, "message": str(error), "stack": stack, "thrown": error}

"""
An engine that runs Python, written from docs/PROTOCOL.md with the standard library alone.

    python3 engine.py ~/.yardmaster/default.json
    YARDMASTER_KEY=... python3 engine.py ws://127.0.0.1:10102

It joins the cluster of a connection file, or at an address. It takes the tasks that a client submits as task('python:math', 'sqrt').
"""

import base64
import json
import os
import signal
import socket
import sys
import time
from collections import OrderedDict, deque
from multiprocessing.connection import wait

from executor import Executor, thrown
from link import Link
from values import Payload, encode

FUNCTIONS_MAX = 1024
FUNCTION_BYTES_MAX = 64 * 2**20
BEGUN_AFTER_S = 0.02
# What a message holds beside one result.
ROOM_BYTES = 65_536


class FunctionTable:
    """Which functions the controller has sent; it keeps the same table, by the same rule."""

    def __init__(self):
        self._functions = OrderedDict()
        self._bytes = 0

    def take(self, tasks, brought):
        brought = iter(brought)
        for task in tasks:
            name = task["function"]
            if name not in self._functions:
                self._functions[name] = next(brought)["payload"]
                self._bytes += size(self._functions[name])
                self._drop_oldest()
            self._functions.move_to_end(name)
            yield self._functions[name]


    def _drop_oldest(self):
        while len(self._functions) > 1 and (len(self._functions) > FUNCTIONS_MAX or self._bytes > FUNCTION_BYTES_MAX):
            _, payload = self._functions.popitem(last=False)
            self._bytes -= size(payload)


def size(payload):
    return sum(len(frame) for frame in payload.frames)


class Engine:
    def __init__(self, address, key):
        details = {"name": "python", "pid": os.getpid(), "host": socket.gethostname(), "kind": "python"}
        self.link = Link(address, key, details)
        self.functions = FunctionTable()
        self.queue = deque()
        self.executor = Executor()
        self.running = None
        self.begun_at = 0.0
        self.is_reported = False
        # When the running attempt is ended by force, and how it has then ended.
        self.force_at, self.forced_outcome = None, None
        self.leaving = False
        self.handlers = {
            "tasks": self.on_tasks,
            "cancel": self.on_cancel,
            "recall": self.on_recall,
            "interrupt": self.on_interrupt,
            "restart": self.on_restart,
            # It sends no parts, of which more could be asked for.
            "pull": lambda message: None,
            "ping": self.on_ping,
            "stop": self.on_stop,
        }

    def serve(self):
        """Until the controller or a signal ends it. EOFError, ConnectionError: the controller is gone."""
        woken = self.leave_on_signals()
        while not self.leaving:
            ready = wait([self.link, self.executor.connection, woken], self.seconds_to_wait())
            if self.executor.connection in ready:
                self.finish()
            if self.link in ready or self.link.has_waiting:
                for message in self.link.receive():
                    self.handlers[message["type"]](message)
            self.look()
        self.link.send({"type": "goodbye", "reason": "the engine was stopped"})
        self.link.close()

    def leave_on_signals(self):
        """A pipe that ends the wait when a signal came: one that came in the midst of a message must let it be finished."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_stop)
        return woken

    def on_tasks(self, message):
        functions = self.functions.take(message["tasks"], message["functions"])
        self.queue.extend(zip(message["tasks"], functions))
        self.begin()

    def on_cancel(self, message):
        if self.give_back(message["tasks"]):
            self.force(time.monotonic() + message["graceMs"] / 1000, "aborted")

    def on_recall(self, message):
        if self.give_back(message["tasks"]):
            self.report_begun()

    def on_interrupt(self, message):
        if self.running is not None:
            self.force(time.monotonic() + message["graceMs"] / 1000, "aborted")

    def on_restart(self, message):
        if self.running is not None:
            self.replace_executor("lost")

    def on_ping(self, message):
        self.link.send({"type": "pong", "sequence": message["sequence"]})

    def on_stop(self, *_):
        self.leaving = True

    def give_back(self, named):
        """Whether the running attempt is among those named; the others that have not begun are given back."""
        names = {(one["id"], one["attempt"]) for one in named}
        is_named = lambda task: (task["id"], task["attempt"]) in names
        returned = [task for task, _ in self.queue if is_named(task)]
        self.queue = deque(entry for entry in self.queue if not is_named(entry[0]))
        self.report([(task, "recalled", 0, None) for task in returned])
        return self.running is not None and is_named(self.running)

    def begin(self):
        if self.running is not None or not self.queue:
            return
        self.running, function = self.queue.popleft()
        self.begun_at, self.is_reported, self.force_at = time.monotonic(), False, None
        if limit := self.running.get("runTimeoutMs"):
            self.force(self.begun_at + limit / 1000, "timedOut")
        self.executor.run(function, self.running["call"], self.running["args"])

    def finish(self):
        try:
            outcome, duration, output = self.executor.connection.recv()
        except (EOFError, ConnectionError):
            return self.replace_executor("lost")
        bytes_max = self.link.welcome.get("messageBytesMax", 1 << 30) - ROOM_BYTES
        if len(output) > bytes_max:
            why = ValueError(f"the result takes {len(output)} bytes, and the link carries {bytes_max}")
            outcome, output = "failed", encode(thrown(why))
        self.settle(outcome, duration, Payload([output]))

    def look(self):
        """Does what is due by now."""
        if self.running is None:
            return
        now = time.monotonic()
        if self.force_at is not None and now >= self.force_at:
            self.replace_executor(self.forced_outcome)
        elif not self.is_reported and now - self.begun_at >= BEGUN_AFTER_S:
            self.report_begun()

    def seconds_to_wait(self):
        if self.link.has_waiting:
            return 0
        if self.running is None:
            return None
        due = [self.force_at, None if self.is_reported else self.begun_at + BEGUN_AFTER_S]
        soonest = min((at for at in due if at is not None), default=None)
        return None if soonest is None else max(0.0, soonest - time.monotonic())

    def force(self, at, outcome):
        if self.force_at is None or at < self.force_at:
            self.force_at, self.forced_outcome = at, outcome

    def replace_executor(self, outcome):
        self.executor.end()
        self.executor = Executor()
        self.settle(outcome, (time.monotonic() - self.begun_at) * 1000, None)

    def settle(self, outcome, duration, output):
        task, self.running = self.running, None
        self.report([(task, outcome, duration, output)])
        self.begin()

    def report(self, ends):
        results = [
            {"id": task["id"], "attempt": task["attempt"], "outcome": outcome, "durationMs": duration}
            | ({"output": output} if output else {})
            for task, outcome, duration, output in ends
        ]
        if results:
            self.link.send({"type": "ended", "results": results})

    def report_begun(self):
        if not self.is_reported:
            self.is_reported = True
            task = {"id": self.running["id"], "attempt": self.running["attempt"]}
            self.link.send({"type": "begun", "tasks": [task]})


def place():
    """Where the controller is, and its key."""
    if len(sys.argv) == 2 and not sys.argv[1].startswith("ws:"):
        with open(sys.argv[1]) as file:
            cluster = json.load(file)
        address = next((address for address in cluster["addresses"] if address.startswith("ws:")), None)
        if address is None:
            sys.exit(f"{sys.argv[1]} names no ws: address, and this engine speaks no other")
        return address, cluster["key"]
    if len(sys.argv) == 2 and "YARDMASTER_KEY" in os.environ:
        return sys.argv[1], os.environ["YARDMASTER_KEY"]
    sys.exit("usage: python3 engine.py CONNECTION_FILE, or YARDMASTER_KEY=... python3 engine.py ws://HOST:PORT")


def main():
    address, key = place()
    engine = None
    try:
        engine = Engine(address, base64.urlsafe_b64decode(key + "="))
        print(f"engine {engine.link.welcome['engine']} is ready", flush=True)
        engine.serve()
    except EOFError as error:
        print(error, flush=True)
        engine.link.close()
    except ConnectionError as error:
        sys.exit(f"{address}: {error}")
    finally:
        if engine:
            engine.executor.end()


if __name__ == "__main__":
    main()

"""
ipyparallel's own TaskScheduler, driven directly: its decisions and bookkeeping, without messages, sockets or a Hub.
Prints one line of JSON. Argument: how many tasks to time.
"""

import json
import logging
import sys
import time
from collections import deque

import ipyparallel
from ipyparallel.controller.dependency import Dependency
from ipyparallel.controller.task_scheduler import MET, Job, TaskScheduler
from traitlets import Any

# Its default mark.
ENGINES, HWM = 100, 1


class Outbox:
    """Takes what is sent to engines; the rest it drops."""

    def __init__(self):
        self.assigned = deque()
        self.target = None

    def send(self, target, *_args, **_options):
        self.target = target

    def send_multipart(self, parts, *_args, **_options):
        self.assigned.append((self.target, parts[2]))


class Nothing:
    def send(self, *_args, **_options):
        pass

    def send_multipart(self, *_args, **_options):
        pass


class BareScheduler(TaskScheduler):
    client_stream = Any()
    engine_stream = Any()
    mon_stream = Any()
    session = Any()
    ident = Any(b"scheduler")


def scheduler():
    bare = BareScheduler(log=logging.getLogger("silent"), hwm=HWM)
    bare.client_stream = bare.mon_stream = bare.session = Nothing()
    bare.engine_stream = Outbox()
    for engine in range(ENGINES):
        bare._register_engine(str(engine).encode())
    return bare


def submit(bare, name, after=MET, targets=()):
    bare.all_ids.add(name)
    bare.retries[name] = 0
    job = Job(
        msg_id=name,
        raw_msg=[b"", b"", name],
        idents=[],
        msg={},
        header={},
        metadata={},
        targets=set(targets),
        after=after,
        follow=Dependency([]),
        timeout=None,
    )
    met = after.check(bare.all_completed, bare.all_failed)
    if not met or not bare.maybe_run(job):
        bare.save_unmet(job)


def finish(bare):
    engine, name = bare.engine_stream.assigned.popleft()
    bare.finish_job(bare.targets.index(engine))
    del bare.retries[name]
    bare.handle_result([engine, b"client"], {"msg_id": name}, [b"", b"", name], True)


def seconds_per_task(count, blocked):
    """With nothing else queued but what is blocked."""
    bare = scheduler()
    submit(bare, "stuck")
    bare.engine_stream.assigned.clear()
    for i in range(blocked):
        submit(bare, f"blocked{i}", after=Dependency(["stuck"]))
    begin = time.perf_counter()
    done = submitted = 0
    while done < count:
        while submitted < count and submitted - done < ENGINES * HWM:
            submit(bare, f"task{submitted}")
            submitted += 1
        finish(bare)
        done += 1
    return (time.perf_counter() - begin) / count


count = int(sys.argv[1])
seconds_per_task(count // 4, 0)
blocked = [0, 1_000, 20_000]
costs = [seconds_per_task(max(50, count // (1 + n // 100)), n) for n in blocked]
print(
    json.dumps(
        {
            "version": ipyparallel.__version__,
            "rate": 1 / costs[0],
            "blocked": [{"count": n, "perTaskUs": cost * 1e6} for n, cost in zip(blocked, costs)],
        }
    )
)

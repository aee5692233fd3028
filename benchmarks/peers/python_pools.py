"""
ipyparallel's and dask's pools, asked as those of Node are (see job.ts): a job a line, an answer a line, and the end when
the input ends. Arguments: which of them, and how many workers.
"""

import gc
import json
import logging
import os
import sys
import tempfile
import time
from collections import deque


def nothing():
    pass


def sleep(ms):
    import time

    time.sleep(ms / 1000)


def increment(x):
    return x + 1


def back(data):
    return data


def take(data):
    return len(data)


def give(size):
    return b"\7" * size


WORK = {"nothing": nothing, "sleep": sleep, "increment": increment, "back": back, "take": take, "give": give}


class Ipyparallel:
    def __init__(self, workers):
        import ipyparallel

        self.version = ipyparallel.__version__
        self.folder = tempfile.TemporaryDirectory()
        os.environ["IPYTHONDIR"] = self.folder.name
        self.cluster = ipyparallel.Cluster(n=workers, log_level=logging.ERROR)
        self.client = self.cluster.start_and_connect_sync()
        self.view = self.client.load_balanced_view()

    def submit(self, work, *args):
        return self.view.apply_async(work, *args)

    def result(self, future):
        return future.get()

    def close(self):
        self.client.close()
        self.cluster.stop_cluster_sync()
        self.folder.cleanup()


class Dask:
    def __init__(self, workers):
        import distributed

        self.version = distributed.__version__
        self.folder = tempfile.TemporaryDirectory()
        self.cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs="CRITICAL",
            local_directory=self.folder.name,
        )
        self.client = distributed.Client(self.cluster)

    def submit(self, work, *args):
        # Its manual's way for large arguments.
        sent = [self.client.scatter(arg, hash=False) if isinstance(arg, bytes) and len(arg) > 100_000 else arg for arg in args]
        return self.client.submit(work, *sent, pure=False)

    def result(self, future):
        return future.result()

    def close(self):
        self.client.close()
        self.cluster.close()
        self.folder.cleanup()


def run(pool, job):
    work, count, window = WORK[job["work"]], job["count"], job["window"]
    ms = job.get("ms", [0])
    data = b"\7" * job.get("bytes", 0)
    times = []

    def arguments(i):
        return {
            "nothing": (),
            "sleep": (ms[i % len(ms)],),
            "increment": (i,),
            "back": (data,),
            "take": (data,),
            "give": (len(data),),
        }[job["work"]]

    begin = time.perf_counter()
    if window == 1:
        for i in range(count):
            start = time.perf_counter()
            pool.result(pool.submit(work, *arguments(i)))
            times.append((time.perf_counter() - start) * 1e6)
    else:
        outstanding = deque()
        for i in range(count):
            if len(outstanding) == window:
                pool.result(outstanding.popleft())
            outstanding.append(pool.submit(work, *arguments(i)))
        while outstanding:
            pool.result(outstanding.popleft())
    return {"seconds": time.perf_counter() - begin, "timesUs": times}


def main():
    # What a pool prints of itself is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    pool = {"ipyparallel": Ipyparallel, "dask": Dask}[sys.argv[1]](int(sys.argv[2]))

    def say(line):
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    try:
        run(pool, {"work": "nothing", "count": 16, "window": 16})
        say({"version": pool.version})
        for line in sys.stdin:
            job = json.loads(line)
            gc.collect()
            if job["work"] not in WORK:
                say({"refused": "another language computes at another speed"})
            elif job.get("how", "copied") != "copied":
                say({"refused": "processes share no memory"})
            else:
                say(run(pool, job))
    finally:
        pool.close()


# Workers import this file where they are spawned.
if __name__ == "__main__":
    main()

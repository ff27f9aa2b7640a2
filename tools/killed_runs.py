"""Runs of a command that are watched, and killed on the way: what the proofs of indexing share."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent


def run(command: list[str], *, until: Callable[[], bool] | None = None, every_s: float = 0.5) -> tuple[dict, list[int]]:
    """The command's report, and the largest memory in MB of each quarter of its time.

    until: asked every so many seconds; once it says yes, the command is killed (SIGKILL) and there is no report.
    """
    memory: list[int] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as child:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            memory.append(process.memory_info().rss // 2**20)
            if until is not None and until():
                child.send_signal(signal.SIGKILL)
                return {}, []
            time.sleep(every_s)
        assert child.stdout is not None
        report = json.loads(child.stdout.read())
    if until is not None:
        sys.exit("The run ended before it could be killed: give it more to do.")
    return report, [int(part.max(initial=0)) for part in np.array_split(np.array(memory), 4)]

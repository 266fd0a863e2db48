"""What the parts of the benchmark share: figures and how they are told, processes and how much memory they take."""

import json
import re
import statistics
import subprocess
import sys
import threading
import time


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def told(values, unit):
    """The middle of some values, and between which they lie."""
    digits = 1 if unit == "s" else 2
    middle, low, high = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} {unit} ({low} to {high}, {len(values)} runs)"


def record(options, name, figure, target="", met=None):
    with open(options.results, "a") as file:
        file.write(json.dumps({"name": name, "figure": figure, "target": target, "met": met}) + "\n")
    say(f"{name}: {figure}")


def run(command, **others):
    """Runs a program; its output, or the end of everything where it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **others)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


class Peak(threading.Thread):
    """Follows the most memory that one process itself, without its children, has ever had resident. The kernel keeps
    that figure; it is read until the process ends."""

    def __init__(self, pid, pause=0.02):
        super().__init__(daemon=True)
        self.path, self.pause, self.bytes = f"/proc/{pid}/status", pause, 0
        self.start()

    def run(self):
        while True:
            try:
                with open(self.path) as file:
                    found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
            except OSError:
                return
            if not found:
                return
            self.bytes = int(found[1]) * 1024
            time.sleep(self.pause)

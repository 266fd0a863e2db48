#!/usr/bin/env python3
"""Writes a catalog of 10,000 releases to standard output, always the same one. Usage: bench/catalog.py

A release a day; every tenth is a prerelease, every 211th is required, every fifth is only for one kind of deployment,
and the Kubernetes minor grows every 400 releases: plans have many hops, for both of the reasons that make hops.
"""

import datetime
import json

RELEASES = 10_000
LAST = datetime.date(2026, 11, 1)


def release(number):
    day = LAST - datetime.timedelta(days=RELEASES - 1 - number)
    prerelease = number % 10 == 7
    deployments = {1: ["single-vm"], 3: ["orchestrated"]}.get(number % 10, ["single-vm", "orchestrated"])
    return {
        "version": f"{day.year}.{day.month}.{day.day}" + ("-rc.1" if prerelease else ""),
        "chartVersion": f"1.{number // 100}.{number % 100}",
        "releasedAt": day.isoformat(),
        "prerelease": prerelease,
        "deployments": deployments,
        "required": number % 211 == 0 and not prerelease,
        "kubernetes": f"1.{10 + number // 400}",
    }


print(json.dumps({
    "catalog": 1, "product": "bench", "channel": "stable", "generatedAt": f"{LAST}T12:00:00Z",
    "releases": [release(number) for number in range(RELEASES)],
}, indent=1))

#!/usr/bin/env python3
"""How long does planning take? `zfsrep plan --state` on big inventories, against Python's json.load of the same file.

    tests/bench/plan.py ZFSREP [DATASETS ...]       (default: 1000 10000; 100 snapshots a dataset and side)

Half of the datasets have one new snapshot to send, the others have nothing to do. It prints figures and judges nothing.
"""
import json, os, subprocess, sys, tempfile, time

SNAPSHOTS = 100
CHILD = "import json,sys,time; t=time.perf_counter(); json.load(open(sys.argv[1])); print(time.perf_counter()-t)"


def guid(dataset, snapshot):
    return str((dataset * 1_000_003 + snapshot * 7_919 + 1) * 1_000_000_007 % (1 << 63))


def side(f, datasets, target):
    f.write('{"zfsVersion": "2.3.9", "pools": {"tank": {"free": "1099511627776", "readonly": false, "health": "ONLINE", "features": []}}, "datasets": {')
    f.write(f'"tank": {{"type": "filesystem", "guid": "{1 + target}", "properties": {{}}, "snapshots": [], "bookmarks": [], "resume": null}}')
    for d in range(datasets):
        last = SNAPSHOTS - (target and d % 2)
        snaps = [{"name": f"daily-2025-{s // 28 + 1:02}-{s % 28 + 1:02}", "guid": guid(d, s), "createtxg": str(s * 10 + 5),
                  "creation": f"2025-{s // 28 + 1:02}-{s % 28 + 1:02}T03:00:00Z", "holds": 0, "clones": 0, "ivsetGuid": None,
                  "written": "1048576", "referenced": "10737418240"} for s in range(last)]
        mark = {"name": "zfsrep_" + guid(d, SNAPSHOTS - 1), "guid": guid(d, SNAPSHOTS - 1), "createtxg": str((SNAPSHOTS - 1) * 10 + 5),
                "creation": "2025-04-16T03:00:00Z"}
        f.write(f', "tank/d{d:05}": ' + json.dumps({
            "type": "filesystem", "guid": str(10_000_000 + d + target * 5_000_000),
            "properties": {"type": "filesystem", "encryption": "off", "used": "10737418240", "usedbydataset": "10737418240", "written": "0", "origin": "-",
                           "readonly": "on" if target else "off", "keystatus": "-", "encryptionroot": "-", "available": "1099511627776",
                           "canmount": "noauto", "mountpoint": "none", "mounted": "no"},
            "snapshots": snaps, "bookmarks": [] if target or d % 2 else [mark], "resume": None}))
    f.write("}}")


def measure(argv):
    start = time.perf_counter()
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out = p.stdout.read()
    _, status, usage = os.wait4(p.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{argv} failed: {out[-500:]!r}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, out


def main():
    zfsrep, sizes = sys.argv[1], [int(n) for n in sys.argv[2:]] or [1000, 10000]
    print(f"{'datasets':>8} {'versions':>9} {'MiB':>6} {'zfsrep s':>9} {'RSS MiB':>8} {'json.load s':>11} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as tmp:
        config, state = os.path.join(tmp, "config.json"), os.path.join(tmp, "state.json")
        with open(config, "w") as f:
            json.dump({"version": 1, "jobs": {"default": {"remoteHost": "box", "remotePool": "tank", "datasets": ["tank"]}}}, f)
        for n in sizes:
            with open(state, "w") as f:
                f.write('{"version": 1, "observedAt": "2025-11-26T04:00:00Z", "jobs": {"default": {"source": ')
                side(f, n, 0)
                f.write(', "target": ')
                side(f, n, 1)
                f.write("}}}")
            ours, theirs, rss = [], [], 0
            for _ in range(3):  # in turn, so that a slow moment of the machine hits both
                took, rss, _ = measure([zfsrep, "plan", "--config", config, "--state", state, "--json"])
                ours.append(took)
                theirs.append(float(measure([sys.executable, "-c", CHILD, state])[2]))
            a, b = sorted(ours)[1], sorted(theirs)[1]
            print(f"{n:>8} {2 * n * SNAPSHOTS:>9} {os.path.getsize(state) / 2**20:>6.0f} {a:>9.2f} {rss:>8.0f} {b:>11.2f} {a / b:>6.2f}")


main()

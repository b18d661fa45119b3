#!/usr/bin/env python3
"""Runs the conformance cases on a machine with real OpenZFS and reports every difference. See README.md beside this file.

    run.py --shell 'ssh -F CONFIG source' [--only TEXT] [--keep FILE] [FILE.txt ...]     (default: every *.txt here)

--shell is a command that gives a root shell reading a script from standard input. Everything is one script, so that a slow
connection costs once. The machine's pools `tank` and `backup` are destroyed.
"""
import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PRELUDE = r"""
export LC_ALL=C
W=/var/tmp/conformance; rm -rf $W; mkdir -p $W/m
begin() { # a fresh pool: name, features to disable
  zpool destroy -f $1 2>/dev/null; rm -f $W/$1.img; truncate -s 1G $W/$1.img; name=$1; shift
  o=(); for f in "$@"; do o+=(-o feature@$f=disabled); done
  zpool create -f "${o[@]}" $name $W/$name.img
}
mark() { printf '\n==== %s %s\n' "$1" "$2"; }
show() { # results of step $1
  mark $1 exit; cat $W/exit; mark $1 out; cat $W/out; mark $1 err; cat $W/err; mark $1 senderr; cat $W/senderr
}
run() { n=$1; shift; : >$W/senderr; "$@" >$W/out 2>$W/err </dev/null; echo $? >$W/exit; show $n; }
where() { # a path to write at
  if [ "$(zfs get -Hp -o value type $1)" = volume ]; then
    for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/zvol/$1 ] && break; sleep 1; done; echo /dev/zvol/$1
  else echo "$(zfs get -Hp -o value mountpoint $1)/$2"; fi
}
fill() { dd if=/dev/urandom of="$(where $1 $2)" bs=1024 count=$3 conv=fsync,notrunc status=none; zpool sync ${1%%/*}; }
look() { # mounts a dataset or snapshot read-only
  mkdir -p $W/m/$2; mount -t zfs -o ro,zfsutil $1 $W/m/$2 2>/dev/null || mount -t zfs -o ro $1 $W/m/$2 2>/dev/null
}
same() {
  n=$1; : >$W/out; : >$W/err; : >$W/senderr; echo 0 >$W/exit
  if [ "$(zfs get -Hp -o value type ${2%@*})" = filesystem ] && look $2 a && look $3 b; then
    diff -r $W/m/a $W/m/b >$W/err 2>&1; echo $? >$W/exit
  fi
  umount $W/m/a $W/m/b 2>/dev/null; show $n
}
"""


def parse(path: Path):
    """Yields (name, steps) of each case; a step is a dict."""
    case = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.rstrip(" ")
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "case":
            if case:
                yield case
            case = (rest, [])
        elif word == "exit":
            case[1][-1]["exit"] = rest
        elif word in ("out", "err", "senderr"):
            case[1][-1].setdefault(word, []).append(rest)
        else:
            case[1].append({"line": number, "word": word, "rest": rest})
    if case:
        yield case


def words(text: str, variables: set) -> str:
    """The words of a command line for bash, with the case's variables in place."""
    out = []
    for w in text.split(" "):
        quoted = shlex.quote(w)
        for v in sorted(variables, key=len, reverse=True):
            quoted = quoted.replace("$" + v, f"'\"$V_{v}\"'")
        out.append(quoted)
    return " ".join(out)


def kib(size: str) -> int:
    return int(size[:-1]) * {"K": 1, "M": 1024}[size[-1]]


def script(cases) -> str:
    lines = [PRELUDE]
    n = 0
    for _, steps in cases:
        variables = set()
        lines += ["cd /; begin tank; begin backup"]
        for step in steps:
            n += 1
            step["n"] = n
            rest, w = step["rest"], step["rest"].split(" ")
            match step["word"]:
                case "pool":
                    lines.append("begin " + " ".join([w[0]] + w[2:]))
                case "readonly":
                    on = "on" if w[1] == "yes" else "off"
                    lines.append(f"zpool export {w[0]}; zpool import -d $W -o readonly={on} {w[0]}")
                case "keyfile":
                    lines.append(f"printf %s {shlex.quote(w[1])} > {w[0]}")
                case "write":
                    lines.append(f"fill {w[0]} {w[1]} {kib(w[2])}")
                case "remove":
                    lines.append(f"rm \"$(where {w[0]} {w[1]})\"; zpool sync {w[0].split('/')[0]}")
                case "run":
                    lines.append(f"run {n} {words(rest, variables)}")
                case "let":
                    variables.add(w[0])
                    lines.append(f"run {n} {words(' '.join(w[1:]), variables)}; V_{w[0]}=$(head -n 1 $W/out)")
                    lines.append(f"mark {n} 'var {w[0]}'; printf '%s\\n' \"$V_{w[0]}\"")
                case "same":
                    lines.append(f"same {n} {rest}")
                case "pipe" | "cut":
                    head, last = "", 1
                    if step["word"] == "cut":
                        head, last = f"head -c {w[0]} | ", 2
                        rest = " ".join(w[1:])
                    send, receive = rest.split(" | ")
                    lines.append(
                        f"{words(send, variables)} 2>$W/senderr | {head}{words(receive, variables)} >$W/out 2>$W/err; "
                        f"echo ${{PIPESTATUS[0]}} ${{PIPESTATUS[{last}]}} >$W/exit; show {n}"
                    )
                case other:
                    raise SystemExit(f"what is {other}?")
    lines.append("zpool destroy -f tank; zpool destroy -f backup; mark 0 end")
    return "\n".join(lines) + "\n"


def matches(pattern: str, text: str, variables: dict) -> bool:
    for name, value in sorted(variables.items(), key=lambda v: -len(v[0])):
        pattern = pattern.replace("$" + name, value)
    pattern = pattern.replace("\\t", "\t").rstrip(" ")
    return re.fullmatch(".*".join(re.escape(p) for p in pattern.split("*")), text.rstrip(" "), re.S) is not None


def lines_match(want, have, variables) -> bool:
    if not want:
        return not have
    if want[0] == "...":
        return any(lines_match(want[1:], have[i:], variables) for i in range(len(have) + 1))
    return bool(have) and matches(want[0], have[0], variables) and lines_match(want[1:], have[1:], variables)


def results(output: str) -> dict:
    """{step: {"exit": text, "out": text, ...}}"""
    found = {}
    for m in re.finditer(r"\n==== (\d+) ([^\n]*)\n(.*?)(?=\n==== \d|\Z)", output, re.S):
        found.setdefault(int(m[1]), {})[m[2]] = m[3]
    return found


def compare(cases, found) -> int:
    wrong = 0
    for path, name, steps in cases:
        variables, problems = {}, []
        for step in steps:
            if step["word"] in ("pool", "readonly", "keyfile", "write", "remove"):
                continue
            got = found.get(step["n"], {})
            default = "0 0" if step["word"] in ("pipe", "cut") else "0"
            where = f"{path.name}:{step['line']}: {step['word']} {step['rest']}"
            if not matches(step.get("exit", default), got.get("exit", "").strip(), variables):
                problems.append(f"{where}\n  exit {got.get('exit', 'missing').strip()}, want {step.get('exit', default)}\n  {got.get('err', '')}{got.get('senderr', '')}")
            for kind in ("out", "err", "senderr"):
                if kind not in step:
                    continue
                text = got.get(kind, "")
                have = text.removesuffix("\n").split("\n") if text else []
                if not lines_match(step[kind], have, variables):
                    problems.append(f"{where}\n  {kind} is\n{text}\n  want\n" + "\n".join(step[kind]))
            for key, value in got.items():
                if key.startswith("var "):
                    variables[key[4:]] = value.strip("\n")
        if problems:
            wrong += 1
            print(f"DIFFERS {path.name}: {name}")
            for p in problems:
                print("  " + p.replace("\n", "\n  "))
    print(f"{len(cases)} cases, {wrong} differ")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shell", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path, help="where to keep what the machine printed")
    parser.add_argument("file", nargs="*", type=Path)
    options = parser.parse_args()
    cases = []
    for path in options.file or sorted(HERE.glob("*.txt")):
        cases += [(path, name, steps) for name, steps in parse(path) if options.only in name]
    text = script([(name, steps) for _, name, steps in cases])
    done = subprocess.run(shlex.split(options.shell) + ["bash -s"], input=text, capture_output=True, text=True, errors="replace")
    if options.keep:
        options.keep.write_text(done.stdout)
    if done.stderr.strip():
        print("the machine said:\n" + done.stderr[-4000:], file=sys.stderr)
    return 1 if compare(cases, results(done.stdout)) else 0


if __name__ == "__main__":
    sys.exit(main())

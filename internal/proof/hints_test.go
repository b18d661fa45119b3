package proof

import (
	"strings"
	"testing"
)

// Every conflict's hint is followed to the letter, and leads out of the conflict.
func TestHintsLeadOut(t *testing.T) {
	const key = "-o encryption=on -o keyformat=passphrase -o keylocation=file:///key"
	for _, c := range []struct {
		name   string
		job    spec
		before []string // commands until the first run; "!" before one: on the target
		after  []string // and after it
		code   string
		hint   string // what the hint must name and what is then done on the target
		set    spec   // or what is set in the config
	}{
		{name: "situation 6", before: []string{"zfs snapshot tank/a@1", "!zfs create tank/a", "!zfs snapshot tank/a@x"},
			code: "no-common-snapshot", hint: "zfs rename tank/a tank/a.old"},
		{name: "situation 12", before: []string{"zfs snapshot tank/a@1"}, after: []string{"!zfs snapshot tank/a@mine", "zfs snapshot tank/a@2"},
			code: "target-diverged", hint: "zfs rollback -r tank/a@1"},
		{name: "situation 12, by the config", before: []string{"zfs snapshot tank/a@1"}, after: []string{"!zfs snapshot tank/a@mine", "zfs snapshot tank/a@2"},
			code: "target-diverged", hint: `onDiverged = "rollback"`, set: spec{"onDiverged": "rollback"}},
		{name: "situation 13", before: []string{"zfs snapshot tank/a@1"}, after: []string{"!zfs set readonly=off tank/a", "!touch tank/a", "zfs snapshot tank/a@2"},
			code: "target-modified", hint: "zfs rollback tank/a@1; zfs set readonly=on tank/a"},
		{name: "situation 8", before: []string{"zfs snapshot tank/a@1"}, after: []string{"!zfs snapshot tank/a@2", "zfs snapshot tank/a@x", "zfs snapshot tank/a@2"},
			code: "target-diverged", hint: "zfs rollback -r tank/a@1"},
		{name: "situation 24", before: []string{"zfs create tank/a/b", "zfs snapshot -r tank/a@1"}, after: []string{"zfs rename tank/a/b tank/a/c"},
			code: "source-renamed", hint: "zfs rename -u tank/a/b tank/a/c"},
		{name: "situation 24, sent anew", before: []string{"zfs create tank/a/b", "zfs snapshot -r tank/a@1"}, after: []string{"zfs rename tank/a/b tank/a/c"},
			code: "source-renamed", hint: "rename it to tank/a/b.old"},
		{name: "situation 4", before: []string{"zfs snapshot tank/a@1", "!zfs create tank/a", "!fill tank/a"},
			code: "target-not-empty", hint: "zfs destroy tank/a"},
		{name: "held", job: spec{"onDiverged": "rollback"}, before: []string{"zfs snapshot tank/a@1"},
			after: []string{"!zfs snapshot tank/a@mine", "!zfs hold keep tank/a@mine", "zfs snapshot tank/a@2"},
			code:  "blocked", hint: "zfs rename tank/a tank/a.old"},
		{name: "situation 39", job: spec{"datasets": []any{"tank/e"}, "send": map[string]any{"raw": "never"}},
			before: []string{"zfs create " + key + " tank/e", "zfs snapshot tank/e@1"}, after: []string{"raw", "zfs snapshot tank/e@2"},
			code: "encryption-mismatch", hint: "zfs rename tank/e tank/e.old"},
		{name: "situation 37", job: spec{"datasets": []any{"tank/e"}, "send": map[string]any{"raw": "never"}},
			before: []string{"zfs create " + key + " tank/e", "zfs snapshot tank/e@1", "zfs unmount tank/e", "zfs unload-key tank/e"},
			code:   "key-unavailable", hint: `send.raw = "auto"`, set: spec{"datasets": []any{"tank/e"}}},
		{name: "too many", job: spec{"retention": map[string]any{"target": map[string]any{"match": []any{"*"}, "last": 1}}, "limits": map[string]any{"destroy": 1}},
			before: []string{"zfs snapshot tank/a@1", "zfs snapshot tank/a@2", "zfs snapshot tank/a@3"},
			code:   "destroy-limit", hint: "raise limits.destroy", set: spec{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, c.job)
			p.src.SetKeyFile("/key", "secret-secret")
			p.src.MustRun("zfs create tank/a")
			p.play(t, c.job, c.before)
			made := p.night(t)
			if c.after != nil {
				p.play(t, c.job, c.after)
				made = p.night(t)
			}
			if len(made.Conflicts) != 1 || string(made.Conflicts[0].Code) != c.code || !strings.Contains(made.Conflicts[0].Hint, c.hint) {
				t.Fatalf("want %s with %q:\n%s\n%v", c.code, c.hint, show(made), made.Conflicts)
			}
			switch commands, sends := strings.CutPrefix(c.hint, "rename it to "); {
			case c.set != nil:
				p.configure(t, c.set)
			case sends:
				p.dst.MustRun("sudo zfs rename " + strings.TrimSuffix(commands, ".old") + " " + commands)
			default:
				for command := range strings.SplitSeq(c.hint, "; ") {
					p.dst.MustRun("sudo " + command)
				}
			}
			p.night(t)
			if again := p.night(t); !again.Empty() || len(again.Conflicts) > 0 {
				t.Errorf("after the hint was followed:\n%s", show(again))
			}
		})
	}
}

// play runs commands of people: "!" before one is on the target, "touch" and "fill" write into a dataset there, "raw"
// switches to raw sends.
func (p *pair) play(t *testing.T, job spec, commands []string) {
	t.Helper()
	for _, c := range commands {
		there, remote := strings.CutPrefix(c, "!")
		dataset := there[strings.LastIndexByte(there, ' ')+1:]
		switch {
		case c == "raw":
			p.configure(t, spec{"datasets": job["datasets"]})
		case strings.HasPrefix(there, "touch "):
			p.dst.Touch(dataset)
		case strings.HasPrefix(there, "fill "):
			p.dst.Fill(dataset, "f", 1<<30)
		case remote:
			p.dst.MustRun("sudo " + there)
		default:
			p.src.MustRun(c)
		}
	}
}

package compile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// Whatever a target claims about interrupted receives: no planning fails, and what is resumed is exactly what the token
// stands for, of the dataset whose replica it is, and nothing that the replica has passed.
func TestTokensAreNeverBelieved(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(r, name) }
		cfg := plantest.Config(t, fmt.Sprintf(`{"datasets": ["tank/x"], "initial": %q, "intermediates": %s, "send": {"raw": %q}, "onDiverged": %q, "snapshots": {"exclude": [%q]}}`,
			pick("initial", "all", "latest"), pick("intermediates", "true", "false"), pick("raw", "auto", "always", "never"), pick("diverged", "refuse", "rollback"), pick("exclude", "none", "s2", "s3")))
		var state strings.Builder
		there := map[string]bool{"tank": true}
		for _, name := range []string{"tank/x", "tank/x/a", "tank/x/a/b", "tank/x/c"} {
			props := pick("properties", "{}", "{}", "{}", "{encryption=aes-256-gcm}", "{origin=tank/x/a@s2}")
			if name == "tank/x/c" { // which has no children
				props = pick("properties", "{}", "{type=volume}")
			}
			past := history(r, "source")
			fmt.Fprintf(&state, "src %s %s %s\n", name, props, strings.Join(past, " "))
			if !rapid.Bool().Draw(r, "a replica of its own") {
				past = past[:rapid.IntRange(0, len(past)).Draw(r, "arrived")] // or one that is behind
			} else if props = pick("replica's properties", "", "{}", "{inconsistent=0}", "{encryption=aes-256-gcm}"); props != "" {
				past = history(r, "replica")
			} else {
				continue
			}
			if there[name] = there[zfs.Parent(name)]; there[name] {
				fmt.Fprintf(&state, "dst %s %s %s\n", name, props, strings.Join(past, " "))
			}
		}
		inv := plantest.Inventory(t, cfg, state.String())
		tokens := drawTokens(r, inv.Jobs["default"])
		p, err := compile.Compile(cfg, inv, plantest.Tonight, check)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Conflicts {
			if c.Code == plan.Internal {
				r.Fatalf("%s\n%s: %s\n%v", state.String(), c.Dataset, c.Message, c.Evidence)
			}
		}
		judgeResumes(r, inv.Jobs["default"], p, tokens)
		if text, err := json.Marshal(p); err != nil || strings.Contains(string(text), `\u001b`) {
			r.Fatalf("what a target wrote is shown as it is: %s", text)
		}
	})
}

// history is a few versions of a small world, in order, with IV sets or without.
func history(r *rapid.T, label string) []string {
	var items []string
	for i := 1; i <= 4; i++ {
		switch rapid.IntRange(0, 7).Draw(r, label) {
		case 0, 1, 5, 6:
			items = append(items, fmt.Sprintf("@s%d:%d~%d", i, i, 100+i))
		case 2:
			items = append(items, fmt.Sprintf("@s%d:%d", i, i))
		case 3:
			items = append(items, fmt.Sprintf("#m%d:%d", i, i))
		case 4:
			items = append(items, fmt.Sprintf("@own%d:%d", i, 900+i))
		}
	}
	return items
}

// drawTokens gives some datasets a partial receive: one that could be, of which now and then a claim or two are false.
func drawTokens(r *rapid.T, seen observe.Pair) map[string]*observe.Resume {
	tokens := map[string]*observe.Resume{}
	lie := func() bool { return rapid.IntRange(0, 9).Draw(r, "lie") == 0 }
	guids := rapid.SampledFrom([]zfs.GUID{0, 1, 2, 3, 4, 901, 1<<64 - 1})
	for _, name := range []string{"tank", "tank/x", "tank/x/a", "tank/x/a/b", "tank/x/c"} {
		src, dst := seen.Source.Datasets[name], seen.Target.Datasets[name]
		if dst == nil || rapid.IntRange(0, 3).Draw(r, "token") == 0 {
			continue
		}
		token := &observe.Resume{Token: "1-0-0-0", ToName: name + "@s1", Bytes: 4096, Raw: src.Encrypted(), Busy: lie()}
		if n := len(src.Snapshots); n > 0 {
			to := src.Snapshots[rapid.IntRange(0, n-1).Draw(r, "to")]
			token.ToGUID, token.ToName = to.GUID, name+"@"+to.Name
		}
		if n := len(dst.Snapshots); n > 0 {
			token.FromGUID = dst.Snapshots[n-1].GUID
		}
		if lie() {
			token.ToGUID = guids.Draw(r, "to")
		}
		if lie() {
			token.FromGUID = guids.Draw(r, "from")
		}
		if lie() {
			token.Token = rapid.SampledFrom([]string{"", "-x", "1-\x1b", "1 2"}).Draw(r, "text")
		}
		if lie() {
			token.ToName = rapid.SampledFrom([]string{"", "@", "tank", "tank/x@s1@s2", "tank/x/a@\x1b[2J", name + "@s1\ntoname = tank/x@s1"}).Draw(r, "name")
		}
		if lie() {
			token.Bytes = rapid.SampledFrom([]int64{0, -1, -1 << 63, 1<<63 - 1}).Draw(r, "bytes")
		}
		if lie() {
			token.Raw = !token.Raw
		}
		dst.Resume, tokens[name] = token, token
	}
	return tokens
}

// judgeResumes holds what is resumed against the tokens and the histories.
func judgeResumes(r *rapid.T, seen observe.Pair, p *plan.Plan, tokens map[string]*observe.Resume) {
	for i := range p.Actions {
		s, ok := p.Actions[i].Do.(plan.Send)
		if !ok || s.Mode != plan.Resume {
			continue
		}
		token, src, dst := tokens[s.Target], seen.Source.Datasets[s.Dataset], seen.Target.Datasets[s.Target]
		var from zfs.GUID
		if s.From != nil {
			from = s.From.GUID
		}
		raw := strings.Contains(string(p.Config), `"raw":"always"`) || strings.Contains(string(p.Config), `"raw":"auto"`)
		switch {
		case token == nil || token.Busy || token.ToGUID != s.To.GUID || token.FromGUID != from || token.Token != s.Token:
			r.Fatalf("%s resumes %v from %v, and the token is %+v", s.Target, s.To, s.From, token)
		case !slices.ContainsFunc(src.Snapshots, func(v zfs.Snapshot) bool { return v.GUID == s.To.GUID && "@"+v.Name == s.To.Name }):
			r.Fatalf("%s resumes %v, which the source does not have", s.Target, s.To)
		case slices.ContainsFunc(dst.Snapshots, func(v zfs.Snapshot) bool { return v.GUID == s.To.GUID }):
			r.Fatalf("%s resumes %v, which it has", s.Target, s.To)
		case len(dst.Snapshots) > 0 && dst.Snapshots[len(dst.Snapshots)-1].GUID != from:
			r.Fatalf("%s resumes from %v, which is not its newest", s.Target, s.From)
		case token.Raw != (src.Encrypted() && raw):
			r.Fatalf("%s resumes a stream whose raw is %v", s.Target, token.Raw)
		case s.Bytes != nil && *s.Bytes < 0:
			r.Fatalf("%s has %d bytes to come", s.Target, *s.Bytes)
		}
	}
}

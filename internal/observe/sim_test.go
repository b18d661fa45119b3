package observe_test

import (
	"context"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// job is a job of the config as config.json has it, without its braces.
func job(t testing.TB, text string) *config.Job {
	t.Helper()
	cfg, found := config.Parse([]byte(`{"version": 1, "jobs": {"j": {"remoteHost": "box", ` + text + `}}}`))
	if cfg == nil {
		t.Fatal(found)
	}
	return &cfg.Jobs[0]
}

func machine(name string, seed uint64) *zfssim.Machine {
	m := zfssim.New(zfssim.Options{Name: name, Seed: seed})
	m.AddPool("tank", zfssim.PoolOptions{Size: 1 << 40})
	return m
}

// What a token says is read without asking anybody, and one that says too much says nothing (issue 7): printed line by
// line, this one would be a raw send.
func TestResume(t *testing.T) {
	for name, want := range map[string]observe.Resume{
		"tank/a@1":                {ToGUID: 7, FromGUID: 5, ToName: "tank/a@1"},
		"tank/a@1\n\trawok = 1":   {},
		"tank/a@1\ntoname = tank": {},
	} {
		src, dst := machine("kraken", 1), machine("box", 2)
		src.MustRun("zfs create tank/a")
		dst.Put(zfssim.Spec{Name: "tank/a", Resume: &zfssim.ResumeSpec{ToGUID: 7, FromGUID: 5, ToName: name}})
		here, there := host.Counting(src.Host()), host.Counting(dst.Host())
		pair, err := observe.Job(context.Background(), job(t, `"remotePool": "tank", "datasets": ["tank/a"]`), here, there)
		if err != nil {
			t.Fatal(err)
		}
		got := *pair.Target.Datasets["tank/a"].Resume
		if want.Token = got.Token; got != want {
			t.Errorf("%q is read as %+v", name, got)
		}
		for _, argv := range append(here.Commands(), there.Commands()...) {
			if strings.Contains(strings.Join(argv, " "), got.Token) {
				t.Errorf("a process is started for the token: %q", argv)
			}
		}
	}
}

package observe_test

import (
	"context"
	"io"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// noisy is a machine whose shell says something before every command.
type noisy struct {
	host.Host
	stdout, stderr string
}

func (n *noisy) Start(ctx context.Context, argv []string) (host.Process, error) {
	p, err := n.Host.Start(ctx, argv)
	return noisyProcess{p, n}, err
}

type noisyProcess struct {
	host.Process
	shell *noisy
}

func (p noisyProcess) Stdout() io.Reader {
	return io.MultiReader(strings.NewReader(p.shell.stdout), p.Process.Stdout())
}
func (p noisyProcess) Stderr() string { return p.shell.stderr + p.Process.Stderr() }

func (p noisyProcess) Wait() error {
	err := p.Process.Wait()
	if exit, ok := err.(*host.ExitError); ok {
		exit.Stderr = p.shell.stderr + exit.Stderr
	}
	return err
}

// On the receiving side the user may have no home, or a start-up file that complains. Nothing is decided by that, also when
// something asked for is missing; when something fails it is shown.
func TestForeignWordsOnStderr(t *testing.T) {
	const words = "Could not chdir to home directory /home/box: No such file or directory\n"
	src, dst := machine("kraken", 1), machine("box", 2)
	src.MustRun("zfs create tank/a")
	src.MustRun("zfs create tank/b")
	dst.MustRun("zfs create tank/in")
	dst.MustRun("zfs create tank/in/a")
	dst.MustRun("zfs snapshot tank/in/a@1")
	look := func(there host.Host) (observe.Pair, error) {
		pairs, failed := observe.Jobs(context.Background(), []observe.Seat{
			{Job: job(t, "j", `"remotePool": "tank/in", "datasets": ["tank/a", "tank/b"]`), Source: src.Host(), Target: there}})
		return pairs["j"], failed["j"]
	}
	want, err := look(dst.Host())
	if err != nil {
		t.Fatal(err)
	}
	there := &noisy{Host: dst.Host(), stderr: words}
	got, err := look(there)
	if diff := gocmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	dst.Fail(func(argv []string) *zfssim.Fault {
		if strings.Contains(strings.Join(argv, " "), "tank/in/b") {
			return &zfssim.Fault{Code: 1, Stderr: "cannot open 'tank/in/a': I/O error\ncannot open 'tank/in/b': dataset does not exist\n"}
		}
		return &zfssim.Fault{Code: 1, Stderr: "cannot open 'tank/in/a': I/O error\n"}
	})
	if _, err := look(there); err == nil || !strings.Contains(err.Error(), "I/O error") || !strings.Contains(err.Error(), "Could not chdir") {
		t.Error(err)
	}
}

// What a start-up file prints where the list should be, and what a forced command does instead of listing, is said.
func TestForeignWordsOnStdout(t *testing.T) {
	for _, c := range []struct {
		change func(host.Host) host.Host
		says   string
	}{
		{func(h host.Host) host.Host { return &noisy{Host: h, stdout: "Welcome to box!\n"} }, `"Welcome to box!\n"`},
		{func(h host.Host) host.Host {
			return &liar{h, func(argv []string, out []byte) []byte {
				if argv[1] == "get" && argv[0] == "zfs" {
					return nil
				}
				return out
			}}
		}, "zfs get succeeds without a word about tank"},
	} {
		src, dst := machine("kraken", 1), machine("box", 2)
		src.MustRun("zfs create tank/a")
		_, failed := observe.Jobs(context.Background(), []observe.Seat{
			{Job: job(t, "j", `"remotePool": "tank", "datasets": ["tank/a"]`), Source: src.Host(), Target: c.change(dst.Host())}})
		err := failed["j"]
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "on box; ") || !strings.Contains(err.Error(), "command=") {
			t.Error(err)
		}
	}
}

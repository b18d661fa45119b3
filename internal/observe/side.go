package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// properties are what the planner reads of a dataset, all of which OpenZFS 2.1 has: one that it does not know fails the
// whole command. inconsistent and pbkdf2salt are hidden in listings but answer by name: inconsistent is 1 for what an
// interrupted first receive left, pbkdf2salt changes with the passphrase.
var properties = []string{
	"type", "guid", "used", "usedbydataset", "available", "written", "readonly", "origin", "encryption", "encryptionroot",
	"keystatus", "pbkdf2salt", "receive_resume_token", "inconsistent", "canmount", "mountpoint", "mounted", "recordsize", "compression",
	"dnodesize", placeProperty, "quota", "refquota", "volsize",
}

// properties are those, and what jobs want to have set on their replicas, as far as any OpenZFS knows it. The last one stays
// the last: see [zfs.ParseDatasets].
func (s scope) properties() []string {
	last := len(properties) - 1
	all := slices.Clone(properties[:last])
	for _, p := range s.also {
		if zfs.KnownAnywhere(p) && !slices.Contains(properties, p) {
			all = append(all, p)
		}
	}
	return append(all, properties[last])
}

// settable says that the planner may have a property of a replica set.
func (s scope) settable(property string) bool {
	return property == "readonly" || slices.Contains(s.also, property)
}

// placeProperty marks the parents that zfsrep makes. Most datasets have none.
const placeProperty = "zfsrep:place"

// poolProperties are what the planner reads of a pool.
var poolProperties = []string{
	"guid", "free", "readonly", "health", "feature@bookmarks", "feature@bookmark_v2", "feature@bookmark_written", "feature@embedded_data",
	"feature@encryption", "feature@extensible_dataset", "feature@large_blocks", "feature@large_dnode", "feature@large_microzap",
	"feature@longname", "feature@lz4_compress", "feature@zstd_compress",
}

// How long a machine may take to answer: what it is, and what it has. A suspended pool answers nothing, ever; that costs
// one run, not the lock and all later nights. Listings of hundreds of thousands of snapshots take minutes.
const (
	shortly    = 3 * time.Minute
	thoroughly = 20 * time.Minute
)

// maxNames bounds the names in one command: over ssh a command line is one argument, of at most 128 KiB.
const maxNames = 96 << 10

// describe asks a machine what it is, over as many channels as there are questions.
func describe(ctx context.Context, h host.Host) (s Side, err error) {
	var version, pools []byte
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { version, err = run(ctx, h, shortly, []string{"zfs", "version"}); return err })
	g.Go(func() (err error) {
		pools, err = run(ctx, h, shortly, zfs.GetPoolProperties(poolProperties))
		return err
	})
	g.Go(func() error { s.Now = clock(ctx, h); return nil })
	if err := g.Wait(); err != nil {
		return Side{}, err
	}
	s.ZFSVersion = parseVersion(version)
	if s.Pools, err = parsePools(pools); err != nil {
		return Side{}, garbled(h, err)
	}
	return s, nil
}

// ask lists what there is in a scope.
func ask(ctx context.Context, h host.Host, s scope) (listing, error) {
	var props, versions [3][]byte
	var gone [3][]string
	properties := s.properties()
	questions := []struct {
		names   []string
		depth   int
		history int // zfs counts a dataset's own snapshots as one level below it; 0: none
	}{{s.trees, -1, -1}, {s.single, 0, 1}, {s.only, 0, 0}}
	g, ctx := errgroup.WithContext(ctx)
	for i, q := range questions {
		if len(q.names) == 0 {
			continue
		}
		if err := fits(q.names); err != nil {
			return nil, err
		}
		g.Go(func() (err error) {
			get := func(names []string) []string { return zfs.GetProperties(q.depth, properties, names) }
			props[i], gone[i], err = existing(ctx, h, q.names, get)
			return err
		})
		if q.history != 0 {
			g.Go(func() (err error) {
				list := func(names []string) []string { return zfs.ListVersions(q.history, names) }
				versions[i], _, err = existing(ctx, h, q.names, list)
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	found := listing{}
	for i, q := range questions {
		if err := found.addDatasets(props[i], properties, s.settable); err != nil {
			return nil, garbled(h, err)
		}
		for _, name := range q.names {
			if found[name] == nil && !slices.Contains(gone[i], name) {
				return nil, garbled(h, fmt.Errorf("zfs get succeeds without a word about %s", name))
			}
		}
	}
	for i := range versions {
		if err := found.addVersions(versions[i]); err != nil {
			return nil, garbled(h, err)
		}
	}
	found.sort()
	return found, nil
}

// garbled says where a listing was printed that cannot be read. Most often something else printed there.
func garbled(h host.Host, err error) error {
	return fmt.Errorf("%w (on %s; if zfs did not print that, look at the start-up files of the user's shell there, which must print nothing, "+
		"and at a command= before the key in authorized_keys)", err, h.Name())
}

// fits refuses a config with more roots than one command line can name. Everything below a root costs no argument.
func fits(names []string) error {
	if n := len(strings.Join(names, " ")); n > maxNames {
		return fmt.Errorf("cannot list %d datasets of the config in one command (%d bytes of names): name their parents and exclude what shall stay out", len(names), n)
	}
	return nil
}

// run runs a command that asks about no name. Without pools there is nothing to tell, which is no failure.
func run(ctx context.Context, h host.Host, within time.Duration, argv []string) ([]byte, error) {
	out, err := host.RunWithin(ctx, h, argv, host.Limits{Time: within})
	if host.Exited(err, 1) && strings.Contains(out.Stderr, "no pools available") {
		err = nil
	}
	return out.Stdout, explain(h, err)
}

// existing runs a listing of names, and says which of them do not exist.
func existing(ctx context.Context, h host.Host, names []string, argv func([]string) []string) (out []byte, gone []string, err error) {
	gone, ok := zfs.Existing(names, func(names []string) (string, bool) {
		var o host.Output
		o, err = host.RunWithin(ctx, h, argv(names), host.Limits{Time: thoroughly})
		out = o.Stdout
		return o.Stderr, host.Exited(err, 1)
	})
	if ok && host.Exited(err, 1) {
		err = nil
	}
	return out, gone, explain(h, err)
}

// clock asks the machine for its time. That is good to know and no more: where the answer is none, the time is unknown.
func clock(ctx context.Context, h host.Host) time.Time {
	out, err := host.RunWithin(ctx, h, zfs.ReadClock(), host.Limits{Time: shortly})
	if err != nil {
		return time.Time{}
	}
	now, _ := zfs.ParseClock(out.Stdout)
	return now
}

// parseVersion reads "zfs-2.3.9-0+deb13u1" as 2.3.9, of the kernel module where it is told apart: that is what sends and receives.
func parseVersion(out []byte) string {
	v := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "zfs-kmod-"); ok {
			line = "zfs-" + rest
		} else if v != "" {
			continue
		}
		if line, _, _ = strings.Cut(strings.TrimPrefix(line, "zfs-"), "-"); printable(line) {
			v = line
		}
	}
	return v
}

// explain adds what a person can do when zfs itself does not run.
func explain(h host.Host, err error) error {
	var exit *host.ExitError
	if errors.As(err, &exit) && exit.Code == 127 {
		return fmt.Errorf("cannot find %s on %s: is OpenZFS installed there, and in the PATH of commands that ssh runs? (%w)", exit.Argv[0], h.Name(), err)
	}
	return err
}

package observe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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

// placeProperty marks the parents that zfsrep makes. Most datasets have none.
const placeProperty = "zfsrep:place"

// poolProperties are what the planner reads of a pool.
var poolProperties = []string{
	"guid", "free", "readonly", "health", "feature@bookmarks", "feature@bookmark_v2", "feature@bookmark_written", "feature@embedded_data",
	"feature@encryption", "feature@extensible_dataset", "feature@large_blocks", "feature@large_dnode", "feature@large_microzap",
	"feature@longname", "feature@lz4_compress", "feature@zstd_compress",
}

// maxNames bounds the names in one command: over ssh a command line is one argument, of at most 128 KiB.
const maxNames = 96 << 10

// side asks one machine everything at once, over as many channels as there are questions.
func side(ctx context.Context, h host.Host, s scope) (Side, error) {
	out := Side{Datasets: map[string]*Dataset{}}
	var version, pools []byte
	var props, versions [3][]byte
	g, ctx := errgroup.WithContext(ctx)
	ask := func(to *[]byte, argv []string) {
		g.Go(func() (err error) { *to, err = run(ctx, h, argv); return err })
	}
	ask(&version, []string{"zfs", "version"})
	ask(&pools, zfs.GetPoolProperties(poolProperties))
	g.Go(func() error { out.Now = clock(ctx, h); return nil })
	for i, q := range []struct {
		names   []string
		depth   int
		history int // zfs counts a dataset's own snapshots as one level below it; 0: none
	}{{s.trees, -1, -1}, {s.single, 0, 1}, {s.only, 0, 0}} {
		if len(q.names) == 0 {
			continue
		}
		if err := fits(q.names); err != nil {
			return Side{}, err
		}
		ask(&props[i], zfs.GetProperties(q.depth, properties, q.names))
		if q.history != 0 {
			ask(&versions[i], zfs.ListVersions(q.history, q.names))
		}
	}
	if err := g.Wait(); err != nil {
		return Side{}, err
	}
	out.ZFSVersion = parseVersion(version)
	if err := out.addPools(pools); err != nil {
		return Side{}, err
	}
	for i := range props {
		if err := out.addProperties(props[i]); err != nil {
			return Side{}, err
		}
	}
	for i := range versions {
		if err := out.addVersions(versions[i]); err != nil {
			return Side{}, err
		}
	}
	out.sort()
	return out, nil
}

// fits refuses a config with more roots than one command line can name. Everything below a root costs no argument.
func fits(names []string) error {
	if n := len(strings.Join(names, " ")); n > maxNames {
		return fmt.Errorf("cannot list %d datasets of the config in one command (%d bytes of names): name their parents and exclude what shall stay out", len(names), n)
	}
	return nil
}

// run runs a listing. What does not exist is no error: the rest is printed all the same.
func run(ctx context.Context, h host.Host, argv []string) ([]byte, error) {
	out, err := host.Run(ctx, h, argv)
	var exit *host.ExitError
	if errors.As(err, &exit) && exit.Code == 1 {
		if names, other := zfs.Missing(out.Stderr); !other && len(names) > 0 || strings.Contains(out.Stderr, "no pools available") {
			err = nil
		}
	}
	return out.Stdout, explain(h, err)
}

// clock asks the machine for its time. That is good to know and no more: where the answer is none, the time is unknown.
func clock(ctx context.Context, h host.Host) time.Time {
	out, err := host.Run(ctx, h, zfs.ReadClock())
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
		line, _, _ = strings.Cut(strings.TrimPrefix(line, "zfs-"), "-")
		v = line
	}
	return v
}

func (s *Side) addPools(out []byte) error {
	s.Pools = map[string]Pool{}
	return zfs.ParseProperties(out, func(name, property, value string) {
		p := s.Pools[name]
		feature, isFeature := strings.CutPrefix(property, "feature@")
		switch {
		case isFeature && value != "disabled":
			p.Features = append(p.Features, feature)
		case property == "guid":
			guid, _ := strconv.ParseUint(value, 10, 64)
			p.GUID = zfs.GUID(guid)
		case property == "free":
			p.Free, _ = strconv.ParseInt(value, 10, 64)
		case property == "readonly":
			p.Readonly = value == "on"
		case property == "health":
			p.Health = value
		}
		s.Pools[name] = p
	})
}

func (s *Side) addProperties(out []byte) error {
	return zfs.ParseProperties(out, func(name, property, value string) {
		d := s.Datasets[name]
		if d == nil {
			d = &Dataset{Properties: make(map[string]string, len(properties)), Snapshots: []zfs.Snapshot{}, Bookmarks: []zfs.Bookmark{}}
			s.Datasets[name] = d
		}
		switch property {
		case "type":
			d.Type = value
		case "guid":
			n, _ := strconv.ParseUint(value, 10, 64)
			d.GUID = zfs.GUID(n)
		case "receive_resume_token":
			if value != "-" && value != "" {
				d.Resume = newResume(value)
			}
			return // it is in Resume, and long
		case placeProperty:
			if value == "-" {
				return
			}
		}
		d.Properties[property] = value
	})
}

// addVersions adds snapshots and bookmarks to datasets whose properties were seen. One that appeared between the two
// listings is left for the next run.
func (s *Side) addVersions(out []byte) error {
	return zfs.ParseVersions(out, func(dataset string, bookmark bool, v zfs.Snapshot) {
		d := s.Datasets[dataset]
		switch {
		case d == nil:
		case bookmark:
			d.Bookmarks = append(d.Bookmarks, zfs.Bookmark{Version: v.Version})
		default:
			d.Snapshots = append(d.Snapshots, v)
		}
	})
}

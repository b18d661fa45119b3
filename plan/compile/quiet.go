package compile

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// A stream with properties (zfs send -p) brings all that were set on the source, and a replica keeps them as received
// values, where a restore finds them with zfs inherit -S. What would act on the machine that has the replica must not take
// effect there. What only matters to whom mounts it (atime, exec, snapdir, ...) does not: nobody does. Nor does what says
// how data is stored (compression, recordsize, copies, ...): that is what one sends properties for.

// quiet is what a replica has whatever the stream says (-o): it is mounted nowhere, and no limit of the source keeps the
// next transfer out or a rollback from going through (ZFS says EDQUOT, in module/zfs/dsl_dataset.c and dsl_dir.c).
// com.sun:auto-snapshot is what zfs-auto-snapshot and zfstools look at.
var quiet = map[string]string{
	"canmount": "noauto", "mountpoint": "none",
	"quota": "none", "refquota": "none", "reservation": "none", "refreservation": "none", "filesystem_limit": "none", "snapshot_limit": "none",
	"com.sun:auto-snapshot": "false",
}

// leftOut is what the stream has no say in (-x): the replica has it as if it had not come, from the dataset above it.
//
//   - dedup and sync say how much the receiving machine works for what is written, volmode and snapdev which devices it has
//     (and so what of a volume is scanned for partitions and volume groups), sharenfs and sharesmb what it shares.
//   - zoned hands the dataset to a container (FreeBSD calls it jailed), and of one that is, ZFS lets nobody say sharenfs with
//     -o: every later receive failed (zfs_valid_proplist in lib/libzfs/libzfs_dataset.c).
//   - zfs-auto-snapshot --default-exclude takes snapshots where its label is true, whatever com.sun:auto-snapshot is.
//   - Our own mark says of the source that it holds nothing.
//
// znapzend and zrepl look at local values only, sanoid and pyznap at files. zfs-autobackup selects by received ones, too,
// but names its properties as its user likes: --exclude-received is for that.
var leftOut = []string{
	"dedup", "sharenfs", "sharesmb", "snapdev", "sync", "volmode", "zoned",
	"com.sun:auto-snapshot:frequent", "com.sun:auto-snapshot:hourly", "com.sun:auto-snapshot:daily", "com.sun:auto-snapshot:weekly", "com.sun:auto-snapshot:monthly",
	placeMark,
}

// newReplicaOptions are the properties that a new replica gets: it is never mounted and never carries an active mountpoint.
func (p *pair) newReplicaOptions() zfs.ReceiveOptions {
	set := map[string]string{}
	if !p.quietPlace() {
		set["canmount"], set["mountpoint"] = quiet["canmount"], quiet["mountpoint"]
	}
	return p.receiveOptions(set, true, p.sendFlags().Properties)
}

// incrementalOptions go with every stream that a replica goes on with. Only one with properties needs any: the first
// that comes makes ZFS forget what was set on the replica (zfs_ioc_recv_impl in module/zfs/zfs_ioctl.c).
func (p *pair) incrementalOptions() zfs.ReceiveOptions {
	properties := p.sendFlags().Properties
	return p.receiveOptions(map[string]string{}, properties, properties)
}

// receiveOptions are what a receive sets and leaves out. own says that it sets what the config wants of replicas,
// properties that the stream brings some.
func (p *pair) receiveOptions(set map[string]string, own, properties bool) zfs.ReceiveOptions {
	var exclude []string
	if properties {
		exclude = append(exclude, leftOut...)
		for k, v := range quiet {
			if p.delegated() {
				exclude = append(exclude, k) // takes no right to set it
			} else {
				set[k] = v
			}
		}
		if !p.src.Encrypted() && p.dst == nil && p.vault().encrypted {
			exclude = append(exclude, "encryption") // or libzfs would make the replica a plaintext one (libzfs_sendrecv.c)
		}
	}
	if own && p.job.Receive.Readonly && !p.madeWritable() {
		set["readonly"] = "on"
	}
	for k, v := range p.job.Receive.Properties {
		if own {
			set[k] = v
		}
	}
	exclude = slices.DeleteFunc(exclude, func(k string) bool { return set[k] != "" || !zfs.Applies(k, p.src.Volume()) })
	p.dropForeign(set)
	slices.Sort(exclude)
	if len(set) == 0 {
		set = nil
	}
	return zfs.ReceiveOptions{Set: set, Exclude: exclude}
}

// sealed makes sure that no stream brings a mountpoint. Under sudo, whoever has the source's key chooses the stream: the
// rule on the target admits only a receive that says so itself.
func (p *pair) sealed(o zfs.ReceiveOptions) zfs.ReceiveOptions {
	if p.job.Privilege != config.PrivilegeSudo || p.job.Local() || o.Set["mountpoint"] != "" {
		return o
	}
	o.Exclude = append(slices.Clone(o.Exclude), "mountpoint") // last, as the rule has it
	return o
}

// dropForeign takes out what zfs refuses to set on a dataset of this type.
func (p *pair) dropForeign(set map[string]string) {
	for k := range set {
		if !zfs.Applies(k, p.src.Volume()) {
			delete(set, k)
		}
	}
}

package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// raw says that the dataset is sent raw.
func (p *pair) raw() bool {
	return p.job.Send.Raw == config.RawAlways || p.job.Send.Raw == config.RawAuto && p.src.Encrypted()
}

// sendFlags are the flags that the config asks for and this pair of datasets can take. What the target's pool lacks
// is left out; raw streams are as on disk, so the flags that shape blocks mean nothing to them.
func (p *pair) sendFlags() zfs.SendFlags {
	if p.raw() {
		return zfs.SendFlags{Raw: true, Properties: p.job.Send.Properties}
	}
	pool := p.targetPool()
	compressed := p.job.Send.Compressed && pool.Has("lz4_compress") &&
		(pool.Has("zstd_compress") || !usesZstd(p.src.Properties["compression"]))
	return zfs.SendFlags{
		Compressed:  compressed,
		LargeBlocks: p.job.Send.LargeBlocks && pool.Has("large_blocks"),
		Embedded:    p.job.Send.Embedded && pool.Has("embedded_data") && !p.vault().encrypted,
		// Properties of an encrypted dataset travel only with a raw stream (libzfs_sendrecv.c).
		Properties: p.job.Send.Properties && !p.src.Encrypted(),
	}
}

func usesZstd(compression string) bool { return len(compression) >= 4 && compression[:4] == "zstd" }

// vault is how a place on the target is encrypted, or what is received there will be.
type vault struct {
	name              string // the dataset that says so
	encrypted, locked bool
}

func vaultOf(name string, d *observe.Dataset) vault {
	return vault{name, d.Encrypted(), d.Encrypted() && d.KeyUnavailable()}
}

// vault is the replica's own, or the one that a new replica inherits.
func (p *pair) vault() vault {
	if p.dst != nil && !p.gone {
		return vaultOf(p.place, p.dst)
	}
	return p.job.there.vaultAbove(p.place)
}

// vaultAbove is what a dataset inherits that is received or made at the place, after the transfers of this plan: a
// raw replica comes with the source's key, which the target does not have.
func (m *machine) vaultAbove(place string) vault {
	for up := zfs.Parent(place); up != ""; up = zfs.Parent(up) {
		if q := m.byPlace[up]; q != nil && q.makes && q.conflict == nil && q.raw() && q.src.Encrypted() {
			return vault{up, true, true}
		}
		if d := m.datasets[up]; d != nil {
			return vaultOf(up, d)
		}
	}
	return vault{}
}

// refuseLockedParents refuses a place whose parents would have to be made below a locked dataset.
func (p *pair) refuseLockedParents() bool {
	if p.dst != nil {
		return false
	}
	for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
		if q := p.job.there.byPlace[up]; p.job.there.datasets[up] != nil || q != nil && q.makes && q.conflict == nil {
			return false
		}
		if v := p.job.there.vaultAbove(up); v.locked {
			p.refuse(plan.KeyUnavailable, map[string]any{"encrypted": v.name}, fmt.Sprintf("%s has to be made on the target as a parent, and the key of %s above it is not loaded there", up, v.name),
				fmt.Sprintf("load it on the target (zfs load-key %s), or make the parent there without encryption, which it needs not as it will hold nothing: zfs create -u -o encryption=off -o canmount=off -o mountpoint=none %s",
					shellWord(v.name), shellWord(up)))
			return true
		}
	}
	return false
}

// refuseCrypto refuses what ZFS would refuse for its keys. base is where the first send starts, nil for a full one.
func (p *pair) refuseCrypto(base *common) bool {
	raw, dst := p.raw(), p.dst
	evidence := map[string]any{"source": p.src.Properties["encryption"], "raw": raw}
	if dst != nil {
		evidence["target"] = dst.Properties["encryption"]
	}
	if p.src.Encrypted() && !raw && p.src.KeyUnavailable() {
		p.refuse(plan.KeyUnavailable, evidence, fmt.Sprintf("the key of %s is not loaded on the source, and send.raw = \"never\" needs it", p.source),
			fmt.Sprintf("load it (zfs load-key %s), or send raw: send.raw = \"auto\"", shellWord(p.source)))
		return true
	}
	if base != nil && base.origin != nil {
		return false // a clone has its origin's key, which unfitOrigin has judged
	}
	v := p.vault()
	if v.locked && !(raw && p.src.Encrypted()) {
		p.refuse(plan.KeyUnavailable, evidence, fmt.Sprintf("the key of %s is not loaded on the target, and what is received there is encrypted with it", v.name),
			fmt.Sprintf("load it on the target (zfs load-key %s), or choose a remotePool that is not encrypted", shellWord(v.name)))
		return true
	}
	if raw && !p.src.Encrypted() && v.encrypted {
		p.refuse(plan.EncryptionMismatch, evidence, fmt.Sprintf("%s is not encrypted and would be sent raw, but %s on the target is encrypted", p.source, v.name),
			"set send.raw = \"auto\": what is received there is encrypted then")
		return true
	}
	if dst == nil || base == nil || len(dst.Snapshots) == 0 {
		return false
	}
	return p.refuseMixed(base, evidence)
}

// unfitOrigin says why a stream of this clone cannot be received onto the replica of its origin: a clone shares the
// key of its origin, there as here.
func (p *pair) unfitOrigin(o *pair, ours zfs.GUID, there arrival) string {
	theirs, v := there.IvsetGUID, o.vault()
	encrypted := v.encrypted
	if o.makes && o.raw() {
		encrypted = o.src.Encrypted()
	}
	switch raw := p.raw() && p.src.Encrypted(); {
	case p.raw() && !raw && encrypted:
		return "the replica of that is encrypted, and send.raw = \"always\" would send plain data raw"
	case raw && !encrypted:
		return "the replica of that is not encrypted"
	case raw && ours != 0 && theirs != 0 && ours != theirs:
		return "the replica of that was not received raw"
	case !raw && encrypted && v.locked:
		return "the key of the replica of that is not loaded"
	case !raw && encrypted && p.src.Encrypted() && ours != 0 && ours == theirs && !there.sent:
		return "the replica of that was received raw"
	}
	return ""
}

// refuseMixed refuses to continue a replica in another mode than it was begun in.
func (p *pair) refuseMixed(base *common, evidence map[string]any) bool {
	raw, ours, theirs := p.raw(), base.IvsetGUID, p.dst.Snapshots[base.at].IvsetGUID
	anew := p.putAside()
	switch {
	case raw && p.src.Encrypted() && !p.dst.Encrypted():
		p.refuse(plan.EncryptionMismatch, evidence, fmt.Sprintf("%s is encrypted and would be sent raw, but its replica %s is not encrypted", p.source, p.place),
			anew+"; to go on in plain text, set send.raw = \"never\" and load the key")
	case !raw && p.src.Encrypted() && p.dst.Encrypted() && ours != 0 && ours == theirs:
		p.refuse(plan.EncryptionMismatch, evidence, fmt.Sprintf("%s was received raw, and send.raw = \"never\" would mix plain data into it, after which it can never be raw again", p.place),
			"set send.raw = \"auto\", or "+anew)
	case raw && ours != 0 && theirs != 0 && ours != theirs:
		evidence["sourceIvset"], evidence["targetIvset"] = ours.String(), theirs.String()
		p.refuse(plan.RawBaseMismatch, evidence, fmt.Sprintf("@%s, the newest snapshot that both sides have, was not received raw on the target: its IV set differs, and ZFS refuses a raw increment to it", base.Name),
			"roll the replica back to its last raw snapshot on the target, or "+anew)
	default:
		return false
	}
	return true
}

// refuseFeatures refuses a stream that the target's pool cannot take, whatever the flags.
func (p *pair) refuseFeatures() bool {
	pool, props := p.targetPool(), p.src.Properties
	var missing, why string
	record := atoi(props["recordsize"])
	switch {
	case p.raw() && p.src.Encrypted() && !pool.Has("encryption"):
		missing, why = "encryption", "the dataset is encrypted and sent raw"
	case p.raw() && record > 128<<10 && !pool.Has("large_blocks"):
		missing, why = "large_blocks", "it has records larger than 128 KiB and is sent raw"
	case p.raw() && usesZstd(props["compression"]) && !pool.Has("zstd_compress"):
		missing, why = "zstd_compress", "it is compressed with zstd and sent raw"
	case p.raw() && (props["compression"] == "lz4" || props["compression"] == "on") && !pool.Has("lz4_compress"):
		missing, why = "lz4_compress", "it is compressed with lz4 and sent raw"
	case props["dnodesize"] != "" && props["dnodesize"] != "legacy" && !pool.Has("large_dnode"):
		missing, why = "large_dnode", "its dnodesize is "+props["dnodesize"]
	case !pool.Has("extensible_dataset"):
		missing, why = "extensible_dataset", "a resumable receive needs it"
	default:
		return false
	}
	p.refuse(plan.FeatureMissing, map[string]any{"feature": missing, "pool": zfs.Pool(p.place)},
		fmt.Sprintf("the pool %s on the target lacks the feature %s: %s", zfs.Pool(p.place), missing, why),
		fmt.Sprintf("enable it there: zpool set feature@%s=enabled %s", missing, zfs.Pool(p.place)))
	return true
}

func (p *pair) targetPool() observe.Pool { return p.job.there.pools[zfs.Pool(p.place)] }

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

// goesRaw says that what is sent is encrypted as it is on disk. A stream of a dataset without encryption never is,
// whatever was asked for.
func (p *pair) goesRaw() bool { return p.raw() && p.src.Encrypted() }

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
	root              string // the one that its key is loaded for
	encrypted, locked bool
	coming            bool // by this plan
}

func vaultOf(name string, d *observe.Dataset) vault {
	return vault{name: name, root: keyRoot(name, d), encrypted: d.Encrypted(), locked: d.Encrypted() && d.KeyUnavailable()}
}

// keyRoot is the dataset that the key is loaded for: zfs load-key takes no other (man zfs-load-key).
func keyRoot(name string, d *observe.Dataset) string {
	if root := d.Properties["encryptionroot"]; root != "" && root != "-" {
		return root
	}
	return name
}

func loadKey(root string) []string { return []string{"zfs", "load-key", root} }

// unlock is where and how the vault's key is loaded.
func (p *pair) unlock(v vault) string {
	if v.coming {
		return "once this run has brought " + v.name + ", load its key, " + p.onTarget(loadKey(v.root))
	}
	return "load it, " + p.onTarget(loadKey(v.root))
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
			return vault{name: up, root: up, encrypted: true, locked: true, coming: true}
		}
		if d := m.standing(up); d != nil {
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
		if q := p.job.there.byPlace[up]; p.job.there.standing(up) != nil || q != nil && q.makes && q.conflict == nil {
			return false
		}
		if v := p.job.there.vaultAbove(up); v.locked {
			p.refuse(plan.KeyUnavailable, map[string]any{"encrypted": v.name}, fmt.Sprintf("%s has to be made %s as a parent, and the key of %s above it is not loaded there", up, p.there(), v.name),
				ways(p.unlock(v), "make the parent without encryption, which it needs not as it will hold nothing, "+p.onTarget(zfs.CreateParent(up, plainParent(up)))))
			return true
		}
	}
	return false
}

// plainParent are the properties of a parent that is made below a locked dataset: it holds nothing that needs a key.
func plainParent(name string) map[string]string {
	return map[string]string{placeMark: name, "encryption": "off", "canmount": "off", "mountpoint": "none"}
}

// refuseCrypto refuses what ZFS would refuse for its keys. base is where the first send starts, nil for a full one.
func (p *pair) refuseCrypto(base *common) bool {
	raw, dst := p.raw(), p.dst
	evidence := map[string]any{"source": p.src.Properties["encryption"], "raw": raw}
	if dst != nil {
		evidence["target"] = dst.Properties["encryption"]
	}
	if p.src.Encrypted() && !raw && p.src.KeyUnavailable() {
		p.refuse(plan.KeyUnavailable, evidence, fmt.Sprintf("the key of %s is not loaded on this machine, and send.raw = \"never\" needs it", p.source),
			ways("load it, "+p.onSource(loadKey(keyRoot(p.source, p.src))), p.wayRaw(base)))
		return true
	}
	if base != nil && base.origin != nil {
		return false // a clone has its origin's key, which unfitOrigin has judged
	}
	v := p.vault()
	if v.locked && !p.goesRaw() {
		other := ""
		if dst == nil || len(dst.Snapshots) == 0 {
			other = p.option("choose a target for %s that is not encrypted", p.source)
		}
		p.refuse(plan.KeyUnavailable, evidence, fmt.Sprintf("the key of %s is not loaded %s, and what is received there is encrypted with it", v.name, p.there()),
			ways(p.unlock(v), p.wayRaw(base), other))
		return true
	}
	if raw && !p.src.Encrypted() && v.encrypted {
		p.refuse(plan.EncryptionMismatch, evidence, fmt.Sprintf("%s is not encrypted and would be sent raw, but %s is encrypted %s", p.source, v.name, p.there()),
			fmt.Sprintf("to let what is received there be encrypted with the key of %s, %s", v.root, p.option(`set send.raw = "auto"`)))
		return true
	}
	if dst == nil || base == nil || len(dst.Snapshots) == 0 {
		return false
	}
	return p.refuseMixed(base, evidence)
}

// wayRaw sends it raw, "" where ZFS would not take that.
func (p *pair) wayRaw(base *common) string {
	if !p.src.Encrypted() || !p.couldGoRaw(base) {
		return ""
	}
	return "send it raw, which needs no key, " + p.option(`set send.raw = "auto"`)
}

// couldGoRaw says that ZFS would take raw streams where plain ones were asked for: into an empty place, or from a base
// that was received raw.
func (p *pair) couldGoRaw(base *common) bool {
	switch {
	case p.dst == nil || p.gone:
		return true
	case base == nil || base.origin != nil || len(p.dst.Snapshots) == 0:
		return false // a dataset that is not encrypted cannot be replaced by one that is
	}
	theirs := p.dst.Snapshots[base.at].IvsetGUID
	return p.dst.Encrypted() && theirs != 0 && base.IvsetGUID == theirs
}

// unfitOrigin says why a stream of this clone cannot be received onto the replica of its origin: a clone shares the
// key of its origin, there as here.
func (p *pair) unfitOrigin(o *pair, ours zfs.GUID, there arrival) string {
	theirs, v := there.IvsetGUID, o.vault()
	encrypted := v.encrypted
	if o.makes && o.raw() {
		encrypted = o.src.Encrypted()
	}
	switch raw := p.goesRaw(); {
	case p.raw() && !raw && encrypted:
		return "the replica of that is encrypted, and send.raw = \"always\" would send plain data raw"
	case raw && !encrypted:
		return "the replica of that is not encrypted"
	case raw && !p.sameIvset(ours, theirs) && (ours == 0 || theirs == 0):
		return "that has no IV set on both sides, which a raw stream needs"
	case raw && !p.sameIvset(ours, theirs):
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
	ours, theirs := base.IvsetGUID, p.dst.Snapshots[base.at].IvsetGUID
	switch raw := p.goesRaw(); {
	case raw && !p.dst.Encrypted():
		plain := "to go on in plain, "
		if p.src.KeyUnavailable() {
			plain += "first load the key, " + p.onSource(loadKey(keyRoot(p.source, p.src))) + "; then, "
		}
		p.refuse(plan.EncryptionMismatch, evidence, fmt.Sprintf("%s is encrypted and would be sent raw, but its replica %s is not encrypted", p.source, p.place),
			ways(p.putAside(), plain+p.option(`set send.raw = "never"`)))
	case !raw && p.src.Encrypted() && p.dst.Encrypted() && ours != 0 && ours == theirs:
		anew := ""
		if v := p.job.there.vaultAbove(p.place); !v.locked {
			anew = p.putAside()
		}
		p.refuse(plan.EncryptionMismatch, evidence, fmt.Sprintf("%s was received raw, and send.raw = \"never\" would mix plain data into it, after which it can never be raw again", p.place),
			ways("to go on raw, "+p.option(`set send.raw = "auto"`), anew))
	case raw && !p.sameIvset(ours, theirs):
		p.refuseIvset(base, evidence)
	default:
		return false
	}
	return true
}

// warnOldKey says that a raw replica opens with the passphrase that its source had before. What zfs change-key does makes
// no snapshot, so it arrives with the next one, whatever that holds (module/zfs/dsl_crypt.c, dsl_crypto_recv_raw_key_sync).
// It draws a new salt (lib/libzfs/libzfs_crypto.c); other formats of keys have none, and nobody can tell.
func (p *pair) warnOldKey() {
	if p.conflict != nil || p.base == nil || p.dst == nil || !p.goesRaw() || keyRoot(p.place, p.dst) != p.place {
		return
	}
	if len(p.sends()) > 0 {
		return
	}
	ours, theirs := p.src.Properties["pbkdf2salt"], p.dst.Properties["pbkdf2salt"]
	if salted := func(s string) bool { return s != "" && s != "-" && s != "0" }; !salted(ours) || !salted(theirs) || ours == theirs {
		return
	}
	p.warn("the passphrase of %s has changed since @%s, and the replica %s opens with the one of then only: the next snapshot that is replicated brings the new one along; take one, or keep the old passphrase until then",
		keyRoot(p.source, p.src), p.base.onTarget, p.place)
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
		"enable it, "+p.onTarget(enableFeature(missing, zfs.Pool(p.place))))
	return true
}

func (p *pair) sourcePool() observe.Pool { return p.job.here.pools[zfs.Pool(p.source)] }
func (p *pair) targetPool() observe.Pool { return p.job.there.pools[zfs.Pool(p.place)] }

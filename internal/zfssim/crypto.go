package zfssim

import (
	"bufio"
	"io"
	"strings"
)

// crypt is an encrypted dataset's key. The master key (keyGUID) encrypts the data and travels with raw streams; the wrapping
// key (wrap, the identity of a passphrase or key file) protects it and is what gets loaded, at the encryption root.
type crypt struct {
	cipher    string
	keyGUID   uint64
	wrap      uint64
	keyformat string
	iters     uint64
	salt      uint64
	root      *dataset
	loaded    uint64 // wrapping key in memory; at encryption roots only, 0: none
}

// isRoot reports whether the dataset is an encryption root.
func (d *dataset) isRoot() bool { return d.crypt != nil && d.crypt.root == d }

// keyLoaded reports whether the dataset's data can be read: always so without encryption.
func (d *dataset) keyLoaded() bool {
	if d.crypt == nil {
		return true
	}
	return d.crypt.root.crypt.loaded != 0 && d.crypt.root.crypt.loaded == d.crypt.wrap
}

// cryptValue are the settable properties whose value is the key's.
func cryptValue(o object, p *propDef) (value, bool) {
	k := o.ds.crypt
	if k == nil || o.kind == kindBookmark {
		return value{}, false
	}
	switch p.name {
	case "encryption":
		return value{text: k.cipher}, true
	case "keyformat":
		return value{text: k.keyformat}, true
	case "pbkdf2iters":
		return value{text: utoa(k.iters)}, true
	case "pbkdf2salt":
		return value{text: utoa(k.salt)}, true
	}
	return value{}, false
}

// cryptComputed are the read-only properties of encryption, absent without it.
func cryptComputed(o object, name string) (string, bool) {
	k := o.ds.crypt
	if o.kind == kindBookmark {
		return utoa(o.mark.ivset), name == "ivsetguid" // 0 without encryption
	}
	if k == nil {
		return "", false
	}
	switch name {
	case "ivsetguid":
		if o.kind == kindSnapshot && o.snap.ivset != 0 {
			return utoa(o.snap.ivset), true
		}
	case "keyguid":
		return utoa(k.keyGUID), true
	case "encryptionroot":
		return k.root.name, true
	case "keystatus":
		if k.root.crypt.loaded != 0 {
			return "available", true
		}
		return "unavailable", true
	}
	return "", false
}

// newKey is what a dataset to be created will be encrypted with. wrap 0 means the parent's wrapping key.
type newKey struct {
	cipher    string // "": not encrypted
	wrap      uint64
	keyformat string
	location  string
	iters     uint64
}

func (k *newKey) encrypts() bool { return k.cipher != "" }

// newKey works out the encryption of a new child of parent from the properties given, or says why it cannot be. A nil stdin
// is one in use by a stream.
func (c *call) newKey(parent *dataset, props []pair, name string, stdin io.Reader) (*newKey, string) {
	given := map[string]string{}
	for _, p := range props {
		if def := findProp(p.key); def != nil && (def.encryptionParam() || p.key == "encryption") {
			given[p.key] = p.value
		}
	}
	cipher, local := given["encryption"]
	if !local && parent.crypt != nil {
		cipher = parent.crypt.cipher
	}
	_, hasLocation := given["keylocation"]
	params := given["keyformat"] != "" || hasLocation || given["pbkdf2iters"] != ""
	if cipher == "" || cipher == "off" {
		if params {
			return nil, "Encryption must be turned on to set encryption properties."
		}
		return &newKey{}, ""
	}
	if !parent.pool.has("encryption") {
		return nil, "Encryption feature not enabled."
	}
	k := &newKey{cipher: cipher, keyformat: given["keyformat"], location: given["keylocation"], iters: atou(given["pbkdf2iters"])}
	if k.keyformat == "none" {
		k.keyformat = ""
	}
	if k.keyformat == "" && (parent.crypt == nil || hasLocation) {
		return nil, "Keyformat required for new encryption root."
	}
	if k.keyformat == "" {
		return k, ""
	}
	if k.location == "" {
		k.location = "prompt"
	}
	if stdin == nil && k.location == "prompt" {
		return nil, "Cannot use 'prompt' keylocation because stdin is in use."
	}
	var why string
	k.wrap, why = c.keyMaterial(k.keyformat, k.location, stdin)
	return k, why
}

// keyMaterial reads a key and returns its identity.
func (c *call) keyMaterial(format, location string, stdin io.Reader) (uint64, string) {
	text := ""
	switch {
	case location == "prompt":
		line, _ := bufio.NewReader(stdin).ReadString('\n')
		text = strings.TrimSuffix(line, "\n")
	case strings.HasPrefix(location, "file://"):
		content, ok := c.keyFiles[location[len("file://"):]]
		if !ok {
			return 0, "Failed to open key material file: No such file or directory"
		}
		text = content
	default:
		return 0, "URI scheme is not supported"
	}
	if why := checkKey(format, text); why != "" {
		return 0, why
	}
	if format != "raw" {
		text = strings.TrimSuffix(text, "\n")
	}
	return hashString(format + ":" + text), ""
}

func checkKey(format, text string) string {
	trimmed := strings.TrimSuffix(text, "\n")
	switch format {
	case "passphrase":
		switch {
		case len(trimmed) < 8:
			return "Passphrase too short (min 8)."
		case len(trimmed) > 512:
			return "Passphrase too long (max 512)."
		}
	case "hex":
		switch {
		case len(trimmed) < 64:
			return "Hex key too short (expected 64)."
		case len(trimmed) > 64:
			return "Hex key too long (expected 64)."
		}
	case "raw":
		switch {
		case len(text) < 32:
			return "Raw key too short (expected 32)."
		case len(text) > 32:
			return "Raw key too long (expected 32)."
		}
	}
	return ""
}

// applyKey encrypts a dataset that was just made.
func (m *Machine) applyKey(d *dataset, k *newKey) {
	if k == nil || !k.encrypts() {
		return
	}
	d.crypt = &crypt{cipher: k.cipher, keyGUID: m.random()}
	if k.wrap == 0 {
		up := d.parent.crypt
		d.crypt.root, d.crypt.wrap = up.root, up.root.crypt.wrap
		d.crypt.keyformat, d.crypt.iters, d.crypt.salt = up.keyformat, up.iters, up.salt
		return
	}
	m.ownKey(d, k)
	d.crypt.loaded = k.wrap
}

// ownKey makes the dataset an encryption root with a wrapping key of its own.
func (m *Machine) ownKey(d *dataset, k *newKey) {
	d.crypt.root, d.crypt.wrap, d.crypt.keyformat = d, k.wrap, k.keyformat
	d.crypt.iters, d.crypt.salt = 0, 0
	if k.keyformat == "passphrase" {
		d.crypt.salt, d.crypt.iters = m.random(), k.iters
		if k.iters == 0 {
			d.crypt.iters = 350000
		}
	}
	d.setLocal("keylocation", k.location)
}

// SetKeyFile puts a file where `keylocation=file://PATH` finds it.
func (m *Machine) SetKeyFile(path, content string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keyFiles[path] = content
}

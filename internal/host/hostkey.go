package host

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// hostKeyCheck decides whether a machine is the right one. Either a list of keys decides, or the known_hosts
// files do; never both, so that removing a key from the list means something.
type hostKeyCheck struct {
	ssh  SSH
	keys []ssh.PublicKey // from SSH.HostKeys
	db   *knownHosts     // otherwise
	from []string        // the known_hosts files, and why one of them could not be read

	passed  bool       // the machine showed a right key
	refusal *ConnError // it did not
}

func (c SSH) hostKeyCheck() (*hostKeyCheck, error) {
	k := &hostKeyCheck{ssh: c}
	for _, entry := range c.HostKeys {
		keys, err := parseHostKeys(entry)
		if err != nil {
			return nil, c.connError(ConnHostKey, "get the line with: ssh-keyscan "+c.Host, err)
		}
		k.keys = append(k.keys, keys...)
	}
	if len(c.HostKeys) > 0 {
		return k, nil
	}
	var readable []string
	for _, file := range c.KnownHostsFiles {
		f, err := os.Open(file)
		switch {
		case err == nil:
			_ = f.Close()
			readable = append(readable, file)
		case !errors.Is(err, fs.ErrNotExist): // a sandbox may well hide one of them
			file = fmt.Sprintf("%s (which cannot be read: %v)", file, errors.Unwrap(err))
		}
		k.from = append(k.from, file)
	}
	db, err := readKnownHosts(readable)
	if err != nil {
		return nil, c.connError(ConnHostKey, "mend that, or put the machine's key into hostKeys",
			fmt.Errorf("cannot read the known hosts: %w", err))
	}
	k.db = db
	for _, line := range db.skipped {
		k.from = append(k.from, line)
		c.warn("left out of the known hosts: " + line)
	}
	return k, nil
}

// parseHostKeys reads what people paste: one key, or the whole output of ssh-keyscan with its comment lines. What
// stands before the key type (a host pattern) and behind the key (a comment) has no meaning here.
func parseHostKeys(entry string) ([]ssh.PublicKey, error) {
	var keys []ssh.PublicKey
	for line := range strings.Lines(entry) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := parseHostKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("there is no key in the hostKeys entry %q", shorten(entry))
	}
	return keys, nil
}

func parseHostKey(line string) (ssh.PublicKey, error) {
	fields := strings.Fields(line)
	if strings.HasPrefix(line, "@") {
		return nil, fmt.Errorf("hostKeys takes plain keys, %s lines belong in a known_hosts file", fields[0])
	}
	for i, field := range fields {
		blob, err := base64.StdEncoding.DecodeString(field)
		if err != nil {
			continue
		}
		key, err := ssh.ParsePublicKey(blob)
		if err != nil {
			continue
		}
		if i > 0 && fields[i-1] != key.Type() {
			return nil, fmt.Errorf("the hostKeys entry %q says %s, but the key is of type %s", shorten(line), fields[i-1], key.Type())
		}
		return key, nil
	}
	if strings.Contains(line, "SHA256:") || strings.Contains(line, "MD5:") {
		return nil, fmt.Errorf("the hostKeys entry %q is a fingerprint, the key itself is needed", shorten(line))
	}
	return nil, fmt.Errorf("the hostKeys entry %q holds no public key", shorten(line))
}

// algorithms orders what we ask the machine to show: first the types that are recorded, for it has several keys and
// would otherwise show one we do not know. The others follow only so that a refusal can name the key it has. A
// certificate is asked for only where known_hosts names an authority.
func (k *hostKeyCheck) algorithms() []string {
	var algos []string
	add := func(algo string) {
		if !slices.Contains(algos, algo) {
			algos = append(algos, algo)
		}
	}
	supported := ssh.SupportedAlgorithms().HostKeys
	for _, algo := range k.recordedAlgorithms() {
		if slices.Contains(supported, algo) {
			add(algo)
		}
	}
	for _, algo := range supported {
		if !strings.Contains(algo, "-cert-") {
			add(algo)
		}
	}
	return algos
}

func (k *hostKeyCheck) recordedAlgorithms() []string {
	if k.db != nil {
		return k.db.HostKeyAlgorithms(k.ssh.addr())
	}
	var algos []string
	for _, key := range k.keys {
		if key.Type() == ssh.KeyAlgoRSA {
			algos = append(algos, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		}
		algos = append(algos, key.Type())
	}
	return algos
}

// check is the callback of the handshake.
func (k *hostKeyCheck) check(addr string, remote net.Addr, key ssh.PublicKey) error {
	var err *ConnError
	if k.db != nil {
		err = k.checkKnown(addr, remote, key)
	} else {
		err = k.checkListed(key)
	}
	if err != nil {
		k.refusal = err
		return err
	}
	k.passed = true
	return nil
}

func (k *hostKeyCheck) checkListed(key ssh.PublicKey) *ConnError {
	var listed []string
	for _, want := range k.keys {
		if slices.Equal(want.Marshal(), key.Marshal()) {
			return nil
		}
		listed = append(listed, describeKey(want))
	}
	return k.ssh.connError(ConnHostKey, k.changedHint("the entry of hostKeys", key), fmt.Errorf(
		"it shows the host key %s, hostKeys has %s", describeKey(key), strings.Join(listed, ", ")))
}

func (k *hostKeyCheck) checkKnown(addr string, remote net.Addr, key ssh.PublicKey) *ConnError {
	err := k.db.HostKeyCallback()(addr, remote, key)
	var mismatch *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		return k.ssh.connError(ConnHostKey, "give the machine a new host key", fmt.Errorf(
			"its host key %s is marked as revoked in %s line %d", describeKey(key), k.db.name(revoked.Revoked.Filename), revoked.Revoked.Line))
	case errors.As(err, &mismatch) && len(mismatch.Want) > 0:
		var known []string
		for _, want := range mismatch.Want {
			known = append(known, fmt.Sprintf("%s line %d has %s", k.db.name(want.Filename), want.Line, describeKey(want.Key)))
		}
		return k.ssh.connError(ConnHostKey, k.changedHint("that line", key), fmt.Errorf(
			"it shows the host key %s, %s", describeKey(key), strings.Join(known, ", ")))
	case errors.As(err, &mismatch):
		return k.ssh.connError(ConnHostKey, k.unknownHint(key), fmt.Errorf(
			"its host key %s is neither in hostKeys nor in %s", describeKey(key), strings.Join(k.from, " or ")))
	}
	return k.ssh.connError(ConnHostKey, "", fmt.Errorf("its host key %s does not pass: %w", describeKey(key), err))
}

func (k *hostKeyCheck) unknownHint(key ssh.PublicKey) string {
	hint := fmt.Sprintf("compare the fingerprint with what \"ssh-keygen -lf %s\" prints on the machine; if it is the same, add %q to hostKeys",
		hostKeyFile(key), marshalKey(key))
	if len(k.ssh.KnownHostsFiles) > 0 {
		hint += fmt.Sprintf(", or the line %q to %s", knownhosts.Line([]string{k.ssh.addr()}, key), k.ssh.KnownHostsFiles[0])
	}
	return hint
}

func (k *hostKeyCheck) changedHint(where string, key ssh.PublicKey) string {
	return fmt.Sprintf("either the machine got a new host key, or another machine answers in its place; compare the fingerprint with what \"ssh-keygen -lf %s\" prints on the machine; if it is the same, replace %s by %q",
		hostKeyFile(key), where, marshalKey(key))
}

// describeKey is the type and the fingerprint of a key, as ssh-keygen -l has it.
func describeKey(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }

// marshalKey is the line to record.
func marshalKey(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// hostKeyFile is where sshd keeps a key of this type.
func hostKeyFile(key ssh.PublicKey) string {
	kind := "ed25519"
	switch {
	case strings.Contains(key.Type(), "rsa"):
		kind = "rsa"
	case strings.Contains(key.Type(), "ecdsa"):
		kind = "ecdsa"
	}
	return "/etc/ssh/ssh_host_" + kind + "_key.pub"
}

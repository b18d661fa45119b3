package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
)

// addCertificates adds the certificates of a key, before the key itself, as ssh does: the one in the file beside it, and
// those in the ssh-agent. One that cannot be used is in nobody's way.
func (l *login) addCertificates(signer ssh.Signer, file string, inAgent []ssh.Signer) {
	beside := file + "-cert.pub"
	certified, err := readCertificate(beside, signer)
	switch {
	case err == nil:
		l.add(certified, beside)
	case !errors.Is(err, fs.ErrNotExist):
		l.skipped = append(l.skipped, err.Error())
		l.ssh.warn(err.Error())
	}
	for _, s := range inAgent {
		cert := certificate(s.PublicKey())
		sameKey := cert != nil && bytes.Equal(cert.Key.Marshal(), signer.PublicKey().Marshal())
		if sameKey && find(l.keys, s.PublicKey()) == nil {
			l.add(s, "ssh-agent")
		}
	}
}

func readCertificate(file string, signer ssh.Signer) (ssh.Signer, error) {
	line, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate: %w", err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(line)
	if err != nil {
		return nil, fmt.Errorf("%s is not a certificate that ssh knows", file)
	}
	cert := certificate(key)
	if cert == nil || cert.CertType != ssh.UserCert {
		return nil, fmt.Errorf("%s is not a user's certificate", file)
	}
	certified, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		return nil, fmt.Errorf("%s is the certificate of another key", file)
	}
	return certified, nil
}

// certificate is the key as a certificate, or nil. The ssh-agent's keys do not say that they are some.
func certificate(key ssh.PublicKey) *ssh.Certificate {
	parsed, err := ssh.ParsePublicKey(key.Marshal())
	if err != nil {
		return nil
	}
	cert, _ := parsed.(*ssh.Certificate)
	return cert
}

// plainKey is the key that a certificate is for, or the key itself.
func plainKey(key ssh.PublicKey) ssh.PublicKey {
	if cert := certificate(key); cert != nil {
		return cert.Key
	}
	return key
}

// describeIdentity is what messages say of a key that we log in with.
func describeIdentity(key ssh.PublicKey) string {
	cert := certificate(key)
	if cert == nil {
		return describeKey(key)
	}
	text := fmt.Sprintf("the certificate %q of %s", cert.KeyId, describeKey(cert.Key))
	if cert.ValidBefore < ssh.CertTimeInfinity {
		text += " valid until " + time.Unix(int64(cert.ValidBefore), 0).UTC().Format(time.RFC3339)
	}
	return text
}

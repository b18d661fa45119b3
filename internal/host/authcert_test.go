package host_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// authority signs certificates.
func authority(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// certify makes a user's certificate for a key.
func certify(t *testing.T, by ssh.Signer, key ssh.PublicKey, until time.Time) *ssh.Certificate {
	t.Helper()
	cert := &ssh.Certificate{Key: key, CertType: ssh.UserCert, KeyId: "backup", ValidPrincipals: []string{"box"}, ValidBefore: uint64(until.Unix())}
	if err := cert.SignCert(rand.Reader, by); err != nil {
		t.Fatal(err)
	}
	return cert
}

func writeCertificate(t *testing.T, cert *ssh.Certificate, file string) {
	t.Helper()
	if err := os.WriteFile(file+"-cert.pub", ssh.MarshalAuthorizedKey(cert), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The certificate beside a key, or in the agent, is offered as ssh does.
func TestCertificate(t *testing.T) {
	ca := authority(t)
	s := hosttest.NewServer(t, hosttest.Options{Authority: ca.PublicKey()})
	tomorrow := time.Now().Add(24 * time.Hour)
	identity := func() (ssh.PublicKey, host.SSH) {
		key, file := hosttest.NewIdentity(t)
		c := s.SSH()
		c.IdentityFile = file
		return key, c
	}
	t.Run("beside the key", func(t *testing.T) {
		noKeys(t)
		key, c := identity()
		writeCertificate(t, certify(t, ca, key, tomorrow), c.IdentityFile)
		mustDial(t, c)
	})
	t.Run("beside a locked key that the agent has", func(t *testing.T) {
		noKeys(t)
		key, c := identity()
		startAgent(t, c.IdentityFile)
		c.IdentityFile = lock(t, c.IdentityFile)
		writeCertificate(t, certify(t, ca, key, tomorrow), c.IdentityFile)
		mustDial(t, c)
	})
	t.Run("in the agent", func(t *testing.T) {
		noKeys(t)
		key, c := identity()
		raw, err := ssh.ParseRawPrivateKey(mustRead(t, c.IdentityFile))
		if err != nil {
			t.Fatal(err)
		}
		serveAgent(t, agent.AddedKey{PrivateKey: raw, Certificate: certify(t, ca, key, tomorrow)})
		mustDial(t, c)
		c.IdentityFile = ""
		mustDial(t, c)
	})
	t.Run("beside a usual key", func(t *testing.T) {
		dir := noKeys(t)
		key, c := identity()
		file := dir + "/id_ed25519"
		if err := os.WriteFile(file, mustRead(t, c.IdentityFile), 0o600); err != nil {
			t.Fatal(err)
		}
		writeCertificate(t, certify(t, ca, key, tomorrow), file)
		c.IdentityFile = ""
		mustDial(t, c)
	})
	t.Run("out of date", func(t *testing.T) {
		noKeys(t)
		key, c := identity()
		writeCertificate(t, certify(t, ca, key, time.Unix(1700000000, 0)), c.IdentityFile)
		conn := asConn(t, dialError(t, c), host.ConnAuth)
		want := `it does not accept the certificate "backup" of ssh-ed25519 ` + ssh.FingerprintSHA256(key) + " valid until 2023-11-14T22:13:20Z (" + c.IdentityFile + "-cert.pub) nor ssh-ed25519 "
		if !strings.HasPrefix(conn.Err.Error(), want) || !strings.Contains(conn.Hint, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))) {
			t.Errorf("got  %v (%s)\nwant %s", conn.Err, conn.Hint, want)
		}
	})
}

// A certificate that cannot be used is in nobody's way.
func TestCertificateThatIsNone(t *testing.T) {
	noKeys(t)
	s := hosttest.NewServer(t, hosttest.Options{})
	ca := authority(t)
	stranger, _ := hosttest.NewIdentity(t)
	file := s.SSH().IdentityFile
	for text, want := range map[string]string{
		"hello\n": "is not a certificate that ssh knows",
		string(ssh.MarshalAuthorizedKey(stranger)):                                    "is not a user's certificate",
		string(ssh.MarshalAuthorizedKey(certify(t, ca, stranger, time.Unix(2e9, 0)))): "is the certificate of another key",
	} {
		if err := os.WriteFile(file+"-cert.pub", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var warned []string
		c := s.SSH()
		c.Warn = func(text string) { warned = append(warned, text) }
		mustDial(t, c)
		if len(warned) != 1 || warned[0] != file+"-cert.pub "+want {
			t.Errorf("got %q, want %s", warned, want)
		}
	}
}

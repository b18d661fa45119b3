package host_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// noKeys gives the test an empty home and no agent.
func noKeys(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("SSH_AUTH_SOCK", "")
	if err := os.Mkdir(filepath.Join(dir, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, ".ssh")
}

// startAgent runs an ssh-agent with the given key files.
func startAgent(t *testing.T, files ...string) {
	t.Helper()
	var keys []agent.AddedKey
	for _, file := range files {
		key, err := ssh.ParseRawPrivateKey(mustRead(t, file))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, agent.AddedKey{PrivateKey: key})
	}
	serveAgent(t, keys...)
}

func serveAgent(t *testing.T, keys ...agent.AddedKey) {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(key); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn); _ = conn.Close() }()
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", socket)
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// lock writes a copy of a private key with a passphrase.
func lock(t *testing.T, file string) string {
	t.Helper()
	key, err := ssh.ParseRawPrivateKey(mustRead(t, file))
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(*key.(*ed25519.PrivateKey), "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(t.TempDir(), "locked")
	if err := os.WriteFile(locked, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return locked
}

func TestIdentities(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	right := s.SSH().IdentityFile
	_, wrong := hosttest.NewIdentity(t)

	t.Run("usual file", func(t *testing.T) {
		dir := noKeys(t)
		if err := os.WriteFile(filepath.Join(dir, "id_ed25519"), mustRead(t, wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "id_rsa"), mustRead(t, right), 0o644); err != nil {
			t.Fatal(err) // readable by all: not ours to judge
		}
		c := s.SSH()
		c.IdentityFile = ""
		mustDial(t, c)
	})
	t.Run("agent", func(t *testing.T) {
		noKeys(t)
		startAgent(t, wrong, right)
		c := s.SSH()
		c.IdentityFile = ""
		mustDial(t, c)
	})
	t.Run("locked file, agent has it", func(t *testing.T) {
		noKeys(t)
		startAgent(t, wrong, right)
		c := s.SSH()
		c.IdentityFile = lock(t, right)
		mustDial(t, c)
	})
	t.Run("agent has others only", func(t *testing.T) {
		noKeys(t)
		startAgent(t, wrong)
		mustDial(t, s.SSH())
	})
	t.Run("agent is gone", func(t *testing.T) {
		noKeys(t)
		t.Setenv("SSH_AUTH_SOCK", "/nonexistent/agent")
		mustDial(t, s.SSH())
	})
}

// An agent that does not answer does not take the time to connect.
func TestSilentAgent(t *testing.T) {
	noKeys(t)
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	t.Setenv("SSH_AUTH_SOCK", socket)
	mustDial(t, hosttest.NewServer(t, hosttest.Options{}).SSH())
}

func TestIdentityErrors(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	noKeys(t)
	right := s.SSH().IdentityFile
	locked := lock(t, right)
	public, _, _ := ed25519.GenerateKey(rand.Reader)
	key, _ := ssh.NewPublicKey(public)
	dir := t.TempDir()
	for name, test := range map[string]struct{ content, want string }{
		"missing": {"", "there is no private key " + dir + "/missing"},
		"public":  {string(ssh.MarshalAuthorizedKey(key)), dir + "/public is a public key, the private one is needed"},
		"junk":    {"hello\n", dir + "/junk is not a private key that ssh knows"},
		"locked":  {string(mustRead(t, locked)), "the private key " + dir + "/locked has a passphrase, and no ssh-agent holds it"},
	} {
		file := filepath.Join(dir, name)
		if test.content != "" {
			if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := s.SSH()
		c.IdentityFile = file
		conn := asConn(t, dialError(t, c), host.ConnAuth)
		if conn.Err.Error() != test.want || conn.Hint == "" {
			t.Errorf("got  %v (%s)\nwant %s", conn.Err, conn.Hint, test.want)
		}
	}
	c := s.SSH()
	c.IdentityFile = ""
	conn := asConn(t, dialError(t, c), host.ConnAuth)
	if !strings.HasPrefix(conn.Err.Error(), "there is no private key to log in with: no key in an ssh-agent, there is no private key ") {
		t.Errorf("got %v", conn.Err)
	}
}

func TestWrongIdentity(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	c := s.SSH()
	key, file := hosttest.NewIdentity(t)
	c.IdentityFile = file
	conn := asConn(t, dialError(t, c), host.ConnAuth)
	if want := "it does not accept ssh-ed25519 " + ssh.FingerprintSHA256(key) + " (" + file + ")"; conn.Err.Error() != want {
		t.Errorf("got  %v\nwant %s", conn.Err, want)
	}
	if !strings.Contains(conn.Hint, "users.users.box.openssh.authorizedKeys.keys") {
		t.Errorf("got %s", conn.Hint)
	}
	if !strings.HasPrefix(conn.Error(), "cannot log in to box@") {
		t.Errorf("got %v", conn)
	}
}

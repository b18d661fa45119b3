package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// allTypes has x/crypto's favourite last, so that only the right order of algorithms gets the listed key.
var allTypes = []string{"ed25519", "ecdsa", "rsa"}

func mustDial(t *testing.T, c host.SSH) {
	t.Helper()
	h, err := host.Dial(t.Context(), c)
	if err != nil {
		t.Error(err)
		return
	}
	if out, err := host.Run(t.Context(), h, []string{"echo", "hi"}); err != nil || string(out.Stdout) != "hi\n" {
		t.Errorf("got %q, %v", out.Stdout, err)
	}
	_ = h.Close()
}

func fingerprint(t *testing.T, line string) string {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return key.Type() + " " + ssh.FingerprintSHA256(key)
}

// knownHostsFile writes lines with the server's address in front.
func knownHostsFile(t *testing.T, c host.SSH, keys ...string) string {
	t.Helper()
	var text strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&text, "%s %s\n", knownhosts.Normalize(fmt.Sprintf("%s:%d", c.Host, c.Port)), key)
	}
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Whichever of the server's keys is recorded, in the list or in known_hosts, is the one that is asked for.
func TestRecordedKeyIsNegotiated(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{HostKeyTypes: allTypes})
	for i, kind := range allTypes {
		t.Run(kind, func(t *testing.T) {
			c := s.SSH()
			c.HostKeys = c.HostKeys[i : i+1]
			mustDial(t, c)

			c.KnownHostsFiles = []string{filepath.Join(t.TempDir(), "none"), knownHostsFile(t, c, c.HostKeys...)}
			c.HostKeys = nil
			mustDial(t, c)
		})
	}
}

func TestHostKeysAsPeoplePasteThem(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	key := s.HostKeyLines()[0]
	other := hosttest.NewServer(t, hosttest.Options{}).HostKeyLines()[0]
	for _, lines := range [][]string{
		{key}, {key + " root@box"}, {"192.168.1.15 " + key}, {"[box.lan]:2222,192.168.1.15 " + key + " a comment"},
		{"|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " + key}, {other, key}, {other + "\n" + key + "\n"},
		{"# 192.168.1.15:22 SSH-2.0-OpenSSH_10.0\n192.168.1.15 " + key + "\n"}, {"  " + strings.ReplaceAll(key, " ", "\t") + "  "},
		{strings.Fields(key)[1]},
	} {
		c := s.SSH()
		c.HostKeys = lines
		mustDial(t, c)
	}
}

func TestHostKeysThatAreNone(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	key := strings.Fields(s.HostKeyLines()[0])[1]
	for line, want := range map[string]string{
		"":                              `there is no key in the hostKeys entry ""`,
		"# only a comment":              "there is no key in the hostKeys entry",
		"ssh-ed25519":                   "holds no public key",
		"ssh-ed25519 AAAA...":           "holds no public key",
		"ssh-rsa " + key:                "says ssh-rsa, but the key is of type ssh-ed25519",
		"256 SHA256:abc root@box (ED25": "is a fingerprint, the key itself is needed",
		"@cert-authority * " + key:      "@cert-authority lines belong in a known_hosts file",
	} {
		c := s.SSH()
		c.HostKeys = []string{s.HostKeyLines()[0], line}
		err := dialError(t, c)
		asConn(t, err, host.ConnHostKey)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", line, err)
		}
	}
}

func TestWrongHostKey(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	shown := fingerprint(t, s.HostKeyLines()[0])
	for _, kind := range allTypes {
		t.Run(kind, func(t *testing.T) {
			wrong := hosttest.NewServer(t, hosttest.Options{HostKeyTypes: []string{kind}}).HostKeyLines()
			recorded := fingerprint(t, wrong[0])

			c := s.SSH()
			c.HostKeys = wrong
			err := dialError(t, c)
			conn := asConn(t, err, host.ConnHostKey)
			want := "it shows the host key " + shown + ", hostKeys has " + recorded
			if conn.Err.Error() != want || !strings.Contains(conn.Hint, s.HostKeyLines()[0]) {
				t.Errorf("got  %v (%s)\nwant %s", conn.Err, conn.Hint, want)
			}

			file := knownHostsFile(t, c, wrong...)
			c.HostKeys, c.KnownHostsFiles = nil, []string{file}
			conn = asConn(t, dialError(t, c), host.ConnHostKey)
			want = "it shows the host key " + shown + ", " + file + " line 1 has " + recorded
			if conn.Err.Error() != want {
				t.Errorf("got  %v\nwant %s", conn.Err, want)
			}
		})
	}
	if len(s.Lines()) != 0 {
		t.Errorf("it executed %q", s.Lines())
	}
}

func TestUnknownHostKey(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	c := s.SSH()
	file := filepath.Join(t.TempDir(), "known_hosts")
	c.HostKeys, c.KnownHostsFiles = nil, []string{file}
	conn := asConn(t, dialError(t, c), host.ConnHostKey)
	want := "its host key " + fingerprint(t, s.HostKeyLines()[0]) + " is neither in hostKeys nor in " + file
	if conn.Err.Error() != want {
		t.Errorf("got  %v\nwant %s", conn.Err, want)
	}
	line := fmt.Sprintf("[%s]:%d %s", s.Host, s.Port, s.HostKeyLines()[0])
	for _, part := range []string{"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", s.HostKeyLines()[0], line, file} {
		if !strings.Contains(conn.Hint, part) {
			t.Errorf("the hint lacks %q: %s", part, conn.Hint)
		}
	}
	// Following the hint helps.
	if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustDial(t, c)
}

// One of the files is out of reach, as in a sandbox: the other still decides, and if it does not the error says so.
func TestKnownHostsOutOfReach(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	c := s.SSH()
	loop := filepath.Join(t.TempDir(), "loop") // not even root can read it
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	c.KnownHostsFiles = []string{loop, knownHostsFile(t, c, c.HostKeys...)}
	c.HostKeys = nil
	mustDial(t, c)

	c.KnownHostsFiles = c.KnownHostsFiles[:1]
	if err := dialError(t, c); !strings.Contains(err.Error(), loop+" (which cannot be read: too many levels of symbolic links)") {
		t.Errorf("got %v", err)
	}
}

func TestKnownHostsTrouble(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	c := s.SSH()
	c.HostKeys = nil
	for text, want := range map[string]string{
		"box ssh-ed25519 nonsense\n":                   "line 1, which cannot be read (",
		"@revoked * " + s.HostKeyLines()[0] + "\n":     "is marked as revoked",
		"# nobody\n\notherhost " + s.HostKeyLines()[0]: "is neither in hostKeys nor in",
	} {
		file := filepath.Join(t.TempDir(), "known_hosts")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c.KnownHostsFiles = []string{file}
		if err := dialError(t, c); !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		} else {
			asConn(t, err, host.ConnHostKey)
		}
	}
}

// Another host's broken line, or a kind of key that is too new, is in nobody's way. The numbers of the other lines stay.
func TestKnownHostsBrokenLines(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	c := s.SSH()
	wrong := hosttest.NewServer(t, hosttest.Options{}).HostKeyLines()[0]
	here := fmt.Sprintf("[%s]:%d ", s.Host, s.Port)
	broken := "# comment\nbox ssh-ed25519 nonsense\nbox\n@unknown x y z\nbox ssh-new AAAAB3NzaC1uZXc=\n|1|x|y " + wrong + "\n" + strings.Repeat("x", 70_000) + "\n\x1b[2J a b\n"
	file := filepath.Join(t.TempDir(), "known_hosts")
	var warned []string
	c.HostKeys, c.KnownHostsFiles, c.Warn = nil, []string{file}, func(text string) { warned = append(warned, text) }
	write := func(line string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(broken+line), 0o600); err != nil {
			t.Fatal(err)
		}
		warned = nil
	}
	write(here + s.HostKeyLines()[0])
	mustDial(t, c)
	if len(warned) != 7 || !strings.HasPrefix(warned[0], "left out of the known hosts: "+file+" line 2, which cannot be read (") {
		t.Errorf("got %q", warned)
	}
	write(here + wrong)
	if err := dialError(t, c); !strings.Contains(err.Error(), file+" line 9 has ssh-ed25519") {
		t.Errorf("got %v", err)
	}
	write("@revoked * " + s.HostKeyLines()[0] + "\n" + here + s.HostKeyLines()[0])
	if err := dialError(t, c); !strings.Contains(err.Error(), "is marked as revoked in "+file+" line 9") {
		t.Errorf("got %v", err)
	}
	write("@cert-authority * " + wrong + "\n" + here + s.HostKeyLines()[0])
	mustDial(t, c)
}

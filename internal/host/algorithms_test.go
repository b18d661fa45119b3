package host_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// A machine that has none of our algorithms: the message says what each side has, and where to look.
func TestNothingInCommon(t *testing.T) {
	noLeaks(t)
	for name, test := range map[string]struct {
		o    hosttest.Options
		want []string // of the message
		hint string
	}{
		"key exchange": {
			hosttest.Options{Only: ssh.Config{KeyExchanges: []string{ssh.InsecureKeyExchangeDHGEXSHA1, ssh.InsecureKeyExchangeDH1SHA1}}},
			[]string{"no key exchange in common: it has diffie-hellman-group-exchange-sha1, diffie-hellman-group1-sha1; we have mlkem768x25519-sha256, curve25519-sha256"},
			"KexAlgorithms",
		},
		"cipher": {
			hosttest.Options{Only: ssh.Config{Ciphers: []string{ssh.InsecureCipherAES128CBC}}},
			[]string{"cipher in common: it has aes128-cbc; we have ", "aes128-gcm@openssh.com"},
			"Ciphers",
		},
		"mac": {
			hosttest.Options{Only: ssh.Config{Ciphers: []string{ssh.CipherAES128CTR}, MACs: []string{ssh.InsecureHMACSHA196}}},
			[]string{"MAC in common: it has hmac-sha1-96; we have hmac-sha2-256-etm@openssh.com"},
			"MACs",
		},
		"host key": {
			hosttest.Options{HostKeyTypes: []string{"ssh-rsa"}},
			[]string{"no host key in common: it has ssh-rsa; we have ", "ssh-ed25519"},
			"HostKeyAlgorithms",
		},
	} {
		s := hosttest.NewServer(t, test.o)
		_, err := host.Dial(t.Context(), s.SSH())
		conn := asConn(t, err, host.ConnDial)
		for _, want := range test.want {
			if !strings.Contains(conn.Error(), want) {
				t.Errorf("%s: got %v, want %q", name, conn, want)
			}
		}
		if !strings.Contains(conn.Hint, test.hint) {
			t.Errorf("%s: got the hint %q", name, conn.Hint)
		}
	}
}

// What only some machines have is safe all the same, and works.
func TestSeldomAlgorithms(t *testing.T) {
	noLeaks(t)
	for _, only := range []ssh.Config{
		{KeyExchanges: []string{ssh.KeyExchangeDHGEXSHA256}},
		{KeyExchanges: []string{ssh.KeyExchangeDH16SHA512}},
		{Ciphers: []string{ssh.CipherChaCha20Poly1305}},
		{Ciphers: []string{ssh.CipherAES256CTR}, MACs: []string{ssh.HMACSHA512ETM}},
	} {
		works(t, hosttest.NewServer(t, hosttest.Options{Only: only}).Dial())
	}
}

func TestCiphersFor(t *testing.T) {
	all := ssh.SupportedAlgorithms().Ciphers
	if got := host.CiphersFor(true, all); got[0] != ssh.CipherAES128GCM || len(got) != len(all) {
		t.Errorf("with AES instructions: %q", got)
	}
	if got := host.CiphersFor(false, all); got[0] != ssh.CipherChaCha20Poly1305 || len(got) != len(all) {
		t.Errorf("without: %q", got)
	}
}

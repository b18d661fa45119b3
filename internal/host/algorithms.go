package host

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/cpu"
)

// transport is what we offer: everything that is held to be safe, which OpenSSH offers too. x/crypto alone would leave
// out two key exchanges that some machines have only.
func transport() ssh.Config {
	safe := ssh.SupportedAlgorithms()
	return ssh.Config{KeyExchanges: safe.KeyExchanges, Ciphers: ciphersFor(hasAES(), safe.Ciphers), MACs: safe.MACs}
}

// ciphersFor puts first what is fast here: with instructions for AES that is AES, without them it takes twice as long as
// ChaCha20.
func ciphersFor(aes bool, all []string) []string {
	if aes {
		return all
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c == ssh.CipherChaCha20Poly1305 })
	return append([]string{ssh.CipherChaCha20Poly1305}, rest...)
}

// hasAES asks for what crypto/aes needs to be fast in Galois counter mode (crypto/tls, hasAESGCMHardwareSupport).
func hasAES() bool {
	return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ && cpu.X86.HasSSE41 && cpu.X86.HasSSSE3 ||
		cpu.ARM64.HasAES && cpu.ARM64.HasPMULL ||
		cpu.S390X.HasAES && cpu.S390X.HasAESGCM
}

// sshdOption is the setting of sshd for what the two sides have to have in common.
func sshdOption(what string) string {
	switch {
	case strings.Contains(what, "key exchange"):
		return "KexAlgorithms"
	case strings.Contains(what, "host key"):
		return "HostKey and HostKeyAlgorithms"
	case strings.Contains(what, "cipher"):
		return "Ciphers"
	case strings.Contains(what, "MAC"):
		return "MACs"
	}
	return "the algorithms"
}

// nothingInCommon says which algorithms each side has, or returns nil when err is about something else.
func (c SSH) nothingInCommon(err error) *ConnError {
	var none *ssh.AlgorithmNegotiationError
	if !errors.As(err, &none) {
		return nil
	}
	return c.connError(ConnDial, fmt.Sprintf("look at %s in the sshd_config of that machine, and allow one of ours", sshdOption(none.What)),
		fmt.Errorf("we have no %s in common: it has %s; we have %s", none.What, listed(none.RequestedAlgorithms), listed(none.SupportedAlgorithms)))
}

// listed joins names, as many as a sentence bears.
func listed(names []string) string {
	const most = 20
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { // signals in the guise of key exchanges
		return strings.HasPrefix(n, "ext-info-") || strings.HasPrefix(n, "kex-strict-")
	})
	if len(names) == 0 {
		return "none"
	}
	text := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		text += ", ..."
	}
	return shorten(text)
}

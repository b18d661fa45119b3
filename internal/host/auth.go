package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentWait is how long an ssh-agent may take to list its keys.
const agentWait = 5 * time.Second

// login holds the private keys and certificates we may log in with.
type login struct {
	ssh     SSH
	keys    []ssh.Signer
	names   []string // where each key comes from, for messages
	skipped []string // keys that cannot be used, and why
	agent   net.Conn
}

func (c SSH) login(ctx context.Context) (*login, error) {
	l := &login{ssh: c}
	var err error
	if c.IdentityFile != "" {
		err = l.addFile(ctx, c.IdentityFile)
	} else {
		l.addUsual(ctx)
	}
	if err == nil && len(l.keys) == 0 {
		err = c.connError(ConnAuth, "set identityFile to a private key that the machine accepts",
			errors.New("there is no private key to log in with: "+strings.Join(append([]string{"no key in an ssh-agent"}, l.skipped...), ", ")))
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *login) add(signer ssh.Signer, from string) {
	l.keys = append(l.keys, signer)
	l.names = append(l.names, fmt.Sprintf("%s (%s)", describeIdentity(signer.PublicKey()), from))
}

// askAgent returns the keys of the ssh-agent, if there is one that answers.
func (l *login) askAgent(ctx context.Context) []ssh.Signer {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil
	}
	dialer := net.Dialer{Timeout: agentWait}
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil
	}
	l.agent = conn
	_ = conn.SetDeadline(time.Now().Add(agentWait))
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil
	}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // for signing, which a person may have to confirm
	return signers
}

// addFile adds the one configured key and its certificates. It has to work; one with a passphrase does when the agent
// holds it.
func (l *login) addFile(ctx context.Context, file string) error {
	inAgent := l.askAgent(ctx)
	signer, err := readKey(file)
	hint := "set identityFile to a private key this process can read"
	var locked *lockedKeyError
	if errors.As(err, &locked) {
		if signer = find(inAgent, locked.public); signer != nil {
			err = nil
		}
		hint = "take the passphrase off with \"ssh-keygen -p -f " + file + "\", or run an ssh-agent that holds the key"
	}
	if err != nil {
		return l.ssh.connError(ConnAuth, hint, err)
	}
	l.addCertificates(signer, file, inAgent)
	l.add(signer, file)
	return nil
}

// addUsual adds the agent's keys and those of the usual files that exist and can be used, with their certificates.
func (l *login) addUsual(ctx context.Context) {
	inAgent := l.askAgent(ctx)
	for _, signer := range inAgent {
		l.add(signer, "ssh-agent")
	}
	for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		file := home() + "/.ssh/" + name
		signer, err := readKey(file)
		var locked *lockedKeyError
		if errors.As(err, &locked) && find(inAgent, locked.public) != nil {
			signer, err = find(inAgent, locked.public), nil
		}
		if err != nil {
			l.skipped = append(l.skipped, err.Error())
			continue
		}
		l.addCertificates(signer, file, inAgent)
		if find(inAgent, signer.PublicKey()) == nil {
			l.add(signer, file)
		}
	}
}

// lockedKeyError says that a key needs a passphrase nobody here can type.
type lockedKeyError struct {
	file   string
	public ssh.PublicKey // nil when it cannot be told
}

func (e *lockedKeyError) Error() string {
	return "the private key " + e.file + " has a passphrase, and no ssh-agent holds it"
}

// readKey reads a private key.
func readKey(file string) (ssh.Signer, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no private key %s", file)
		}
		return nil, fmt.Errorf("cannot read the private key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err == nil {
		return signer, nil
	}
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return nil, &lockedKeyError{file: file, public: publicHalf(file, locked)}
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey(pem); err == nil {
		return nil, fmt.Errorf("%s is a public key, the private one is needed", file)
	}
	return nil, fmt.Errorf("%s is not a private key that ssh knows", file)
}

// publicHalf of a locked key is inside of it or, for the older formats, in the file next to it.
func publicHalf(file string, locked *ssh.PassphraseMissingError) ssh.PublicKey {
	if locked.PublicKey != nil {
		return locked.PublicKey
	}
	line, err := os.ReadFile(file + ".pub")
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(line)
	if err != nil {
		return nil
	}
	return key
}

// find returns the signer that has this key, or nil.
func find(signers []ssh.Signer, key ssh.PublicKey) ssh.Signer {
	if key == nil {
		return nil
	}
	for _, s := range signers {
		if bytes.Equal(s.PublicKey().Marshal(), key.Marshal()) {
			return s
		}
	}
	return nil
}

// signers is the callback of the handshake.
func (l *login) signers() ([]ssh.Signer, error) { return l.keys, nil }

// failed says that the machine, which is the right one, does not let us in.
func (l *login) failed(err error) *ConnError {
	hint := fmt.Sprintf("add the public key to the authorized keys of %s there (users.users.%s.openssh.authorizedKeys.keys = [ %q ]), and check that sshd there lets %s in",
		l.ssh.User, l.ssh.User, marshalKey(plainKey(l.keys[0].PublicKey())), l.ssh.User)
	if len(l.keys) > 5 {
		hint = "set identityFile: sshd gives up after six keys, and we have more"
	}
	what := "does not accept " + strings.Join(l.names, " nor ")
	if cause := plainCause(err); !strings.Contains(cause.Error(), "unable to authenticate") {
		what += " (" + cause.Error() + ")"
	}
	return l.ssh.connError(ConnAuth, hint, errors.New("it "+what))
}

func (l *login) close() {
	if l.agent != nil {
		_ = l.agent.Close()
	}
}

// Package hosttest is an ssh server inside the test process that really executes commands, with sh -c as sshd does,
// and a proxy that can freeze or cut a connection. Tests of everything that talks to another machine use it.
package hosttest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/zfsrep/zfsrep/internal/host"
)

// Options change how a [Server] behaves. The zero value is an ordinary sshd.
type Options struct {
	HostKeyTypes []string      // "ed25519", "ecdsa", "rsa", "ssh-rsa" (with SHA-1 only); nil is ed25519 only
	MaxSessions  int           // per connection; 0 is 10, as in sshd
	Env          []string      // added to the environment of commands, for example a PATH with a zfs of the test's own
	Authority    ssh.PublicKey // lets in whoever has a certificate by it for the user, and nobody else
	NoExec       bool          // log in, but refuse to execute anything
	Silent       bool          // log in, but never answer to a command
	NoStatus     bool          // close the channel without an exit status
	IgnoreSignal bool          // do not pass signals on, as sshd cannot when the command runs under sudo
	RekeyEvery   uint64        // change the session keys after so many bytes; 0 is what x/crypto does
	Only         ssh.Config    // the algorithms it has; nil fields are what x/crypto has

	// Exec, if set, executes command lines instead of sh -c: a simulated machine. It gives the exit status.
	Exec func(line string, stdin io.Reader, stdout, stderr io.Writer) int
}

// Server listens on a loopback port until the test ends.
type Server struct {
	Host string
	Port int

	o        Options
	t        testing.TB
	config   *ssh.ServerConfig
	listener net.Listener
	hostKeys []ssh.PublicKey
	identity string

	mu    sync.Mutex
	conns map[net.Conn]bool
	lines []string
	pids  []int
	peak  int
	gone  sync.WaitGroup
}

// NewServer starts a server with new host keys and one new client key.
func NewServer(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{o: o, t: t, conns: map[net.Conn]bool{}}
	if s.o.MaxSessions == 0 {
		s.o.MaxSessions = 10
	}
	var client ssh.PublicKey
	client, s.identity = NewIdentity(t)
	s.config = &ssh.ServerConfig{PublicKeyCallback: func(conn ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if slices.Equal(key.Marshal(), client.Marshal()) && o.Authority == nil {
			return &ssh.Permissions{}, nil
		}
		checker := ssh.CertChecker{IsUserAuthority: func(key ssh.PublicKey) bool {
			return o.Authority != nil && slices.Equal(key.Marshal(), o.Authority.Marshal())
		}}
		return checker.Authenticate(conn, key)
	}}
	s.config.Config = o.Only
	s.config.RekeyThreshold = o.RekeyEvery
	if o.HostKeyTypes == nil {
		o.HostKeyTypes = []string{"ed25519"}
	}
	for _, kind := range o.HostKeyTypes {
		signer := newSigner(t, kind)
		s.config.AddHostKey(signer)
		s.hostKeys = append(s.hostKeys, signer.PublicKey())
	}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	addr := s.listener.Addr().(*net.TCPAddr)
	s.Host, s.Port = addr.IP.String(), addr.Port
	s.gone.Add(1)
	go s.accept()
	t.Cleanup(s.Close)
	return s
}

// SSH returns what reaches and trusts this server.
func (s *Server) SSH() host.SSH {
	return host.SSH{
		Host: s.Host, Port: s.Port, User: "box", IdentityFile: s.identity, HostKeys: s.HostKeyLines(),
		KnownHostsFiles: []string{}, // not those of whoever runs the tests
	}
}

// Dial connects to the server and closes the connection when the test ends.
func (s *Server) Dial() host.Host {
	s.t.Helper()
	h, err := host.Dial(s.t.Context(), s.SSH())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = h.Close() })
	return h
}

// HostKeyLines are the server's keys, "ssh-ed25519 AAAA...", in the order of the options.
func (s *Server) HostKeyLines() []string {
	var lines []string
	for _, key := range s.hostKeys {
		lines = append(lines, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))))
	}
	return lines
}

// Lines returns the command lines executed so far, as they came.
func (s *Server) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// PeakSessions returns the most sessions that were open on one connection at once.
func (s *Server) PeakSessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// Cut breaks all connections, as a crash of the machine's network would once it is noticed.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		reset(conn)
	}
}

// NewIdentity makes a client key and writes it to a file.
func NewIdentity(t testing.TB) (ssh.PublicKey, string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "hosttest")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key, file
}

func newSigner(t testing.TB, kind string) ssh.Signer {
	t.Helper()
	var key any
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa", "ssh-rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no such host key type: %s", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err == nil && kind == "ssh-rsa" {
		signer, err = ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

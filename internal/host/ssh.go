package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// SSH says how to reach a machine and how to know that it is the right one.
type SSH struct {
	Host string // name, IPv4 or IPv6 address, with or without brackets
	Port int    // 0 means 22
	User string // "" means root

	// IdentityFile is a private key, the only one offered; before it its certificates are, from the file beside it
	// (-cert.pub) and from the ssh-agent. Without one, the ssh-agent's keys and then the usual files in ~/.ssh are.
	IdentityFile string
	// HostKeys are the machine's public host keys, one of which it must show: "ssh-ed25519 AAAA...", also with
	// a host pattern before it or a comment behind it, as ssh-keyscan and known_hosts files have them. When there
	// are none, KnownHostsFiles decide. A key found in neither is refused; nothing is trusted on first use.
	HostKeys []string
	// KnownHostsFiles are ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts when nil. Missing ones are skipped.
	KnownHostsFiles []string

	// Warn is told what is odd but in nobody's way: a line of a known_hosts file that cannot be read. It may be nil.
	Warn func(text string)

	ConnectTimeout time.Duration // for everything up to a usable connection; 0 means 30 s
	// KeepAlive is how often the machine is asked whether it is still there; 0 means 15 s. A connection over
	// which nothing came for two to three times as long counts as lost.
	KeepAlive time.Duration
}

// Dial connects and logs in. Every command then runs over this one connection. When it is lost, all of them end
// with a *ConnError, and so does every further Start: the caller decides whether to [Redial].
//
// ctx and ConnectTimeout bound the dialling only. Errors: *ConnError, or the context's.
func Dial(ctx context.Context, c SSH) (Host, error) {
	c = c.withDefaults()
	client, conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return newSSHHost(c, client, conn), nil
}

func (c SSH) dial(ctx context.Context) (*ssh.Client, *listener, error) {
	keys, err := c.hostKeyCheck()
	if err != nil {
		return nil, nil, err
	}
	within, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	login, err := c.login(within)
	if err != nil {
		return nil, nil, err
	}
	defer login.close()

	var dialer net.Dialer
	conn, err := dialer.DialContext(within, "tcp", c.addr())
	if ctx.Err() != nil {
		if err == nil {
			_ = conn.Close()
		}
		return nil, nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, c.dialError(err)
	}
	shallowQueue(conn)
	heard := &listener{Conn: conn}
	client, err := c.handshake(within, heard, keys, login)
	if ctx.Err() != nil {
		if err == nil {
			_ = client.Close()
		}
		return nil, nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, c.handshakeError(within, err, keys, login)
	}
	return client, heard, nil
}

// handshake does all that follows the TCP connection, and closes that when it takes too long or fails.
func (c SSH) handshake(ctx context.Context, conn net.Conn, keys *hostKeyCheck, login *login) (*ssh.Client, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	sc, chans, reqs, err := ssh.NewClientConn(conn, c.addr(), &ssh.ClientConfig{
		Config:            transport(),
		User:              c.User,
		Auth:              []ssh.AuthMethod{ssh.PublicKeysCallback(login.signers)},
		HostKeyCallback:   keys.check,
		HostKeyAlgorithms: keys.algorithms(),
	})
	if err != nil {
		stop()
		return nil, err
	}
	client := ssh.NewClient(sc, chans, reqs)
	if !stop() {
		_ = client.Close()
		return nil, ctx.Err()
	}
	return client, nil
}

func (c SSH) withDefaults() SSH {
	c.Host = strings.TrimSuffix(strings.TrimPrefix(c.Host, "["), "]")
	if c.Port == 0 {
		c.Port = 22
	}
	if c.User == "" {
		c.User = "root"
	}
	if c.KnownHostsFiles == nil {
		c.KnownHostsFiles = []string{home() + "/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"}
	}
	if c.ConnectTimeout <= 0 {
		c.ConnectTimeout = 30 * time.Second
	}
	if c.KeepAlive <= 0 {
		c.KeepAlive = 15 * time.Second
	}
	return c
}

// home also works in a systemd service, where HOME may be missing.
func home() string {
	if dir := os.Getenv("HOME"); dir != "" {
		return dir
	}
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return "/root"
}

func (c SSH) warn(text string) {
	if c.Warn != nil {
		c.Warn(text)
	}
}

func (c SSH) addr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// name is "box@192.168.1.15", with the port only when it is not ssh's.
func (c SSH) name() string {
	if c.Port == 22 {
		return c.User + "@" + c.Host
	}
	return c.User + "@" + c.addr()
}

func (c SSH) connError(kind ConnKind, hint string, err error) *ConnError {
	return &ConnError{Host: c.name(), Kind: kind, Err: harmlessError{err}, Hint: hint}
}

// dialError says in plain words why there is no TCP connection.
func (c SSH) dialError(err error) *ConnError {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return c.connError(ConnDial, "check remoteHost, or give its address", fmt.Errorf("there is no host named %s", c.Host))
	case errors.As(err, &dns):
		return c.connError(ConnDial, "check the name servers of this machine", fmt.Errorf("cannot look up %s: %w", c.Host, dns))
	case errors.Is(err, syscall.ECONNREFUSED):
		return c.connError(ConnDial, "check that sshd runs there and that remotePort is its port",
			fmt.Errorf("port %d refuses connections", c.Port))
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return c.connError(ConnDial, "check that the machine is on and that the network reaches it",
			fmt.Errorf("there is no route to %s", c.Host))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return c.connError(ConnDial, "check that the machine is on and that no firewall drops the connection",
			fmt.Errorf("no answer from port %d within %s", c.Port, c.ConnectTimeout))
	}
	return c.connError(ConnDial, "", err)
}

// handshakeError tells by how far the handshake came what kind of error it is.
func (c SSH) handshakeError(ctx context.Context, err error, keys *hostKeyCheck, login *login) *ConnError {
	timedOut := ctx.Err() != nil
	if none := c.nothingInCommon(err); none != nil {
		return none
	}
	switch {
	case keys.refusal != nil:
		return keys.refusal
	case timedOut && keys.passed:
		return c.connError(ConnAuth, "check the load and the logs of sshd there",
			fmt.Errorf("the login was not done within %s", c.ConnectTimeout))
	case timedOut:
		return c.connError(ConnDial, "check that remotePort is the port of sshd, and that sshd is not overloaded",
			fmt.Errorf("port %d accepts the connection but does not answer with ssh within %s", c.Port, c.ConnectTimeout))
	case keys.passed:
		return login.failed(err)
	}
	return c.connError(ConnDial, "check that remotePort is the port of sshd, and that sshd there does not turn us away (MaxStartups, PerSourcePenalties, fail2ban)",
		fmt.Errorf("port %d ends the connection before ssh is set up: %w", c.Port, plainCause(err)))
}

// plainCause strips the layers x/crypto puts around an error, none of which help a reader.
func plainCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil || !strings.HasPrefix(err.Error(), "ssh: handshake failed") {
			return err
		}
		err = next
	}
}

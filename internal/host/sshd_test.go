package host_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// sshd passes no signals to the commands of root, only closes their pipes: nothing in the tests for it may depend on
// more. echoPid is a command that runs until its input is closed, as zfs receive does.
func echoPid(t *testing.T, ctx context.Context, h host.Host) (host.Process, int) {
	t.Helper()
	p, err := h.Start(ctx, sh("echo $$; exec cat"))
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Stdin() // stays open
	return p, readPid(t, p.Stdout())
}

// startSSHD runs a real OpenSSH server as the user of the test, with options of its own. ZFSREP_SSHD names it; as root it
// needs what sshd needs then, the user sshd and /run/sshd.
func startSSHD(t testing.TB, options ...string) host.SSH {
	t.Helper()
	sshd := os.Getenv("ZFSREP_SSHD")
	if sshd == "" {
		t.Skip("ZFSREP_SSHD does not name an sshd")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	client, identity := hosttest.NewIdentity(t)
	hostKey, hostKeyFile := hosttest.NewIdentity(t)
	authorized := filepath.Join(dir, "authorized_keys")
	port := freePort(t)
	config := filepath.Join(dir, "sshd_config")
	for file, text := range map[string]string{
		authorized: string(ssh.MarshalAuthorizedKey(client)),
		config: fmt.Sprintf("ListenAddress 127.0.0.1:%d\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nPermitRootLogin yes\n"+
			"PidFile none\nUsePAM no\nAcceptEnv LC_ALL\n%s\n", port, hostKeyFile, authorized, strings.Join(options, "\n")),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(sshd, "-D", "-e", "-f", config)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("sshd said:\n%s", text)
		}
	})
	waitForPort(t, port)
	return host.SSH{
		Host: "127.0.0.1", Port: port, User: me.Username, IdentityFile: identity, KnownHostsFiles: []string{},
		HostKeys: []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(hostKey)))}, KeepAlive: time.Second,
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func waitForPort(t testing.TB, port int) {
	t.Helper()
	for end := time.Now().Add(bound); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = conn.Close()
			return
		}
	}
	t.Fatal("sshd does not listen")
}

// TestRealSSHD holds what the test server imitates against the real one.
func TestRealSSHD(t *testing.T) {
	h, err := host.Dial(t.Context(), startSSHD(t, "MaxSessions 2", "RekeyLimit 16M"))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()

	t.Run("output and exit status", func(t *testing.T) {
		out, err := host.Run(t.Context(), h, sh(`printf %s "$LC_ALL"; echo err >&2; exit 3`))
		if exit := asExit(t, err); exit.Code != 3 || string(out.Stdout) != "C" || out.Stderr != "err\n" {
			t.Errorf("got %q, %q, %v", out.Stdout, out.Stderr, err)
		}
	})
	t.Run("signal", func(t *testing.T) {
		_, err := host.Run(t.Context(), h, []string{"kill", "-KILL", "0"})
		if exit := asExit(t, err); exit.Signal != "KILL" {
			t.Errorf("got %#v", exit)
		}
	})
	t.Run("no such program", func(t *testing.T) {
		_, err := host.Run(t.Context(), h, []string{"zfsrep-no-such-program"})
		if exit := asExit(t, err); exit.Code != 127 {
			t.Errorf("got %#v", exit)
		}
	})
	t.Run("cancel", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, pid := echoPid(t, ctx, h)
		cancel()
		if err := soon(t, "Wait", p.Wait); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		isGone(t, pid)
	})
	t.Run("a command that nothing ends", func(t *testing.T) {
		_, err := within(t, h, sh("trap '' TERM HUP; sleep 15"), host.Limits{Time: time.Second})
		if asTimeout(t, err); !strings.Contains(err.Error(), "it may still run there") {
			t.Errorf("got %v", err)
		}
		if _, err := within(t, h, []string{"true"}, host.Limits{}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
	t.Run("MaxSessions 2", func(t *testing.T) {
		errs := make(chan error)
		for range 20 {
			go func() {
				_, err := host.Run(t.Context(), h, []string{"sleep", "0.02"})
				errs <- err
			}()
		}
		for range 20 {
			if err := soon(t, "Run", func() error { return <-errs }); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("one after the other", func(t *testing.T) {
		busy, cancel := context.WithCancel(t.Context())
		defer cancel()
		echoPid(t, busy, h) // so that each of these needs the slot of the one before
		for range 50 {
			if _, err := host.Run(t.Context(), h, []string{"true"}); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("pipe", func(t *testing.T) {
		const size = 64 << 20
		r := pipe(t, t.Context(), host.Local(), []string{"head", "-c", fmt.Sprint(size), "/dev/zero"}, h, sh("wc -c >&2"), host.PipeOptions{Stall: bound})
		if r.Err() != nil || strings.TrimSpace(r.ToStderr) != fmt.Sprint(size) {
			t.Errorf("got %#v", r)
		}
		r = pipe(t, t.Context(), h, []string{"head", "-c", fmt.Sprint(size), "/dev/zero"}, host.Local(), sh("wc -c >&2"), host.PipeOptions{Stall: bound})
		if r.Err() != nil || strings.TrimSpace(r.ToStderr) != fmt.Sprint(size) {
			t.Errorf("got %#v", r)
		}
	})
	t.Run("receiver refuses", func(t *testing.T) {
		r := pipe(t, t.Context(), host.Local(), []string{"yes"}, h, sh("echo no >&2; exit 1"), host.PipeOptions{})
		if exit := asExit(t, r.Err()); exit.Host != h.Name() || r.ToStderr != "no\n" {
			t.Errorf("got %#v", r)
		}
	})
	t.Run("sender ends late and unheard", func(t *testing.T) {
		r := pipe(t, t.Context(), h, sh("echo $$ >&2; exec yes"), host.Local(), sh("exit 1"), host.PipeOptions{})
		if exit := asExit(t, r.Err()); exit.Host != "this machine" {
			t.Errorf("got %#v", r)
		}
		isGone(t, readPid(t, strings.NewReader(r.FromStderr)))
	})
	t.Run("idle", func(t *testing.T) {
		time.Sleep(4 * time.Second) // longer than three keepalives
		if _, err := host.Run(t.Context(), h, []string{"true"}); err != nil {
			t.Error(err)
		}
	})
}

// A remote command that neither a signal nor a closed pipe ends is given up, and said to be so.
func TestRealSSHDReceiverHangs(t *testing.T) {
	h, err := host.Dial(t.Context(), startSSHD(t))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r := pipe(t, t.Context(), host.Local(), []string{"yes"}, h, sh("echo $$ >&2; exec sleep 20"), host.PipeOptions{Stall: time.Second})
	var stalled *host.StalledError
	if !errors.As(r.Err(), &stalled) {
		t.Errorf("got %#v", r)
	}
	t.Log(r.To)
}

// The sshd that serves us is killed in the middle of a stream.
func TestRealSSHDKilled(t *testing.T) {
	h, err := host.Dial(t.Context(), startSSHD(t))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	r := pipe(t, t.Context(), host.Local(), []string{"yes"}, h,
		sh(`sleep 0.5; p=$PPID; case $(cat /proc/$p/comm) in sshd*) ;; *) p=$(ps -o ppid= -p $p) ;; esac; kill -9 $p; cat >/dev/null`), host.PipeOptions{})
	asConn(t, r.Err(), host.ConnLost)
	t.Log(r.Err())
	if err := host.Redial(t.Context(), h, 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	works(t, h)
}

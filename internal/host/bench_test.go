package host_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

func BenchmarkPipe(b *testing.B) {
	const size = 1 << 30
	for name, remote := range map[string]bool{"local-local": false, "local-ssh": true} {
		b.Run(name, func(b *testing.B) {
			to := host.Local()
			if remote {
				to = hosttest.NewServer(b, hosttest.Options{}).Dial()
			}
			b.SetBytes(size)
			for b.Loop() {
				r := host.Pipe(b.Context(), host.Local(), []string{"head", "-c", fmt.Sprint(size), "/dev/zero"}, to,
					sh("cat >/dev/null"), host.PipeOptions{Stall: bound})
				if r.Err() != nil {
					b.Fatal(r.Err())
				}
			}
		})
	}
}

// BenchmarkPipeFar shows what the fixed channel window costs on a long way.
func BenchmarkPipeFar(b *testing.B) {
	for _, rtt := range []time.Duration{10 * time.Millisecond, 50 * time.Millisecond} {
		b.Run(rtt.String(), func(b *testing.B) {
			const size = 64 << 20
			s := hosttest.NewServer(b, hosttest.Options{})
			to, err := host.Dial(b.Context(), hosttest.NewProxy(b, s, rtt/2).Through(s.SSH()))
			if err != nil {
				b.Fatal(err)
			}
			defer to.Close()
			b.SetBytes(size)
			for b.Loop() {
				r := host.Pipe(b.Context(), host.Local(), []string{"head", "-c", fmt.Sprint(size), "/dev/zero"}, to,
					sh("cat >/dev/null"), host.PipeOptions{})
				if r.Err() != nil {
					b.Fatal(r.Err())
				}
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	s := hosttest.NewServer(b, hosttest.Options{})
	far, err := host.Dial(b.Context(), hosttest.NewProxy(b, s, 10*time.Millisecond).Through(s.SSH()))
	if err != nil {
		b.Fatal(err)
	}
	defer far.Close()
	for name, h := range map[string]host.Host{"local": host.Local(), "ssh": s.Dial(), "ssh 20ms away": far} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := host.Run(b.Context(), h, []string{"true"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDial(b *testing.B) {
	s := hosttest.NewServer(b, hosttest.Options{})
	for b.Loop() {
		h, err := host.Dial(b.Context(), s.SSH())
		if err != nil {
			b.Fatal(err)
		}
		_ = h.Close()
	}
}

// BenchmarkRealSSHD is a command and a gigabyte over OpenSSH, see startSSHD, and the gigabyte once more through OpenSSH's own
// client with the same cipher. On a busy machine the processor time of this end tells more than the throughput does. With
// GODEBUG=cpu.aes=off and OPENSSL_ia32cap="~0x200000200000000" it is what a machine without AES instructions does.
func BenchmarkRealSSHD(b *testing.B) {
	c := startSSHD(b)
	h, err := host.Dial(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	b.Run("run", func(b *testing.B) {
		for b.Loop() {
			if _, err := host.Run(b.Context(), h, []string{"true"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	const size = 1 << 30
	send := []string{"head", "-c", fmt.Sprint(size), "/dev/zero"}
	gigabyte := func(name string, move func(b *testing.B) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			before := processorTime(b)
			for b.Loop() {
				if err := move(b); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
	gigabyte("push", func(b *testing.B) error {
		return host.Pipe(b.Context(), host.Local(), send, h, sh("cat >/dev/null"), host.PipeOptions{}).Err()
	})
	gigabyte("pull", func(b *testing.B) error {
		return host.Pipe(b.Context(), h, send, host.Local(), sh("cat >/dev/null"), host.PipeOptions{}).Err()
	})
	ssh := openSSH(b, c)
	gigabyte("push by ssh", func(b *testing.B) error {
		return exec.Command("sh", "-c", host.Quote(send)+" | "+ssh+" 'cat >/dev/null'").Run()
	})
	gigabyte("pull by ssh", func(b *testing.B) error {
		return exec.Command("sh", "-c", ssh+" "+host.Quote([]string{host.Quote(send)})+" | cat >/dev/null").Run()
	})
}

// processorTime is what this process and those that it has waited for have used.
func processorTime(b *testing.B) (sum time.Duration) {
	b.Helper()
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// openSSH is the command line of OpenSSH's client for the same machine and our first cipher.
func openSSH(b *testing.B, c host.SSH) string {
	b.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		b.Skip("there is no ssh")
	}
	known := filepath.Join(b.TempDir(), "known_hosts")
	if err := os.WriteFile(known, []byte(fmt.Sprintf("[%s]:%d %s\n", c.Host, c.Port, c.HostKeys[0])), 0o600); err != nil {
		b.Fatal(err)
	}
	return host.Quote([]string{"ssh", "-F", "none", "-p", fmt.Sprint(c.Port), "-i", c.IdentityFile, "-o", "UserKnownHostsFile=" + known,
		"-c", host.Transport().Ciphers[0], c.User + "@" + c.Host})
}

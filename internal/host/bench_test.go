package host_test

import (
	"fmt"
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

// BenchmarkRealSSHD is a command and a gigabyte over OpenSSH, see startSSHD.
func BenchmarkRealSSHD(b *testing.B) {
	h, err := host.Dial(b.Context(), startSSHD(b))
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
	b.Run("pipe", func(b *testing.B) {
		const size = 1 << 30
		b.SetBytes(size)
		for b.Loop() {
			r := host.Pipe(b.Context(), host.Local(), []string{"head", "-c", fmt.Sprint(size), "/dev/zero"}, h, sh("cat >/dev/null"), host.PipeOptions{})
			if r.Err() != nil {
				b.Fatal(r.Err())
			}
		}
	})
}

package host

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// widenPipe gives a pipe the largest buffer an ordinary user may ask for, so that zfs and we take turns less
// often. Failing is harmless.
func widenPipe(f *os.File) {
	const size = 1 << 20
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, size) })
	}
}

// shallowQueue keeps what the kernel has not sent yet of a connection small. A signal for a command or a
// keepalive would otherwise wait behind megabytes of stream on a slow uplink. Failing is harmless.
func shallowQueue(conn net.Conn) {
	const most = 512 << 10
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, most)
		})
	}
}

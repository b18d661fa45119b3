package host_test

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
)

// What moves is told, but not more often than is of use.
func TestWatchdog(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@zfsrep-" + t.Name() + time.Now().Format("150405.000000")} {
		manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer manager.Close()
		dog := host.NewWatchdog(name)
		for range 1000 {
			dog.Moved(90 * time.Second)
		}
		heard := make([]byte, 100)
		_ = manager.SetReadDeadline(time.Now().Add(bound))
		n, err := manager.Read(heard)
		if err != nil || string(heard[:n]) != "EXTEND_TIMEOUT_USEC=90000000" {
			t.Errorf("heard %q, %v", heard[:n], err)
		}
		_ = manager.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if n, err := manager.Read(heard); err == nil {
			t.Errorf("heard %q as well", heard[:n])
		}
	}
}

// Where nobody listens, nothing is told.
func TestWatchdogAlone(t *testing.T) {
	var none *host.Watchdog
	none.Moved(time.Second)
	host.NewWatchdog("").Moved(time.Second)
	host.NewWatchdog("/nonexistent/notify").Moved(time.Second)
}

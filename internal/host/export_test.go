package host

import "time"

// SetSessionWait shortens how long a command waits for a session.
func SetSessionWait(h Host, d time.Duration) { h.(*sshHost).sessionWait = d }

package host

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ExitError says that a command ran and ended otherwise than with exit status 0.
type ExitError struct {
	Host   string   // the machine's name, see [Host.Name]
	Argv   []string // what was run
	Code   int      // exit status; -1 when a signal ended it; 127 when there is no such program
	Signal string   // "TERM", "PIPE", ...: the signal that ended it, or ""
	Stderr string   // the last 64 KiB of what it said on standard error
	Stdout string   // the beginning of what it printed, if it said nothing on standard error; from [Run] only
}

// Error names the command, the machine, the way it ended and the end of what it said.
func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit status %d", e.Code)
	if e.Signal != "" {
		how = "ended by SIG" + e.Signal
	}
	text := fmt.Sprintf("cannot complete %q on %s: %s", shorten(Quote(e.Argv)), e.Host, how)
	if said := lastWords(e.Stderr); said != "" {
		text += ": " + said
	} else if e.Stdout != "" {
		text += ": it printed " + strconv.Quote(e.Stdout)
	}
	return text
}

// Exited reports whether err says that a command ended with this exit status.
func Exited(err error, code int) bool {
	var exit *ExitError
	return errors.As(err, &exit) && exit.Code == code
}

// ConnKind is what went wrong with a connection.
type ConnKind int

// The kinds of a [ConnError].
const (
	ConnDial    ConnKind = iota + 1 // nobody answers, or not with ssh
	ConnHostKey                     // the host key is unknown, or not the recorded one
	ConnAuth                        // no usable private key, or none the machine accepts
	ConnRefused                     // logged in, but the machine starts no commands for us
	ConnLost                        // the connection broke
)

// String returns "dial", "hostkey", "auth", "refused" or "lost".
func (k ConnKind) String() string {
	switch k {
	case ConnDial:
		return "dial"
	case ConnHostKey:
		return "hostkey"
	case ConnAuth:
		return "auth"
	case ConnRefused:
		return "refused"
	case ConnLost:
		return "lost"
	}
	return fmt.Sprintf("ConnKind(%d)", int(k))
}

// ConnError says that a machine cannot be reached, trusted or logged in to, or that the connection broke.
// Nothing is known about how a command ended that ran over a lost connection.
type ConnError struct {
	Host string // the machine's name, see [Host.Name]
	Kind ConnKind
	Err  error  // what happened, in plain words
	Hint string // a way out, for people; may be empty
}

// Error says what happened. The hint is not part of it, see [Hint].
func (e *ConnError) Error() string {
	doing := map[ConnKind]string{
		ConnDial:    "cannot reach",
		ConnHostKey: "cannot trust",
		ConnAuth:    "cannot log in to",
		ConnRefused: "cannot run commands on",
		ConnLost:    "lost the connection to",
	}[e.Kind]
	return fmt.Sprintf("%s %s: %v", doing, e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *ConnError) Unwrap() error { return e.Err }

// Hint returns the way out that an error of this package knows, or "".
func Hint(err error) string {
	var conn *ConnError
	if errors.As(err, &conn) {
		return conn.Hint
	}
	return ""
}

// StalledError says that a [Pipe] was ended because nothing moved in it, or because the receiver of a complete stream
// did not come to its end.
type StalledError struct {
	From, To string        // names of the machines
	After    time.Duration // how long nothing moved
	Bytes    int64         // how much had been moved before
	Waiting  string        // for what: "the sender" or "the receiver"
	Complete bool          // the sender had succeeded, and all of its stream had been given to the receiver
}

// Error says between which machines, for how long and what was waited for.
func (e *StalledError) Error() string {
	if e.Complete {
		return fmt.Sprintf("the receiver on %s did not end within %s after the whole stream from %s, %d bytes",
			e.To, e.After, e.From, e.Bytes)
	}
	return fmt.Sprintf("cannot go on sending from %s to %s: nothing moved for %s after %d bytes, waiting for %s",
		e.From, e.To, e.After, e.Bytes, e.Waiting)
}

// shorten keeps a command line readable inside a sentence.
func shorten(line string) string {
	const most = 200
	if len(line) <= most {
		return line
	}
	return strings.ToValidUTF8(line[:most], "") + "..."
}

// lastWords is the end of what a command said, on one line.
func lastWords(stderr string) string {
	const most = 500
	var lines []string
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, "; ")
	if len(text) > most {
		text = "..." + lastBytes(text, most)
	}
	return text
}

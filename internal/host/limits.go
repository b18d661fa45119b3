package host

import (
	"fmt"
	"time"
)

// Limits bound a command that is run by itself, see [RunWithin].
type Limits struct {
	Time   time.Duration // until the command has ended; 0 is DefaultTime
	Output int64         // bytes on standard output; 0 is DefaultOutput
}

// The limits of a command of which nothing is known are more than any should need, but not for ever.
const (
	DefaultTime   = time.Hour
	DefaultOutput = 256 << 20
)

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = DefaultTime
	}
	if l.Output <= 0 {
		l.Output = DefaultOutput
	}
	return l
}

// TimeoutError says that a command did not end in time. It was ended, or given up where nothing ends it.
type TimeoutError struct {
	Host  string // the machine's name, see [Host.Name]
	Argv  []string
	After time.Duration
}

// Error says which command, on which machine, and how long it was waited for.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("%q on %s did not answer within %s", shorten(Quote(e.Argv)), e.Host, e.After)
}

// TooMuchError says that a command printed more than it may.
type TooMuchError struct {
	Host  string // the machine's name, see [Host.Name]
	Argv  []string
	Limit int64 // bytes
}

// Error says which command, on which machine, and how much it may print.
func (e *TooMuchError) Error() string {
	return fmt.Sprintf("%q on %s prints more than %d bytes", shorten(Quote(e.Argv)), e.Host, e.Limit)
}

package host

import (
	"context"
	"slices"
	"sync"
)

// Counter is a Host that remembers what it was asked to start. Tests hold us to a constant number of commands
// with it.
type Counter struct {
	host Host

	mu   sync.Mutex
	argv [][]string
}

var _ Host = (*Counter)(nil)

// Counting wraps h.
func Counting(h Host) *Counter { return &Counter{host: h} }

// Name is the wrapped host's.
func (c *Counter) Name() string { return c.host.Name() }

// Start remembers argv, whether or not it can be started, and passes it on.
func (c *Counter) Start(ctx context.Context, argv []string) (Process, error) {
	c.mu.Lock()
	c.argv = append(c.argv, slices.Clone(argv))
	c.mu.Unlock()
	return c.host.Start(ctx, argv)
}

// Close closes the wrapped host.
func (c *Counter) Close() error { return c.host.Close() }

// Count returns how many commands were asked for.
func (c *Counter) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.argv)
}

// Commands returns the argument vectors in the order they were asked for.
func (c *Counter) Commands() [][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.argv)
}

// Reset forgets everything so far.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.argv = nil
}

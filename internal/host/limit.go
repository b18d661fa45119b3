package host

import (
	"context"

	"golang.org/x/time/rate"
)

// Limiter bounds bytes per second. Several pipes may share one. A nil Limiter bounds nothing.
type Limiter struct {
	limit *rate.Limiter
	chunk int // the most a pipe moves at once
}

// NewLimiter returns a limiter, or nil when bytesPerSecond is 0 or less.
func NewLimiter(bytesPerSecond int64) *Limiter {
	if bytesPerSecond <= 0 {
		return nil
	}
	chunk := int(min(max(bytesPerSecond/10, 1), bufferSize)) // ten steps a second and more, for an even flow
	return &Limiter{limit: rate.NewLimiter(rate.Limit(bytesPerSecond), chunk), chunk: chunk}
}

// most cuts a buffer to what may be moved at once.
func (l *Limiter) most(buf []byte) []byte {
	if l == nil {
		return buf
	}
	return buf[:l.chunk]
}

// wait blocks until n bytes more are allowed, or ctx is done. A deadline that is too near for n bytes is waited for
// all the same: it is why the transfer ends.
func (l *Limiter) wait(ctx context.Context, n int) error {
	if l == nil {
		return nil
	}
	if err := l.limit.WaitN(ctx, n); err != nil {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return nil
}

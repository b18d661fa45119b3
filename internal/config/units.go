package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	durationHint = `write "30s", "5m", "12h", "30d", "2w" or "1y", or several in a row: "1h30m"`
	sizeHint     = `write "50M" (binary: K, M, G, T; bytes per second, not bits), or a number of bytes`
)

// timeUnits are the units of durations, the largest first.
var timeUnits = []struct {
	name string
	long time.Duration
}{{"y", 365 * day}, {"w", 7 * day}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

var (
	durationForm = regexp.MustCompile(`^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$`)
	sizeForm     = regexp.MustCompile(`^(\d+)(?:B?|(?:\.(\d))?([KMGT])(?:iB|B)?)$`)
)

// ParseDuration reads "30d", "12h", "90s", "2w", "1y" (365 days) or several of them in a row, the largest first; and
// whatever else [time.ParseDuration] reads. A duration is longer than zero.
func ParseDuration(s string) (time.Duration, error) {
	parts := durationForm.FindStringSubmatch(s)
	if parts == nil || s == "" {
		d, err := time.ParseDuration(s)
		if err != nil || strings.TrimLeft(s, "+-") != s {
			return 0, fmt.Errorf("cannot read %s as a duration", quote(s))
		}
		return positive(s, d)
	}
	var sum time.Duration
	for i, digits := range parts[1:] {
		if digits == "" {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n > int64((math.MaxInt64-sum)/timeUnits[i].long) {
			return 0, fmt.Errorf("cannot take %s: longer than 292 years", quote(s))
		}
		sum += time.Duration(n) * timeUnits[i].long
	}
	return positive(s, sum)
}

func positive(s string, d time.Duration) (time.Duration, error) {
	if d <= 0 {
		return 0, fmt.Errorf("must be longer than nothing, not %s", quote(s))
	}
	return d, nil
}

// FormatDuration writes d in the largest unit up to days that fits it: "30d", "90m". [ParseDuration] reads it back.
func FormatDuration(d time.Duration) string {
	for _, u := range timeUnits[2:] {
		if d != 0 && d%u.long == 0 {
			return fmt.Sprintf("%d%s", d/u.long, u.name)
		}
	}
	return d.String()
}

// ParseSize reads "50M", "1.5G", "512KiB" or "1000" as bytes. Units are binary, as zfs prints them.
func ParseSize(s string) (int64, error) {
	parts := sizeForm.FindStringSubmatch(s)
	if parts == nil {
		return 0, fmt.Errorf("cannot read %s as a size", quote(s))
	}
	unit := int64(1)
	if parts[3] != "" {
		unit <<= 10 * (1 + strings.Index("KMGT", parts[3]))
	}
	whole, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || whole > math.MaxInt64/unit {
		return 0, fmt.Errorf("cannot take %s: more bytes than fit 63 bits", quote(s))
	}
	size := whole * unit
	if parts[2] != "" {
		size += int64(parts[2][0]-'0') * unit / 10
	}
	return size, nil
}

package config

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"30d": 30 * day, "12h": 12 * time.Hour, "90s": 90 * time.Second, "2w": 14 * day, "1y": 365 * day, "5m": 5 * time.Minute,
		"1h30m": 90 * time.Minute, "1d12h": 36 * time.Hour, "1y2w3d4h5m6s": 382*day + 4*time.Hour + 5*time.Minute + 6*time.Second,
		"1.5h": 90 * time.Minute, "500ms": 500 * time.Millisecond, "007d": 7 * day, "292y": 292 * 365 * day,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "30", "d", "0", "0s", "0d0h", "-5m", "+5m", "5 m", " 5m", "5min", "30D", "1M", "m5", "1d1d", "1h1d", "293y",
		"99999999999999999999d", "292y40w", "1e3s", "٣d", "NaNs",
	} {
		if got, err := ParseDuration(s); err == nil {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"30d": 30 * day, "14d": 14 * day, "365d": 365 * day, "12h": 12 * time.Hour, "90m": 90 * time.Minute, "90s": 90 * time.Second,
		"5m": 5 * time.Minute, "1.5s": 1500 * time.Millisecond, "0s": 0, "25h": 25 * time.Hour,
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Min(1).Draw(t, "d"))
		if rapid.Bool().Draw(t, "round") {
			d = max(d.Truncate(time.Second), time.Second)
		}
		if got, err := ParseDuration(FormatDuration(d)); err != nil || got != d {
			t.Fatalf("%v became %q, then %v, %v", d, FormatDuration(d), got, err)
		}
	})
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"50M": 50 << 20, "1.5G": 3 << 29, "800K": 800 << 10, "2T": 2 << 40, "512KiB": 512 << 10, "50MB": 50 << 20, "1000": 1000, "7B": 7,
		"0.5K": 512, "0": 0, "8388607T": 8388607 << 40,
	} {
		if got, err := ParseSize(s); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "M", "50m", "50Mbit", "50M/s", "-1M", "1.25G", ".5G", "1.5", "50iB", "50 M", "9999999999T", "8388608T", "1e6", "99999999999999999999"} {
		if got, err := ParseSize(s); err == nil {
			t.Errorf("%q: %v", s, got)
		}
	}
}

package report

import (
	"fmt"
	"time"
)

// roughly is a short duration as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// span is a long duration in its largest unit: "2 days".
func span(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	switch {
	case d < 90*time.Second:
		return count(int(d.Round(time.Second).Seconds()), "second")
	case d < 59*time.Minute+30*time.Second:
		return count(int(d.Round(time.Minute).Minutes()), "minute")
	case d < 47*time.Hour+30*time.Minute:
		return count(int(d.Round(time.Hour).Hours()), "hour")
	}
	return count(int((d+12*time.Hour)/(24*time.Hour)), "day")
}

// rate says "12 MiB/s", or nothing when too little time has passed to know.
func rate(bytes int64, d time.Duration) string {
	if d < 200*time.Millisecond || bytes <= 0 {
		return ""
	}
	return fmt.Sprintf("%s/s", size(int64(float64(bytes)/d.Seconds())))
}

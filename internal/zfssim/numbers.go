package zfssim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// niceBytes writes a size the short way people read it ("1.50M").
func niceBytes(n uint64) string {
	if n < 1024 {
		return strconv.FormatUint(n, 10) + "B"
	}
	return nice(n)
}

// niceNum is niceBytes for counts: no unit below 1024.
func niceNum(n uint64) string {
	if n < 1024 {
		return strconv.FormatUint(n, 10)
	}
	return nice(n)
}

func nice(n uint64) string {
	const units = "BKMGTPE"
	i := 0
	for v := n; v >= 1024 && i < len(units)-1; i++ {
		v /= 1024
	}
	div := uint64(1) << (10 * i)
	if n%div == 0 {
		return fmt.Sprintf("%d%c", n/div, units[i])
	}
	for prec := 2; prec >= 0; prec-- {
		s := fmt.Sprintf("%.*f%c", prec, float64(n)/float64(div), units[i])
		if len(s) <= 5 {
			return s
		}
	}
	return fmt.Sprintf("%.0f%c", float64(n)/float64(div), units[i])
}

// parseSize reads a number with an optional unit ("10M", "1.5G", "131072").
func parseSize(s string) (uint64, bool) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	if end == 0 {
		return 0, false
	}
	shift, ok := unitShift(strings.ToUpper(s[end:]))
	if !ok {
		return 0, false
	}
	if strings.Contains(s[:end], ".") {
		f, err := strconv.ParseFloat(s[:end], 64)
		f *= math.Pow(2, float64(shift))
		return uint64(f), err == nil && f <= math.MaxUint64
	}
	n, err := strconv.ParseUint(s[:end], 10, 64)
	if err != nil || n>>(64-shift) != 0 && shift > 0 {
		return 0, false
	}
	return n << shift, true
}

func unitShift(unit string) (uint, bool) {
	if unit == "" || unit == "B" {
		return 0, true
	}
	i := strings.IndexByte("KMGTPEZ", unit[0])
	rest := unit[1:]
	if i < 0 || i > 5 || rest != "" && rest != "B" && rest != "IB" {
		return 0, false
	}
	return uint(10 * (i + 1)), true
}

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

func atou(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}

func hexNum(n uint64) string { return strconv.FormatUint(n, 16) }

package config

import "strings"

// nearest is the candidate that word is most likely a slip of, "" if none is near.
func nearest(word string, candidates []string) string {
	best, least := "", max(len(word)/3, 1)+1
	if len(word) > 64 {
		return ""
	}
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours between a and b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// misplaced knows settings that people look for in the wrong place.
func misplaced(path, key string) string {
	const unit = "an option of the NixOS module, about systemd's or logrotate's part; this file has no place for it"
	switch {
	case key == "user":
		return "the account on the target is remoteUser; the one that zfsrep runs as is systemd's business"
	case key == "schedule", key == "enable", key == "randomizedDelay", key == "package", path == "log" && key == "keep":
		return unit
	case key == "password", key == "passphrase", key == "privateKey":
		return "secrets do not belong in this file; identityFile takes the path of a key"
	case path == "":
		if _, ok := new(reader).jobFields(&draft{Job: new(Job)})[key]; ok {
			return "it belongs into a job: jobs.default." + key
		}
	}
	return ""
}

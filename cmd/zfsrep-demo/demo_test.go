package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The demo ends well, and soon.
func TestDemo(t *testing.T) {
	var out, err bytes.Buffer
	began := time.Now()
	code := run(nil, &out, &err, time.Now)
	text := out.String()
	if code != exitOK || err.Len() > 0 {
		t.Fatalf("exits with %d: %s\n%s", code, err.String(), text)
	}
	if took := time.Since(began); took > 30*time.Second { // some three seconds where nothing else runs
		t.Errorf("took %s", took)
	}
	for _, want := range []string{"$ zfsrep plan --dry-run\nPlan: 5 datasets to send (10 transfers, about 129 MiB)", "success: 27 actions done, 129 MiB sent",
		"! tank/shack/cloud/vaultwarden: target-diverged", "(exit code 3)", "last run succeeded", "5 datasets: 5 up to date",
		"tank/shack/cloud/vaultwarden  5 snapshots, equal on both machines\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the demo does not show %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b[") {
		t.Error("there are escape codes where there is no terminal")
	}
}

// Somebody who asks for help gets it, and no show.
func TestArguments(t *testing.T) {
	var out, err bytes.Buffer
	if code := run([]string{"--help"}, &out, &err, time.Now); code != exitUsage || out.Len() > 0 {
		t.Errorf("exits with %d and shows %q", code, out.String())
	}
	if !strings.Contains(err.String(), "takes no arguments") {
		t.Errorf("says %q", err.String())
	}
}

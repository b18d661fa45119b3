package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/retention"
)

// hostKey stands where an example says "ssh-ed25519 AAAA...".
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHE1sPiXXMo5AbCNVYnQcFRGB1Ft6XvXrVBbMqYF0SkT"

// contractExample is the config of contract.md, which is also the seed's: Kraken to 192.168.1.15.
const contractExample = `{
  "version": 1,
  "jobs": {
    "default": {
      "remoteHost": "192.168.1.15",
      "remotePort": 22,
      "remoteUser": "box",
      "remotePool": "tank",
      "identityFile": "/root/.ssh/id_ed25519",
      "hostKeys": ["` + hostKey + `"],
      "privilege": "sudo",
      "datasets": ["tank/services", {"name": "tank/shack/cloud/immich", "recursive": false}]
    }
  }
}`

func parse(t testing.TB, doc string) *Config {
	t.Helper()
	c, found := Parse([]byte(doc))
	if len(found) > 0 {
		t.Fatalf("complaints about %s\n%s", doc, found)
	}
	return c
}

func TestContractExample(t *testing.T) {
	j := DefaultJob()
	j.Name, j.RemoteHost, j.RemoteUser, j.RemotePool = "default", "192.168.1.15", "box", "tank"
	j.IdentityFile, j.HostKeys = "/root/.ssh/id_ed25519", []string{hostKey}
	j.Datasets = []Dataset{{Name: "tank/services", Recursive: true}, {Name: "tank/shack/cloud/immich"}}
	want := Defaults()
	want.Jobs = []Job{j}
	if diff := cmp.Diff(&want, parse(t, contractExample)); diff != "" {
		t.Error(diff)
	}
}

func TestEverythingIsRead(t *testing.T) {
	limit := 0
	want := &Config{
		Jobs: []Job{{
			Name: "offsite", RemoteHost: "fd00::1", RemotePort: 2222, RemoteUser: "backup", RemotePool: "vault/kraken",
			Datasets:     []Dataset{{Name: "tank/a", Recursive: true, Exclude: []string{"*/cache"}, Target: "vault/a"}},
			IdentityFile: "/run/key", HostKeys: []string{hostKey}, Privilege: PrivilegeNone,
			Snapshots: Filter{Include: []string{"daily-*"}, Exclude: []string{"*-tmp"}}, Initial: InitialLatest,
			Send:       Send{Raw: RawNever, Properties: true},
			Receive:    Receive{Properties: map[string]string{"compression": "zstd"}},
			OnModified: ModifiedRefuse, OnDiverged: DivergedRollback,
			Retention: Retention{Target: &retention.Policy{
				Match: []string{"daily-*"}, Last: 1, Within: 30 * day, Hourly: 2, Daily: 3, Weekly: 4, Monthly: 5, Yearly: 6,
			}},
			Limits:   Limits{Bandwidth: 50 << 20, Parallel: 4, Destroy: &limit},
			Timeouts: Timeouts{Connect: time.Minute, Stall: 90 * time.Second},
		}},
		Log:          Log{File: "/var/log/zfs-replication.log", Level: "debug"},
		AutoSnapshot: AutoSnapshot{Enable: true, Prefix: "daily-", Keep: 14 * day},
	}
	got := parse(t, `{"version": 1, "jobs": {"offsite": {
		"remoteHost": "fd00::1", "remotePort": 2222, "remoteUser": "backup", "remotePool": "vault/kraken",
		"datasets": [{"name": "tank/a", "recursive": true, "exclude": ["*/cache"], "target": "vault/a"}],
		"identityFile": "/run/key", "hostKeys": ["`+hostKey+`"], "privilege": "none",
		"snapshots": {"include": ["daily-*"], "exclude": ["*-tmp"]}, "initial": "latest", "intermediates": false,
		"send": {"raw": "never", "compressed": false, "largeBlocks": false, "embedded": false, "properties": true},
		"receive": {"properties": {"compression": "zstd"}, "readonly": false},
		"onModified": "refuse", "onDiverged": "rollback", "bookmarks": false,
		"retention": {"source": null, "target": {"match": ["daily-*"], "last": 1, "within": "30d",
			"hourly": 2, "daily": 3, "weekly": 4, "monthly": 5, "yearly": 6}},
		"limits": {"bandwidth": "50M", "parallel": 4, "destroy": 0},
		"timeouts": {"connect": "1m", "stall": "90s"}
	}}, "log": {"file": "/var/log/zfs-replication.log", "level": "debug"},
	"autoSnapshot": {"enable": true, "prefix": "daily-", "keep": "2w"}}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestJobsAreInOrder(t *testing.T) {
	c := parse(t, `{"version": 1, "jobs": {
		"b": {"remotePool": "b", "datasets": ["tank/a"]}, "a": {"remotePool": "a", "datasets": ["tank/a"]}}}`)
	if len(c.Jobs) != 2 || c.Jobs[0].Name != "a" || c.Jobs[1].Name != "b" {
		t.Error(c.Jobs)
	}
}

// TestDefaultsAreWritten holds the defaults in their JSON form, which the NixOS module's defaults are compared with.
func TestDefaultsAreWritten(t *testing.T) {
	job := DefaultJob()
	job.Name = defaultJob
	c := Defaults()
	c.Jobs = []Job{job}
	got, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	file := filepath.Join("testdata", "defaults.json")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestDiagnosticJSON(t *testing.T) {
	_, found := Parse([]byte(withNeeds(`"remotePort": 0`)))
	got, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"severity":"error","path":"jobs.default.remotePort","option":"services.zfs-replication.remotePort","line":2,` +
		`"column":63,"message":"must be from 1 to 65535, not 0","hint":"the port of the target's ssh server, usually 22"}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestColumnsCountCharacters(t *testing.T) {
	_, found := Parse([]byte("{\"version\": 1, \"jobs\": {},\r\n \"ä€😀\": 1, \"log\": 1}"))
	if len(found) != 3 {
		t.Fatal(found)
	}
	for i, at := range [][2]int{{1, 24}, {2, 2}, {2, 19}} {
		if found[i].Line != at[0] || found[i].Column != at[1] {
			t.Errorf("%s: want line %d, column %d", found[i], at[0], at[1])
		}
	}
}

func TestNotUTF8(t *testing.T) {
	_, found := Parse([]byte("{\"version\": 1,\n\"jo\xffbs\": {}}"))
	if len(found) != 1 || found[0].Line != 2 || found[0].Column != 4 {
		t.Error(found)
	}
}

func TestByteOrderMark(t *testing.T) {
	_, found := Parse([]byte("\ufeff{}"))
	if len(found) != 1 || !strings.Contains(found[0].Hint, "byte order mark") {
		t.Error(found)
	}
}

func TestNoKeyIsEverShown(t *testing.T) {
	key := `-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END OPENSSH PRIVATE KEY-----`
	fields := new(reader).jobFields(&draft{Job: new(Job)})
	for name := range fields {
		for _, value := range []string{`"` + key + `"`, `["` + key + `"]`, `{"` + key + `": "` + key + `"}`, `{"properties": {"mountpoint": "` + key + `"}}`} {
			_, found := Parse([]byte(inJob(`"` + name + `": ` + value)))
			if text := found.String(); !strings.Contains(text, "line") || strings.Contains(text, "c2VjcmV0") {
				t.Errorf("%s: %s: %s", name, value, text)
			}
		}
	}
}

package zfs

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// GUIDs of the snapshots in testdata/streams.
const (
	s1 GUID = 14231941436393078064
	s2 GUID = 9052305503632058922
	s3 GUID = 8003351466362734978
	k1 GUID = 15427496397957258420
	vz GUID = 16466688680148716395
	r1 GUID = 2617774004469640206
	r2 GUID = 1508073066194517956
)

func versions(of ...Version) []Version { return of }

var realHeads = map[string]StreamHead{
	"full":   {Name: "hz/a@s1", ToGUID: s1},
	"inc":    {Name: "hz/a@s2", ToGUID: s2, FromGUID: s1},
	"mark":   {Name: "hz/a@s2", ToGUID: s2, FromGUID: s1},
	"clone":  {Name: "hz/c@k1", ToGUID: k1, FromGUID: s2, Clone: true},
	"vol":    {Name: "hz/v@z", ToGUID: vz, Volume: true},
	"raw":    {Name: "hz/e@r1", ToGUID: r1, Raw: true},
	"rawinc": {Name: "hz/e@r2", ToGUID: r2, FromGUID: r1, Raw: true},
	"resume": {Name: "hz/a@s1", ToGUID: s1, Resuming: true},
	"all":    {Name: "hz/a@s2", ToGUID: s2, FromGUID: s1, Package: &StreamPackage{Name: "hz/a@s3"}},
	"allprops": {Name: "hz/a@s2", ToGUID: s2, FromGUID: s1, Package: &StreamPackage{Name: "hz/a@s3", From: "s1",
		Snapshots: versions(Version{Name: "s1", GUID: s1}, Version{Name: "s2", GUID: s2}, Version{Name: "s3", GUID: s3})}},
	"rawallprops": {Name: "hz/e@r2", ToGUID: r2, FromGUID: r1, Raw: true, Package: &StreamPackage{Name: "hz/e@r2", From: "r1", Raw: true,
		Snapshots: versions(Version{Name: "r1", GUID: r1}, Version{Name: "r2", GUID: r2})}},
	"props": {Name: "hz/a@s1", ToGUID: s1, Package: &StreamPackage{Name: "hz/a@s1", Snapshots: versions(Version{Name: "s1", GUID: s1})}},
	"repl": {Name: "hz/a@s1", ToGUID: s1, Package: &StreamPackage{Name: "hz/a@s3", Recursive: true,
		Snapshots: versions(Version{Name: "s1", GUID: s1}, Version{Name: "s2", GUID: s2}, Version{Name: "s3", GUID: s3})}},
}

func realStream(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "streams", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Each head is read from exactly the bytes that it needs, and what follows changes nothing.
func TestRealStreams(t *testing.T) {
	for name, want := range realHeads {
		b := realStream(t, name)
		for n := range b {
			if _, done, err := ReadStreamHead(b[:n]); done || err != nil {
				t.Fatalf("%s: done after %d of %d bytes, %v", name, n, len(b), err)
			}
		}
		got, done, err := ReadStreamHead(append(b, strings.Repeat("\xff", 1000)...))
		if diff := cmp.Diff(want, got); diff != "" || !done || err != nil {
			t.Errorf("%s: %v, %v\n%s", name, done, err, diff)
		}
	}
}

// A sender that cannot send still writes the header of its package.
func TestEmptyPackage(t *testing.T) {
	_, done, err := ReadStreamHead(realStream(t, "nokeyall"))
	if !done || err == nil || err.Error() != "it is a package without any stream" {
		t.Errorf("got %v, %v", done, err)
	}
}

// swapped turns a begin record into what a machine of the other byte order writes.
func swapped(b []byte) []byte {
	out := append([]byte{}, b...)
	for _, at := range []int{0, 4, 32, 36} {
		binary.BigEndian.PutUint32(out[at:], binary.LittleEndian.Uint32(b[at:]))
	}
	for _, at := range []int{8, 16, 24, 40, 48} {
		binary.BigEndian.PutUint64(out[at:], binary.LittleEndian.Uint64(b[at:]))
	}
	return out
}

func TestOtherByteOrder(t *testing.T) {
	for _, name := range []string{"full", "rawinc", "clone", "vol", "resume"} {
		got, done, err := ReadStreamHead(swapped(realStream(t, name)))
		if diff := cmp.Diff(realHeads[name], got); diff != "" || !done || err != nil {
			t.Errorf("%s: %v, %v\n%s", name, done, err, diff)
		}
	}
	b := realStream(t, "allprops") // its list is in the encoding for networks
	end := len(b) - 2*recordSize
	other := append(swapped(b[:recordSize]), b[recordSize:end]...)
	other = append(append(other, 0, 0, 0, recordEnd), make([]byte, recordSize-4)...)
	other = append(other, swapped(b[len(b)-recordSize:])...)
	got, done, err := ReadStreamHead(other)
	if diff := cmp.Diff(realHeads["allprops"], got); diff != "" || !done || err != nil {
		t.Errorf("%v, %v\n%s", done, err, diff)
	}
}

func TestNoStream(t *testing.T) {
	change := func(name string, at int, to ...byte) []byte {
		b := realStream(t, name)
		copy(b[at:], to)
		return b
	}
	long := realStream(t, "all")
	binary.LittleEndian.PutUint32(long[4:], maxPackageList+1)
	for _, test := range []struct {
		b    []byte
		want string
	}{
		{[]byte("Welcome to box!\nLast login: never\n"), `no zfs stream, it begins with "Welcome to box!\nLast`},
		{change("full", 0, 1), "no zfs stream"},
		{change("full", 16, 0), "neither what it is nor what it carries"},
		{change("full", 40, make([]byte, 8)...), "neither what it is nor what it carries"},
		{change("full", 32, 9), "neither filesystem nor volume"},
		{change("full", 56, []byte("hz/a\x1b[2J@s1\x00")...), "is not the name of a snapshot"},
		{change("full", 56, []byte("hz/a\x00")...), "is not the name of a snapshot"},
		{change("full", 56, []byte(strings.Repeat("a", 256))...), "is not the name of a snapshot"},
		{change("all", recordSize, 3), "followed by a record of type 3"},
		{change("all", 2*recordSize, 7), "no zfs stream"},
		{change("all", 2*recordSize+16, 2), "neither what it is nor what it carries"},
		{change("allprops", recordSize, 2), "cannot be read"},   // another encoding
		{change("allprops", recordSize+7, 1), "cannot be read"}, // another version
		{long, "at most 6291456 are read"},
	} {
		_, done, err := ReadStreamHead(test.b)
		if !done || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", test.want, done, err)
		}
	}
}

func TestCarried(t *testing.T) {
	for name, want := range map[string][]Version{
		"inc":      {{Name: "s2", GUID: s2}},
		"props":    {{Name: "s1", GUID: s1}},
		"all":      {{Name: "s2", GUID: s2}}, // nothing tells the others yet
		"allprops": {{Name: "s2", GUID: s2}, {Name: "s3", GUID: s3}},
	} {
		if diff := cmp.Diff(want, realHeads[name].Carried()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Whatever comes, reading ends without a panic, what is done stays done, and names are names.
func FuzzReadStreamHead(f *testing.F) {
	for name := range realHeads {
		f.Add(realStream(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, done, err := ReadStreamHead(b)
		longer, stillDone, err2 := ReadStreamHead(append(b[:len(b):len(b)], 0, 1, 2, 3))
		if done && (!stillDone || (err == nil) != (err2 == nil) || err == nil && !cmp.Equal(h, longer)) {
			t.Fatalf("%+v %v, then %+v %v", h, err, longer, err2)
		}
		if !done || err != nil {
			return
		}
		names := []string{h.Name}
		if h.Package != nil {
			names = append(names, h.Package.Name)
		}
		for _, name := range names {
			if !isSnapshotName(name) {
				t.Fatalf("%q", name)
			}
		}
		for _, v := range h.Carried() {
			if CheckSnapshotPart(v.Name) != nil || v.GUID == 0 {
				t.Fatalf("%+v", v)
			}
		}
	})
}

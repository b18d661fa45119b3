package zfs

import (
	"strings"
	"testing"
)

func TestStreamGate(t *testing.T) {
	yes, no := true, false
	for _, test := range []struct {
		stream string
		want   ExpectStream
		says   string // "" when it passes
	}{
		{"full", ExpectStream{Name: "hz/a@s1", To: s1, Raw: &no}, ""},
		{"full", ExpectStream{To: s1}, ""},
		{"full", ExpectStream{Name: "hz/a@s1", To: s2}, "hz/a@s1 in it has the GUID 14231941436393078064 instead of 9052305503632058922"},
		{"full", ExpectStream{Name: "hz/a@s2", To: s1}, "it carries hz/a@s1 instead of hz/a@s2"},
		{"full", ExpectStream{To: s1, From: s2}, "starts from nothing instead of the GUID 9052305503632058922"},
		{"full", ExpectStream{To: s1, Raw: &yes}, "is sent plain, expected was raw"},
		{"full", ExpectStream{To: s1, Resume: true}, "a stream from its beginning, expected was the rest"},
		{"full", ExpectStream{To: s1, Through: true}, "it carries hz/a@s1 alone"},
		{"inc", ExpectStream{Name: "hz/a@s2", To: s2, From: s1}, ""},
		{"mark", ExpectStream{Name: "hz/a@s2", To: s2, From: s1}, ""},
		{"inc", ExpectStream{To: s2}, "starts from the GUID 14231941436393078064 instead of nothing"},
		{"clone", ExpectStream{To: k1, From: s2}, ""},
		{"raw", ExpectStream{To: r1, Raw: &yes}, ""},
		{"raw", ExpectStream{To: r1, Raw: &no}, "is sent raw, expected was plain"},
		{"resume", ExpectStream{Name: "hz/a@s1", To: s1, Resume: true}, ""},
		{"resume", ExpectStream{To: s1}, "the rest of an interrupted stream, expected was"},
		{"props", ExpectStream{Name: "hz/a@s1", To: s1}, ""},
		{"all", ExpectStream{Name: "hz/a@s3", To: s3, From: s1, Through: true}, ""},
		{"all", ExpectStream{Name: "hz/a@s3", To: s3, From: s1}, "it carries all snapshots up to hz/a@s3"},
		{"all", ExpectStream{Name: "hz/a@s3", To: s3, From: s2, Through: true}, "hz/a@s2 in it starts from"},
		{"allprops", ExpectStream{Name: "hz/a@s3", To: s3, From: s1, Through: true}, ""},
		{"allprops", ExpectStream{Name: "hz/a@s3", To: r1, From: s1, Through: true}, "another snapshot has that name by now"},
		{"rawallprops", ExpectStream{To: r2, From: r1, Through: true, Raw: &yes}, ""},
		{"rawallprops", ExpectStream{To: r1, From: r1, Through: true}, "another snapshot has that name by now"},
		{"repl", ExpectStream{To: s3, Through: true}, "it carries the datasets below hz/a@s3 as well"},
		{"nokeyall", ExpectStream{To: r2, From: r1, Through: true}, "without any stream"},
	} {
		gate := test.want.Gate()
		b := realStream(t, test.stream)
		if done, err := gate.Admit(b[:len(b)-1]); done || err != nil {
			if test.stream != "nokeyall" {
				t.Errorf("%s: %v, %v before the head's last byte", test.stream, done, err)
			}
		}
		done, err := gate.Admit(b)
		if !done || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s, %s: got %v, %v", test.stream, test.says, done, err)
		}
		if head, ok := gate.Head(); ok != (err == nil) || ok && head.FromGUID != test.want.From {
			t.Errorf("%s: head %+v, %v", test.stream, head, ok)
		}
	}
}

package zfs

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// realToken was made by OpenZFS 2.3.9 for a first transfer of tank/a@1 that was cut.
const realToken = "1-bdc002d2e-f0-789c636064000310a500c4ec50360710e72765a52697303030419460caa7a515a7968064dae0f26c48f2499525a9c540fa414c0756fd25f9e9a599290c0c1b5dc3d9585a9d4e6a20c97382e5f31273538174625eb67ea243b121d41d1250fd3077a7e626a5a6e46783cde746124fcecf2d284a2d2e064ac10100b0bb1cef"

func TestRealToken(t *testing.T) {
	got, err := DecodeToken(realToken)
	if err != nil {
		t.Fatal(err)
	}
	want := Token{ToName: "tank/a@s1", ToGUID: 0xc9428504065745b1, Bytes: 0x885ce0, Object: 2, Offset: 0x860000, Embedded: true, Compressed: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// pair is one entry of a list that a test packs; the type number is the value's unless typ says another.
type pair struct {
	name  string
	value any
	typ   uint32
}

// full are the entries of a raw increment's token, in the kernel's order.
func full() []pair {
	return []pair{{"fromguid", uint64(0x494fbe45bebf0dc), 0}, {"object", uint64(3), 0}, {"offset", uint64(0x860000), 0}, {"bytes", uint64(0x886324), 0},
		{"toguid", uint64(0xbee368fd6dbd9c26), 0}, {"toname", "tank/enc@s2", 0}, {"largeblockok", nil, 0}, {"compressok", nil, 0}, {"rawok", nil, 0}}
}

// with replaces the entry of that name, or adds it.
func with(p pair) []pair {
	all := full()
	for i := range all {
		if all[i].name == p.name {
			all[i] = p
			return all
		}
	}
	return append(all, p)
}

func without(name string) []pair {
	var rest []pair
	for _, p := range full() {
		if p.name != name {
			rest = append(rest, p)
		}
	}
	return rest
}

// packed lays a list out as nvlist_pack does (module/nvpair/nvpair.c, native encoding on a little-endian machine).
func packed(pairs []pair) []byte {
	le := binary.LittleEndian
	out := []byte{0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}
	for _, p := range pairs {
		typ, elements, payload := uint32(1), uint32(0), []byte(nil)
		switch v := p.value.(type) {
		case uint64:
			typ, elements, payload = 8, 1, le.AppendUint64(nil, v)
		case string:
			typ, elements, payload = 9, 1, append([]byte(v), 0)
		}
		if p.typ != 0 {
			typ = p.typ
		}
		head := make([]byte, (16+len(p.name)+1+7)&^7)
		copy(head[16:], p.name)
		payload = append(payload, make([]byte, (len(payload)+7)&^7-len(payload))...)
		le.PutUint32(head, uint32(len(head)+len(payload)))
		le.PutUint16(head[4:], uint16(len(p.name)+1))
		le.PutUint32(head[8:], elements)
		le.PutUint32(head[12:], typ)
		out = append(append(out, head...), payload...)
	}
	return append(out, 0, 0, 0, 0)
}

func deflated(b []byte) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(b)
	_ = w.Close()
	return z.Bytes()
}

// wrapped is the token's text around compressed bytes, its checksum right.
func wrapped(z []byte, length int) string {
	var sum uint64
	for b := z; len(b) >= 4; b = b[4:] {
		sum += uint64(binary.LittleEndian.Uint32(b))
	}
	return fmt.Sprintf("1-%x-%x-%x", sum, length, z)
}

func tokenOf(pairs []pair) string { return tokenAround(packed(pairs)) }

func tokenAround(list []byte) string { return wrapped(deflated(list), len(list)) }

func TestDecodeToken(t *testing.T) {
	got, err := DecodeToken(tokenOf(full()))
	if err != nil {
		t.Fatal(err)
	}
	want := Token{ToName: "tank/enc@s2", ToGUID: 0xbee368fd6dbd9c26, FromGUID: 0x494fbe45bebf0dc, Bytes: 0x886324, Object: 3, Offset: 0x860000,
		LargeBlocks: true, Compressed: true, Raw: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := DecodeToken(tokenOf(without("fromguid"))); err != nil || got.FromGUID != 0 || got.ToGUID != want.ToGUID {
		t.Errorf("a full send: %+v, %v", got, err)
	}
}

// What zfs send -t refuses is refused in its own words (lib/libzfs/libzfs_sendrecv.c, zfs_send_resume_token_to_nvlist).
func TestCorruptTokens(t *testing.T) {
	z := deflated(packed(full()))
	length := len(packed(full()))
	for text, want := range map[string]string{
		"":                                     "invalid format",
		"nonsense":                             "invalid format",
		"1-x-10-00":                            "invalid format",
		"2-1-2-00":                             "invalid version 2",
		"1-0-2-zz":                             "payload is not hex-encoded",
		"1-abc-def-123":                        "incorrect checksum",
		wrapped(z, length+1):                   "decompression failed",
		wrapped(z, length-1):                   "decompression failed",
		wrapped(z[:len(z)-4], length):          "decompression failed",
		wrapped(packed(full()), length):        "decompression failed",
		tokenAround([]byte("no list")):         "nvlist_unpack failed",
		tokenAround(packed(full())[:length-4]): "nvlist_unpack failed",
	} {
		if _, err := DecodeToken(text); err == nil || err.Error() != "resume token is corrupt ("+want+")" {
			t.Errorf("%.60q gives %v, not %q", text, err, want)
		}
	}
}

// A token comes from the receiving machine, which must not be able to say two things at once, or anything that the
// kernel never says (openzfs/zfs#14153).
func TestHostileTokens(t *testing.T) {
	good := tokenOf(full())
	list := packed(full())
	xdr, bigEndian := bytes.Clone(list), bytes.Clone(list)
	xdr[0], bigEndian[1] = 1, 0
	for name, text := range map[string]string{
		"a line break in toname, and what the listing would say after it": tokenOf(append(without("rawok"),
			pair{"toname", "tank/enc@s2\n\trawok = 1", 0})),
		"toname twice":                       tokenOf(append(full(), pair{"toname", "tank/plain@s2", 0})),
		"toguid twice":                       tokenOf(append(full(), pair{"toguid", uint64(7), 0})),
		"rawok twice":                        tokenOf(append(full(), pair{"rawok", nil, 0})),
		"a line break":                       tokenOf(with(pair{"toname", "tank/enc\n@s2", 0})),
		"a line break and a key":             tokenOf(with(pair{"toname", "tank/enc@s2\n\trawok = 1", 0})),
		"an escape":                          tokenOf(with(pair{"toname", "tank/enc@s2\x1b[2J", 0})),
		"no snapshot":                        tokenOf(with(pair{"toname", "tank/enc", 0})),
		"a bookmark":                         tokenOf(with(pair{"toname", "tank/enc#s2", 0})),
		"two snapshots":                      tokenOf(with(pair{"toname", "tank/enc@s2@s3", 0})),
		"an option":                          tokenOf(with(pair{"toname", "-R@s2", 0})),
		"an empty name":                      tokenOf(with(pair{"toname", "", 0})),
		"a name too long":                    tokenOf(with(pair{"toname", "tank/" + strings.Repeat("x", 250) + "@s", 0})),
		"an unknown key":                     tokenOf(append(full(), pair{"savedok", nil, 0})),
		"a key of redacted sends":            tokenOf(append(full(), pair{"redact_snaps", uint64(1), 16})),
		"rawok as a number":                  tokenOf(with(pair{"rawok", uint64(0), 0})),
		"rawok as another boolean":           tokenOf(with(pair{"rawok", nil, 21})),
		"toguid as a string":                 tokenOf(with(pair{"toguid", "7", 0})),
		"toname as a number":                 tokenOf(with(pair{"toname", uint64(7), 0})),
		"no toname":                          tokenOf(without("toname")),
		"no toguid":                          tokenOf(without("toguid")),
		"no object":                          tokenOf(without("object")),
		"no offset":                          tokenOf(without("offset")),
		"no bytes":                           tokenOf(without("bytes")),
		"toguid 0":                           tokenOf(with(pair{"toguid", uint64(0), 0})),
		"fromguid 0":                         tokenOf(with(pair{"fromguid", uint64(0), 0})),
		"more bytes than there are":          tokenOf(with(pair{"bytes", uint64(1 << 63), 0})),
		"nothing":                            tokenOf(nil),
		"bytes after the list":               tokenAround(append(bytes.Clone(list), 0, 0, 0, 0)),
		"bytes after the compressed list":    wrapped(append(deflated(list), 0, 0, 0, 0), len(list)),
		"the encoding for networks":          tokenAround(xdr),
		"a machine of the other byte order":  tokenAround(bigEndian),
		"upper case":                         strings.ToUpper(good),
		"a leading zero":                     "1-0" + good[2:],
		"a sign":                             "+" + good,
		"a space":                            " " + good,
		"a line break after it":              good + "\n",
		"an odd number of digits":            good + "0",
		"a long text":                        "1-0-0-" + strings.Repeat("00", 1<<20),
		"a list that unpacks to a gigabyte":  wrapped(deflated(make([]byte, 16<<20)), 1<<30),
		"a list that says it is small":       wrapped(deflated(make([]byte, 16<<20)), 240),
		"an entry longer than the list":      tokenAround(append(list[:12:12], 0xff, 0xff, 0xff, 0x7f)),
		"an entry shorter than its own head": tokenAround(append(list[:12:12], 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
	} {
		if got, err := DecodeToken(text); err == nil {
			t.Errorf("%s is read as %+v", name, got)
		} else if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: the message carries control characters: %q", name, err)
		}
	}
}

// Whatever is read is a token that the kernel could have made: made again from what was read, it decodes to the same.
func FuzzDecodeToken(f *testing.F) {
	f.Add(realToken)
	f.Add(tokenOf(full()))
	f.Add(tokenOf(without("fromguid")))
	f.Add(tokenOf(with(pair{"toname", "tank/enc@s2\n\trawok = 1", 0})))
	f.Add("1-abc-def-123")
	f.Fuzz(func(t *testing.T, text string) { checkDecoded(t, text) })
}

// FuzzTokenList leaves checksum and compression alone, which keep a fuzzer from ever reaching the list.
func FuzzTokenList(f *testing.F) {
	f.Add(packed(full()))
	f.Add(packed(with(pair{"toname", "tank/enc@s2\n\trawok = 1", 0})))
	f.Add(packed(nil))
	f.Fuzz(func(t *testing.T, list []byte) { checkDecoded(t, tokenAround(list)) })
}

func checkDecoded(t *testing.T, text string) {
	got, err := DecodeToken(text)
	if err != nil {
		if got != (Token{}) {
			t.Errorf("%v, and yet %+v", err, got)
		}
		return
	}
	dataset, sep, name := SplitVersion(got.ToName)
	if got.ToGUID == 0 || got.Bytes < 0 || sep != '@' || CheckDatasetName(dataset) != nil || CheckSnapshotPart(name) != nil {
		t.Errorf("%q is read as %+v", text, got)
	}
	again, err := DecodeToken(tokenOf(pairsOf(got)))
	if err != nil || again != got {
		t.Errorf("%+v made again is %+v, %v", got, again, err)
	}
}

func pairsOf(k Token) []pair {
	all := []pair{{"object", k.Object, 0}, {"offset", k.Offset, 0}, {"bytes", uint64(k.Bytes), 0}, {"toguid", uint64(k.ToGUID), 0}, {"toname", k.ToName, 0}}
	if k.FromGUID != 0 {
		all = append(all, pair{"fromguid", uint64(k.FromGUID), 0})
	}
	for name, set := range map[string]bool{"largeblockok": k.LargeBlocks, "embedok": k.Embedded, "compressok": k.Compressed, "rawok": k.Raw} {
		if set {
			all = append(all, pair{name, nil, 0})
		}
	}
	return all
}

package zfssim

import "testing"

// A token made by OpenZFS 2.3.9 is read as it reads it.
func TestRealToken(t *testing.T) {
	const real = "1-bdc002d2e-f0-789c636064000310a500c4ec50360710e72765a52697303030419460caa7a515a7968064dae0f26c48f2499525a9c540fa414c0756fd25f9e9a599290c0c1b5dc3d9585a9d4e6a20c97382e5f31273538174625eb67ea243b121d41d1250fd3077a7e626a5a6e46783cde746124fcecf2d284a2d2e064ac10100b0bb1cef"
	list, why := decodeToken(real)
	if why != "" {
		t.Fatal(why)
	}
	p := readResumePoint(list)
	if !p.complete || p.object != 2 || p.offset != 0x860000 || p.bytes != 0x885ce0 || p.toGUID != 0xc9428504065745b1 ||
		p.toName != "tank/a@s1" || !p.embed || !p.compress || p.large || p.raw || p.fromGUID != 0 {
		t.Errorf("read %+v", p)
	}
	again, why := decodeToken(p.token())
	if why != "" || len(again) != len(list) {
		t.Fatalf("own token of the same: %s %v", why, again)
	}
	for i := range list {
		if list[i] != again[i] {
			t.Errorf("entry %d is %v, was %v", i, again[i], list[i])
		}
	}
}

func TestBadTokens(t *testing.T) {
	for token, want := range map[string]string{
		"1-abc-def-123": "resume token is corrupt (incorrect checksum)",
		"nonsense":      "resume token is corrupt (invalid format)",
		"2-1-2-00":      "resume token is corrupt (invalid version 2)",
		"1-0-2-zz":      "resume token is corrupt (payload is not hex-encoded)",
	} {
		if _, why := decodeToken(token); why != want {
			t.Errorf("%s: %q", token, why)
		}
	}
}

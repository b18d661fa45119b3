package config

import "testing"

func TestNearest(t *testing.T) {
	keys := []string{"remoteHost", "remotePool", "remotePort", "remoteUser", "datasets", "send", "last"}
	for word, want := range map[string]string{
		"remotehost": "remoteHost", "remotHost": "remoteHost", "reomtePool": "remotePool", "dataset": "datasets", "snd": "send",
		"host": "", "x": "", "": "", "lsat": "last", "completely-different": "",
	} {
		if got := nearest(word, keys); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"", "abc", 3}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

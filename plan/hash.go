package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/tidwall/gjson"
)

// hash is the ID of a plan document: of its content without the members id and created, whatever white space it is
// printed with. It is taken from the text as it stands, so that fields which a later version adds do not change the
// ID of a plan that was saved before.
func hash(doc []byte) string {
	content := []byte{'{'}
	gjson.ParseBytes(doc).ForEach(func(key, value gjson.Result) bool {
		if k := key.String(); k != "id" && k != "created" {
			if len(content) > 1 {
				content = append(content, ',')
			}
			content = append(append(append(content, key.Raw...), ':'), value.Raw...)
		}
		return true
	})
	content = append(content, '}')
	var compact bytes.Buffer
	if err := json.Compact(&compact, content); err != nil {
		return "" // not JSON: no ID fits
	}
	sum := sha256.Sum256(unescapeHTML(compact.Bytes()))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// unescapeHTML undoes the escapes that encoding/json adds when a document is indented: they are not part of the content.
func unescapeHTML(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		if i+6 <= len(b) {
			if c, ok := map[string]byte{`\u003c`: '<', `\u003e`: '>', `\u0026`: '&'}[string(b[i:i+6])]; ok {
				out = append(out, c)
				i += 5
				continue
			}
		}
		out = append(out, b[i], b[i+1])
		i++
	}
	return out
}

package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/skeema/knownhosts"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// knownHosts are the entries of known_hosts files. A line that cannot be read is left out, as OpenSSH does: it is
// another host's most often, or has a kind of key that is too new.
type knownHosts struct {
	*knownhosts.HostKeyDB
	copies  map[string]string // the files that were read, to the ones that they stand for
	skipped []string          // which lines, and why
}

// readKnownHosts reads the files. The parser takes only files, and refuses those with a line that it cannot read: of them
// it gets copies in which such lines are comments, so that the numbers of the others stay.
func readKnownHosts(files []string) (*knownHosts, error) {
	k := &knownHosts{copies: map[string]string{}}
	var err error
	if k.HostKeyDB, err = knownhosts.NewDB(files...); err == nil {
		return k, nil
	}
	dir, err := os.MkdirTemp("", "zfsrep-known-hosts-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var readable []string
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		mended := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(mended, []byte(k.mend(file, string(text), mended)), 0o600); err != nil {
			return nil, err
		}
		k.copies[mended] = file
		readable = append(readable, mended)
	}
	k.HostKeyDB, err = knownhosts.NewDB(readable...)
	return k, err
}

// mend makes comments of the lines that cannot be read. Each is tried alone, in a file.
func (k *knownHosts) mend(file, text, trial string) string {
	var out strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		n++
		if err := tryKnownHost(line, trial); err != nil {
			why := strings.TrimPrefix(err.Error(), "knownhosts: "+trial+":1: ")
			k.skipped = append(k.skipped, Harmless(fmt.Sprintf("%s line %d, which cannot be read (%s)", file, n, why)))
			line = "#\n"
		}
		out.WriteString(line)
	}
	return out.String()
}

func tryKnownHost(line, trial string) error {
	if err := os.WriteFile(trial, []byte(line), 0o600); err != nil {
		return err
	}
	_, err := xknownhosts.New(trial)
	return err
}

// name is what people call the file of an entry.
func (k *knownHosts) name(file string) string {
	if original, copied := k.copies[file]; copied {
		return original
	}
	return file
}

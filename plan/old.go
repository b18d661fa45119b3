package plan

import (
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// complete fills in what plans did not say when their steps were shorter: it was part of the command lines only. What
// is read from them decides nothing: the commands that follow from it must be the very same.
func (w *wirePlan) complete() {
	for i := range w.Actions {
		a := &w.Actions[i]
		for _, c := range a.Commands {
			if j, known := w.Jobs[a.Job]; known && c.Side == Target && len(c.Argv) > 0 && c.Argv[0] == "sudo" {
				j.Sudo = true
				w.Jobs[a.Job] = j
			}
		}
		if len(a.Commands) == 0 {
			continue
		}
		last := a.Commands[len(a.Commands)-1].Argv
		switch {
		case a.Kind == "send" && a.Flags == nil && len(a.Commands) == 2:
			a.readOldSend(a.Commands[0].Argv, last)
		case a.Kind == "create-dataset" && a.Set == nil:
			a.Set = setOptions(last)
		case a.Kind == "rename":
			a.Volume = a.Volume || !slices.Contains(last, "-u")
		}
	}
}

func (w *wireAction) readOldSend(send, receive []string) {
	has := func(flag string) bool { return slices.Contains(send, flag) }
	if i := slices.Index(send, "-t"); i >= 0 && i+1 < len(send) {
		w.Token = send[i+1]
	}
	flags := wireFlags(zfs.SendFlags{Raw: has("-w"), Compressed: has("-c"), LargeBlocks: has("-L"), Embedded: has("-e"), Properties: has("-p")})
	w.Flags, w.Receive = &flags, &wireReceive{Force: slices.Contains(receive, "-F"), Set: setOptions(receive)}
	for i, word := range receive {
		if word == "-x" && i+1 < len(receive) {
			w.Receive.Exclude = append(w.Receive.Exclude, receive[i+1])
		}
	}
}

// setOptions are the -o name=value of a command line.
func setOptions(argv []string) map[string]string {
	var set map[string]string
	for i, word := range argv {
		if word != "-o" || i+1 == len(argv) {
			continue
		}
		if name, value, ok := strings.Cut(argv[i+1], "="); ok {
			if set == nil {
				set = map[string]string{}
			}
			set[name] = value
		}
	}
	return set
}

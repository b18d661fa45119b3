package host

import "strings"

// Quote renders argv as one line that a POSIX shell splits into exactly argv again. Plain words stay as they
// are, everything else is put into single quotes. It is what an ssh server is given to execute, what messages
// show, and what a person can paste into a terminal.
//
// An argument cannot contain a NUL byte; [Host.Start] refuses it.
func Quote(argv []string) string {
	var b strings.Builder
	for i, word := range argv {
		if i > 0 {
			b.WriteByte(' ')
		}
		if isPlain(word) && (i > 0 || isPlainCommand(word)) {
			b.WriteString(word)
			continue
		}
		b.WriteByte('\'')
		b.WriteString(strings.ReplaceAll(word, `'`, `'\''`))
		b.WriteByte('\'')
	}
	return b.String()
}

// isPlain reports whether no shell gives word a meaning of its own. A leading "=" is left out because zsh
// expands it, "#" and "~" because they are special at the start of a word, "%" because old fish expands it.
func isPlain(word string) bool {
	if word == "" || word[0] == '=' {
		return false
	}
	for i := range len(word) {
		c := word[i]
		isAlnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !isAlnum && strings.IndexByte("@_+=:,./-", c) < 0 {
			return false
		}
	}
	return true
}

// isPlainCommand reports whether a plain word is also safe in front, where "a=b" is an assignment and some
// words belong to the shell's grammar.
func isPlainCommand(word string) bool {
	switch word {
	case "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
		"select", "then", "time", "until", "while":
		return false
	}
	return !strings.Contains(word, "=")
}

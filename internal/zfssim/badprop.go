package zfssim

// badProp is a refused property: the words after the action, and what kind of error it is when no words are given.
type badProp struct{ why, desc string }

func (b badProp) text() string {
	if b.why != "" {
		return b.why
	}
	return b.desc
}

package zfssim

import (
	"fmt"
	"strings"
	"time"
)

// humanSettable words a stored number for people, and "no limit" for everybody.
func humanSettable(p *propDef, text string, literal bool) string {
	if p.typ != typeNumber {
		return text
	}
	switch {
	case text == noLimit:
		return "none"
	case literal:
		return text
	case text == "0" && p.def == "0" && p.class == classDefault:
		return "none"
	case p.id:
		return text
	}
	return niceNum(atou(text))
}

func humanComputed(p *propDef, text string) string {
	switch {
	case p.name == "creation" || p.name == "snapshots_changed":
		return humanTime(int64(atou(text)), p.name == "snapshots_changed")
	case strings.HasSuffix(p.name, "ratio"):
		return text + "x"
	case p.typ != typeNumber || p.id:
		return text
	case strings.HasPrefix(p.name, "used") || p.name == "available" || p.name == "referenced":
		return niceBytes(atou(text))
	}
	return niceNum(atou(text))
}

// humanTime is a time as people read it, with the hour padded by a space.
func humanTime(unix int64, seconds bool) string {
	t := time.Unix(unix, 0).UTC()
	text := t.Format("Mon Jan _2 ") + fmt.Sprintf("%2d:%02d", t.Hour(), t.Minute())
	if seconds {
		text += t.Format(":05")
	}
	return text + t.Format(" 2006")
}

func onoff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func yesno(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func zeroOne(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

package report

import (
	"fmt"
	"io"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/plan"
)

// Progress shows how far the running transfers are: on a terminal as one line that is written over, elsewhere as a
// line in the log every few minutes, so that a first replication of days is not silent.
type Progress struct {
	Terminal io.Writer // nil: no terminal
	Columns  func() int
	Log      *logrus.Logger
	Every    time.Duration // between lines in the log
	Now      func() time.Time

	running []*transfer
	drawn   bool
}

// transfer is one running send.
type transfer struct {
	action  *plan.Action
	bytes   int64
	began   time.Time
	told    time.Time
	samples []sample // of the last seconds, oldest first
}

type sample struct {
	at    time.Time
	bytes int64
}

// window is how far back the shown rate looks.
const window = 10 * time.Second

// event notes what happens to transfers. Whatever else is printed finds a clean line.
func (p *Progress) event(e exec.Event, of *plan.Plan) {
	switch e := e.(type) {
	case exec.Started:
		if _, ok := e.Action.Do.(plan.Send); ok {
			now := p.Now()
			p.running = append(p.running, &transfer{action: e.Action, began: now, told: now, samples: []sample{{now, 0}}})
		}
	case exec.Progress:
		p.moved(e, of)
		return
	case exec.Finished:
		p.ended(e.Action)
	case exec.Failed:
		p.ended(e.Action)
	}
	p.clear()
}

func (p *Progress) ended(a *plan.Action) {
	for i, t := range p.running {
		if t.action == a {
			p.running = append(p.running[:i], p.running[i+1:]...)
			return
		}
	}
}

func (p *Progress) moved(e exec.Progress, of *plan.Plan) {
	for _, t := range p.running {
		if t.action != e.Action {
			continue
		}
		now := p.Now()
		t.bytes = e.Bytes
		t.samples = append(t.samples, sample{now, e.Bytes})
		for len(t.samples) > 2 && now.Sub(t.samples[1].at) > window {
			t.samples = t.samples[1:]
		}
		if p.Terminal == nil && p.Every > 0 && now.Sub(t.told) >= p.Every {
			t.told = now
			p.Log.Infof("%s/%d still sending %s", t.action.ID, len(of.Actions), t.text())
		}
	}
	p.draw(of)
}

// draw writes the line over itself, cut to the terminal's width so that it stays one line.
func (p *Progress) draw(of *plan.Plan) {
	if p.Terminal == nil || len(p.running) == 0 {
		return
	}
	text := fmt.Sprintf("%s/%d %s", p.running[0].action.ID, len(of.Actions), p.running[0].text())
	if n := len(p.running); n > 1 {
		var bytes, speed int64
		for _, t := range p.running {
			bytes, speed = bytes+t.bytes, speed+t.speed()
		}
		text = fmt.Sprintf("%d transfers at once: %s, %s/s; %s", n, size(bytes), size(speed), text)
	}
	if width := p.Columns(); width > 4 {
		if r := []rune(text); len(r) > width-3 {
			text = string(r[:width-4]) + "…"
		}
	}
	fmt.Fprintf(p.Terminal, "\r\x1b[K  %s", text)
	p.drawn = true
}

func (p *Progress) clear() {
	if p.drawn {
		fmt.Fprint(p.Terminal, "\r\x1b[K")
		p.drawn = false
	}
}

// speed is the rate of the last seconds, 0 if it is not known yet.
func (t *transfer) speed() int64 {
	first, last := t.samples[0], t.samples[len(t.samples)-1]
	if d := last.at.Sub(first.at); d >= 200*time.Millisecond {
		return int64(float64(last.bytes-first.bytes) / d.Seconds())
	}
	return 0
}

// text is how far a transfer is: "tank/a: 1.2 GiB of 3.4 GiB (35 %), 110 MiB/s, 20s left".
func (t *transfer) text() string {
	send := t.action.Do.(plan.Send)
	text := send.Dataset + ": " + size(t.bytes)
	whole := int64(0)
	if send.Bytes != nil {
		whole = *send.Bytes
	}
	if whole > 0 && t.bytes <= whole {
		text += fmt.Sprintf(" of about %s (%d %%)", size(whole), t.bytes*100/whole)
	}
	speed := t.speed()
	if speed <= 0 {
		return text
	}
	text += ", " + size(speed) + "/s"
	if left := whole - t.bytes; left > 0 {
		text += ", " + eta(time.Duration(float64(left)/float64(speed)*float64(time.Second))) + " left"
	}
	return text
}

// eta rounds what is only a guess.
func eta(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds())+1)
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return span(d)
}

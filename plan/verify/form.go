package verify

import (
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/plan"
)

// form judges what every action must carry, whatever it does, and finds out what it is about.
func (r *replay) form(a *action) *fault {
	if !known(a.Do) {
		return wrong("a step of this kind is not known")
	}
	if f := r.employ(a); f != nil {
		return f
	}
	_, name := a.Do.Subject()
	_, many := a.Do.(plan.Snapshot)
	switch {
	case name == "" && !many:
		return wrong("it names no dataset")
	case a.Why == "":
		return wrong("it has no reason")
	case r.actions[a.ID] != nil:
		return wrong("another action has the id %s", a.ID)
	}
	for _, id := range a.Needs {
		b := r.actions[id]
		if b == nil {
			return wrong("it needs action %s, which does not come before it", id)
		}
		a.needs = append(a.needs, b)
	}
	if s, ok := a.Do.(plan.Send); ok {
		if f := wellFormed(s); f != nil {
			return f
		}
	}
	return r.speaks(a)
}

// employ finds the job and the dataset of an action, and sees that it would run where the replay runs it.
func (r *replay) employ(a *action) *fault {
	at := r.plan.Jobs[a.Job]
	if r.snapshots {
		if a.Job != plan.SnapshotJob {
			return wrong("only %s takes snapshots, and it is of job %s", plan.SnapshotJob, a.Job)
		}
		if at.RemoteHost != "" {
			return wrong("snapshots are taken on this machine, and it would run on %s", at.RemoteHost)
		}
		side, name := a.Do.Subject()
		if side != plan.Source {
			return wrong("snapshots are of this machine, and it is on the side %q", side)
		}
		if name != "" {
			a.on = r.here.at(name)
		}
		return nil
	}
	j := r.byName[a.Job]
	switch {
	case j == nil:
		return wrong("there is no job %s in the config", a.Job)
	case !j.seen:
		return drift(j.there.title+" could not be looked at", "its job was not observed")
	case !strings.EqualFold(at.RemoteHost, j.RemoteHost) || !j.Local() && at.RemotePort != j.RemotePort:
		return wrong("it would run on %q, and the target of its job is %q", at.RemoteHost, j.RemoteHost)
	}
	a.job = j
	if s, ok := a.Do.(plan.Send); ok {
		a.src = r.here.at(s.Dataset)
	}
	switch side, name := a.Do.Subject(); {
	case name == "":
	case side == plan.Source:
		a.on = r.here.at(name)
	case side == plan.Target:
		a.on = j.there.at(name)
	}
	return nil
}

// wellFormed judges what a send says of itself.
func wellFormed(s plan.Send) *fault {
	switch {
	case s.Mode != plan.Full && s.Mode != plan.Incremental && s.Mode != plan.Resume:
		return wrong("%q is no way to send", s.Mode)
	case !strings.HasPrefix(s.To.Name, "@"):
		return wrong("what it sends has no name")
	case s.Mode == plan.Incremental && s.From == nil:
		return wrong("an increment starts from something")
	case s.Mode == plan.Full && s.From != nil:
		return wrong("a full stream starts from nothing, and it says %s", s.From.Name)
	case s.Origin && s.From == nil, s.Mode != plan.Incremental && s.Intermediates:
		return wrong("only an increment makes a clone, or brings what is between")
	case s.Mode == plan.Resume && s.Token == "":
		return wrong("it resumes without a token")
	case s.Mode != plan.Full && s.Mode != plan.Resume && s.Receive.Force:
		return wrong("receive -F would roll back behind one's back")
	}
	return nil
}

// speaks judges the command lines, which follow from the step.
func (r *replay) speaks(a *action) *fault {
	commands := r.plan.Commands(a.Action)
	if len(commands) == 0 {
		return wrong("it has no commands")
	}
	if _, send := a.Do.(plan.Send); !send {
		return nil
	}
	from, into := commands[0].Argv, commands[len(commands)-1].Argv
	switch {
	case len(commands) != 2:
		return wrong("a transfer is two commands, and it has %d", len(commands))
	case slices.Contains(from, "-R"):
		return wrong("zfs send -R does things behind one's back")
	case !slices.Contains(into, "-u") || !slices.Contains(into, "-s"):
		return wrong("a receive must not mount (-u) and must be resumable (-s)")
	}
	return nil
}

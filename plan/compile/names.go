package compile

import "fmt"

// here is this machine, with which a hint begins: a person must know where to type what follows.
func (p *pair) here() string { return "on this machine" }

// there is the machine of the replica.
func (p *pair) there() string { return "on " + p.target() }

// target is what people call the machine of the replica.
func (p *pair) target() string {
	switch j := p.job; {
	case j.Local():
		return "this machine"
	case j.RemotePort != 22:
		return fmt.Sprintf("%s@%s:%d", j.RemoteUser, j.RemoteHost, j.RemotePort)
	default:
		return j.RemoteUser + "@" + j.RemoteHost
	}
}

// inJob is where an option is set.
func (p *pair) inJob() string { return "in job " + p.job.Name }

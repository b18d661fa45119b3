package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// LockProgram is the name under which the shell that holds locks is seen by ps, and by which others know it.
const LockProgram = "zfsrep-lock"

// lockScript holds locks on directories until nothing comes any more on its standard input. It prints a line "taken
// FILE" for each that somebody else holds, then, if there was one, "seen ARGUMENTS" for all who hold any, then "held".
//
// Locks are on directories, for those need no file to be opened for writing: fs.protected_regular forbids that to
// other users, and systemd-tmpfiles spares directories that are locked. Nothing is written, so nobody can lead us
// anywhere with a link. Every line that ps shows ends in our arguments, and that is how others know who we are. Nested
// subshells keep one descriptor open each. dd reads what comes at least each minute while the connection stands, so
// that a connection cut in silence is not believed in for hours.
const lockScript = `
command -v flock >&2 && command -v timeout >&2 && command -v dd >&2 || exit 3
umask 0
d=/tmp/zfsrep.locks
[ -d $d ] || mkdir -m 1777 $d 2>/dev/null
cd -P $d || exit 3
taken=
hold() {
  if [ $# = 0 ]; then
    [ -z "$taken" ] || ps -ww -eo args= | sed -n 's/^.* ` + LockProgram + ` /seen /p'
    echo held
    while [ -n "$(timeout "$patience" dd bs=1 count=1 2>/dev/null)" ]; do :; done
    exit 0
  fi
  how=$1 name=$2
  shift 2
  [ -d "$name" ] || mkdir "$name" 2>/dev/null
  (
    flock -n $how 9
    [ $? != 1 ] || { taken=yes; echo "taken $name"; }
    hold "$@"
  ) 9<"$name"
}
patience=$3
shift 3
hold "$@"
`

const (
	lockBeat     = time.Minute     // how often the holder hears of us
	lockPatience = 5 * time.Minute // after which it gives us up
	lockAnswer   = 20 * time.Second
)

// lockCount tells the sessions of one run apart.
var lockCount atomic.Int64

// Locker says who locks. Run is a word that differs from run to run, Who one that people know the machine by.
type Locker struct {
	Run, Who string

	beat, patience time.Duration // shorter in tests
}

// Locks are held on a machine until they are released, or the connection ends, or this process does.
type Locks struct {
	Taken []Taken // what could not be had

	stop context.CancelFunc
	p    Process
	once sync.Once
}

// Taken is a name that somebody else has locked.
type Taken struct {
	LockName
	Who string // "" when that cannot be seen
}

// Lock locks names on h, as far as nobody else has. What another session of the same run holds is not taken: it is one
// that runs beside this one, or one whose end the machine has not noticed yet. An error means that nothing can be locked
// there, because there is no shell or no flock(1) for us.
func (l Locker) Lock(ctx context.Context, h Host, names []LockName) (*Locks, error) {
	l = l.withDefaults()
	mine := fmt.Sprintf("%s.%d", l.Run, lockCount.Add(1))
	argv := []string{"sh", "-c", lockScript, LockProgram, mine, l.Who, fmt.Sprint(int(l.patience / time.Second))}
	for _, n := range names {
		argv = append(argv, map[bool]string{true: "-s", false: "-x"}[n.Shared], n.File())
	}
	// Not ctx, or an interrupted run would give up its locks before its transfers have ended.
	within, stop := context.WithCancel(context.WithoutCancel(ctx))
	p, err := h.Start(within, argv)
	if err != nil {
		stop()
		return nil, err
	}
	in := p.Stdin()
	locks := &Locks{stop: stop, p: p}
	lines, err := lockAnswers(ctx, p)
	if err != nil {
		locks.Release()
		return nil, err
	}
	locks.Taken = takenOf(lines, names, mine)
	go l.beatOn(within, in)
	if c, ok := h.(*sshHost); ok {
		c.current().whenCrowded(locks.Release)
	}
	return locks, nil
}

func (l Locker) withDefaults() Locker {
	if l.beat == 0 {
		l.beat, l.patience = lockBeat, lockPatience
	}
	if l.Who == "" {
		l.Who = "somebody"
	}
	return l
}

// beatOn lets the holder hear of us until within ends.
func (l Locker) beatOn(within context.Context, in io.WriteCloser) {
	tick := time.NewTicker(l.beat)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := io.WriteString(in, "."); err != nil {
				return
			}
		case <-within.Done():
			return
		}
	}
}

// Release gives the locks up.
func (l *Locks) Release() {
	l.once.Do(func() {
		_ = l.p.Stdin().Close()
		l.stop()
		_ = l.p.Wait()
	})
}

// lockAnswers reads what the holder says, up to and without "held".
func lockAnswers(ctx context.Context, p Process) ([]string, error) {
	type answer struct {
		lines []string
		err   error
	}
	said := make(chan answer, 1)
	go func() {
		var a answer
		a.err = errors.New("it ended without holding locks")
		scan := bufio.NewScanner(io.LimitReader(p.Stdout(), 1<<20))
		for scan.Scan() {
			if scan.Text() == "held" {
				a.err = nil
				break
			}
			a.lines = append(a.lines, scan.Text())
		}
		said <- a
	}()
	select {
	case a := <-said:
		return a.lines, a.err
	case <-time.After(lockAnswer):
		return nil, fmt.Errorf("no answer within %s", lockAnswer)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// takenOf are the names that somebody else holds, and who that is.
func takenOf(lines []string, names []LockName, mine string) []Taken {
	run := mine[:strings.LastIndexByte(mine, '.')+1]
	var taken []Taken
	for _, n := range names {
		if !slices.Contains(lines, "taken "+n.File()) {
			continue
		}
		t, ours := Taken{LockName: n}, false
		for _, line := range lines {
			words := strings.Fields(line)
			switch {
			case len(words) < 4 || words[0] != "seen" || words[1] == mine || !slices.Contains(words[4:], n.File()):
			case strings.HasPrefix(words[1], run):
				ours = true
			default:
				t.Who = Harmless(words[2])
			}
		}
		if !ours || t.Who != "" {
			taken = append(taken, t)
		}
	}
	return taken
}

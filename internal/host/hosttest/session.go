package hosttest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

func (s *Server) accept() {
	defer s.gone.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.gone.Add(1)
		go s.serve(conn)
	}
}

// Close ends the server, its connections and its commands, and waits for all of them. It may be called twice.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.Cut()
	s.mu.Lock()
	for _, pid := range s.pids {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
	s.mu.Unlock()
	s.gone.Wait()
}

func (s *Server) serve(conn net.Conn) {
	defer s.gone.Done()
	defer func() {
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		_ = conn.Close()
	}()
	_, channels, reqs, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(reqs) // answers keepalives as sshd does: with a refusal
	var open atomic.Int64
	for channel := range channels {
		if n := int(open.Add(1)); n > s.o.MaxSessions {
			open.Add(-1)
			_ = channel.Reject(ssh.ConnectionFailed, "open failed")
			continue
		} else {
			s.mu.Lock()
			s.peak = max(s.peak, n)
			s.mu.Unlock()
		}
		ch, reqs, err := channel.Accept()
		if err != nil {
			return
		}
		s.gone.Add(1)
		go func() {
			defer s.gone.Done()
			defer open.Add(-1)
			s.session(ch, reqs)
		}()
	}
}

// session executes one command. Like sshd it frees the session only when the command is gone.
func (s *Server) session(ch ssh.Channel, reqs <-chan *ssh.Request) {
	var cmd *exec.Cmd
	ended := make(chan struct{})
	for req := range reqs {
		switch req.Type {
		case "exec":
			if s.o.Silent {
				continue
			}
			var exec struct{ Line string }
			if s.o.NoExec || cmd != nil || ssh.Unmarshal(req.Payload, &exec) != nil {
				_ = req.Reply(false, nil)
				continue
			}
			if s.o.Exec != nil {
				_ = req.Reply(true, nil)
				s.gone.Add(1)
				go s.simulate(ch, exec.Line)
				continue
			}
			if cmd = s.start(ch, exec.Line); cmd == nil {
				_ = req.Reply(false, nil)
				continue
			}
			_ = req.Reply(true, nil)
			go s.await(ch, cmd, ended)
		case "signal":
			var signal struct{ Name string }
			if cmd != nil && !s.o.IgnoreSignal && ssh.Unmarshal(req.Payload, &signal) == nil {
				_ = syscall.Kill(-cmd.Process.Pid, unix.SignalNum("SIG"+signal.Name))
			}
		default:
			_ = req.Reply(false, nil)
		}
	}
	_ = ch.Close()
	if cmd != nil {
		<-ended
	}
}

// simulate has Options.Exec execute a command line.
func (s *Server) simulate(ch ssh.Channel, line string) {
	defer s.gone.Done()
	s.mu.Lock()
	s.lines = append(s.lines, line)
	s.mu.Unlock()
	code := uint32(s.o.Exec(line, ch, ch, ch.Stderr()))
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
	_ = ch.Close()
}

// start starts a command line, or returns nil.
func (s *Server) start(ch ssh.Channel, line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = append(os.Environ(), s.o.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdout, cmd.Stderr = ch, ch.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	if err := cmd.Start(); err != nil {
		return nil
	}
	s.pids = append(s.pids, cmd.Process.Pid)
	go func() {
		_, _ = io.Copy(stdin, ch)
		_ = stdin.Close()
	}()
	return cmd
}

func (s *Server) await(ch ssh.Channel, cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	if !s.o.NoStatus {
		tell(ch, err)
	}
	_ = ch.Close()
	close(ended)
}

// tell sends the exit status or signal.
func tell(ch ssh.Channel, err error) {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			_, _ = ch.SendRequest("exit-signal", false, ssh.Marshal(struct {
				Name       string
				CoreDumped bool
				Message    string
				Language   string
			}{Name: strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")}))
			return
		}
	}
	code := uint32(0)
	if exit != nil {
		code = uint32(exit.ExitCode())
	}
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
}

// reset closes a TCP connection without a farewell.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) manCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "man",
		Usage:       "print the man page, zfsrep(8)",
		Description: "The page is made from the commands themselves, so it cannot be out of date.",
		Action: func(c *cli.Context) error {
			return manPage(p.stdout, c.App)
		},
	}, 0, "zfsrep man | man -l -")
}

// manPage writes the page in the man macros (man(7)).
func manPage(w io.Writer, app *cli.App) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH ZFSREP 8 \"\" \"zfsrep %s\" \"System Administration\"\n", roff(app.Version))
	fmt.Fprintf(&b, ".SH NAME\nzfsrep \\- %s\n", roff(app.Usage))
	b.WriteString(".SH SYNOPSIS\n")
	for _, c := range app.VisibleCommands() {
		fmt.Fprintf(&b, ".B zfsrep %s\n%s\n.br\n", roff(c.Name), roff(strings.TrimSpace("[options] "+c.ArgsUsage)))
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", manText(app.Description))
	b.WriteString(".SH COMMANDS\n")
	for _, c := range app.VisibleCommands() {
		description, examples, _ := strings.Cut(c.Description, "\n\nExamples:\n")
		fmt.Fprintf(&b, ".SS zfsrep %s\n%s.\n%s\n", roff(c.Name), roff(sentence(c.Usage)), manText(description))
		for _, f := range c.VisibleFlags() {
			manFlag(&b, f)
		}
		if examples != "" {
			fmt.Fprintf(&b, ".P\nExamples:\n.P\n.RS\n.nf\n%s\n.fi\n.RE\n", roff(strings.ReplaceAll(examples, "   ", "")))
		}
	}
	b.WriteString(`.SH FILES
.TP
.I /etc/zfs-replication/config.json
the config; its keys are the names of the NixOS options
.TP
.I /run/zfsrep
locks of the places that are replicated into, and of what they lie in
.TP
.I /tmp/zfsrep.locks
the same on a machine that receives, so that no two sources replicate into one place at once
.TP
.I /var/lib/zfsrep
how the last runs ended
.SH ENVIRONMENT
.TP
.B ZFSREP_IDENTITY_FILE
the private key of every job, instead of identityFile
.TP
.B ZFSREP_METRICS, ZFSREP_STATE_DIR, ZFSREP_LOCK_DIR
what the options of these names say
.TP
.B NO_COLOR
when set, nothing is coloured
.SH SEE ALSO
.BR zfs (8),
.BR zfs-send (8),
.BR zfs-receive (8)
`)
	_, err := io.WriteString(w, b.String())
	return err
}

func manFlag(b *strings.Builder, f cli.Flag) {
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return
	}
	placeholder, usage := "", d.GetUsage()
	if before, rest, found := strings.Cut(usage, "`"); found {
		name, after, _ := strings.Cut(rest, "`")
		placeholder, usage = name, before+name+after
	}
	var names []string
	for _, n := range f.Names() {
		dash := "--"
		if len(n) == 1 {
			dash = "-"
		}
		names = append(names, roff(dash+n))
	}
	fmt.Fprintf(b, ".TP\n\\fB%s\\fR", strings.Join(names, "\\fR, \\fB"))
	if placeholder != "" {
		fmt.Fprintf(b, " \\fI%s\\fR", roff(placeholder))
	}
	fmt.Fprintf(b, "\n%s", roff(usage))
	if value := d.GetValue(); d.TakesValue() && value != "" {
		fmt.Fprintf(b, " (default: %s)", roff(strings.Trim(value, `"`)))
	}
	b.WriteByte('\n')
}

func manText(text string) string { return strings.ReplaceAll(roff(text), "\n\n", "\n.P\n") }

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// roff escapes what troff would take for itself.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// bashCompletion asks zfsrep itself for what may come next, and leaves files to the shell.
const bashCompletion = `_zfsrep() {
  local cur="${COMP_WORDS[COMP_CWORD]}" asked=("${COMP_WORDS[@]:0:COMP_CWORD}") options
  case "${COMP_WORDS[COMP_CWORD-1]}" in
    --config|-c|--against|--state|--out|--metrics|--lock-dir|--state-dir|apply) COMPREPLY=(); return ;;
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur")); return ;;
  esac
  [[ "$cur" == -* ]] && asked+=("$cur")
  options=$("${asked[@]}" --generate-bash-completion 2>/dev/null)
  COMPREPLY=($(compgen -W "$options" -- "$cur"))
}
complete -o bashdefault -o default -F _zfsrep zfsrep
`

// zshCompletion does the same with zsh's own words.
const zshCompletion = `#compdef zfsrep
_zfsrep() {
  local -a options asked
  case "${words[CURRENT-1]}" in
    --config|-c|--against|--state|--out|--metrics|apply) _files; return ;;
    --lock-dir|--state-dir) _files -/; return ;;
    completion) compadd bash zsh fish; return ;;
  esac
  asked=("${(@)words[1,CURRENT-1]}")
  [[ "${words[CURRENT]}" == -* ]] && asked+=("${words[CURRENT]}")
  options=("${(@f)$("${asked[@]}" --generate-bash-completion 2>/dev/null)}")
  _describe 'zfsrep' options
}
if [ "$funcstack[1]" = "_zfsrep" ]; then _zfsrep "$@"; else compdef _zfsrep zfsrep; fi
`

func (p *program) completionCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "completion",
		Usage:       "print what makes a shell complete zfsrep's commands and options",
		ArgsUsage:   "bash|zsh|fish",
		Description: "Packages install the output where the shell looks for it.",
		Action: func(c *cli.Context) error {
			var text string
			var err error
			switch shell := c.Args().First(); shell {
			case "bash":
				text = bashCompletion
			case "zsh":
				text = zshCompletion
			case "fish":
				text, err = c.App.ToFishCompletion()
				text = strings.ReplaceAll(text, "`", "") // marks of the placeholders in our usage texts
			default:
				return usageError{fmt.Errorf("there is no completion for %q: it can be bash, zsh or fish", shell)}
			}
			if err != nil {
				return err
			}
			_, err = io.WriteString(p.stdout, text)
			return err
		},
	}, 1, "source <(zfsrep completion bash)", "zfsrep completion fish > ~/.config/fish/completions/zfsrep.fish")
}

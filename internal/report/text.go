package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// Widths of text in columns. A terminal may be wider or narrower than usual; lines longer than readable help nobody.
const (
	usualWidth    = 80
	narrowestText = 40
	widestText    = 100
)

// textWidth is how wide text becomes where there are so many columns; 0 says that nobody knows.
func textWidth(columns int) int {
	if columns <= 0 {
		return usualWidth
	}
	return min(max(columns, narrowestText), widestText)
}

// wrap breaks text at spaces so that every line with its indent fits. Longer words stay whole: they are names.
func wrap(text string, width, indent int) []string {
	room := max(width-indent, narrowestText/2)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && columns(line)+1+columns(word) > room {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line == "" {
		return lines
	}
	return append(lines, line)
}

// paragraph prints wrapped text, all lines behind the indent, each through paint.
func paragraph(w io.Writer, text string, width, indent int, paint func(string) string) {
	for _, line := range wrap(text, width, indent) {
		fmt.Fprintf(w, "%*s%s\n", indent, "", paint(line))
	}
}

// bullet prints wrapped text with a mark before its first line.
func bullet(w io.Writer, mark, text string, width, indent int) {
	inner := indent + columns(mark) + 1
	for i, line := range wrap(text, width, inner) {
		if i == 0 {
			fmt.Fprintf(w, "%*s%s %s\n", indent, "", mark, line)
			continue
		}
		fmt.Fprintf(w, "%*s%s\n", inner, "", line)
	}
}

// plain paints nothing.
func plain(text string) string { return text }

// aligned puts right at the end of the line, or behind left when there is no room for both.
func aligned(left, right string, width int) string {
	if right == "" {
		return left
	}
	return left + strings.Repeat(" ", max(width-columns(left)-columns(right), 2)) + right
}

// columns is how much room a text takes that has no escape codes.
func columns(text string) int { return utf8.RuneCountInString(text) }

// ranges says "1–3, 7" for 1, 2, 3, 7.
func ranges(numbers []int) string {
	slices.Sort(numbers)
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		text := strconv.Itoa(numbers[i])
		if end > i {
			text += "–" + strconv.Itoa(numbers[end])
		}
		parts = append(parts, text)
		i = end + 1
	}
	return strings.Join(parts, ", ")
}

// some joins the first few of many names.
func some(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// count says "1 snapshot", "3 snapshots".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// size says "1.5 GiB".
func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// oneLine puts what may have several lines on one, for logs.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

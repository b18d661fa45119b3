package plan

import "fmt"

// Count says "1 snapshot", "3 snapshots".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

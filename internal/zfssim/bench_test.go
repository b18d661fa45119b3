package zfssim

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func busyMachine() *Machine {
	m := New(Options{})
	m.AddPool("tank", PoolOptions{})
	for i := range 10 {
		ds := fmt.Sprintf("tank/d%d", i)
		m.MustRun("zfs create " + ds)
		for j := range 20 {
			m.Write(ds, "f", []byte{byte(j)})
			m.MustRun(fmt.Sprintf("zfs snapshot %s@s%d", ds, j))
		}
	}
	return m
}

func benchmarkCommand(b *testing.B, line string) {
	m := busyMachine()
	argv := strings.Fields(line)
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		m.Exec(argv, nil, &out, &out)
	}
}

func BenchmarkListSnapshots(b *testing.B) {
	benchmarkCommand(b, "zfs list -Hp -r -t snapshot,bookmark -o name,guid,createtxg,creation,userrefs,numclones,ivsetguid tank")
}

func BenchmarkListWritten(b *testing.B) {
	benchmarkCommand(b, "zfs list -Hp -r -t snapshot -o name,used,written,referenced tank")
}

func BenchmarkGetProperties(b *testing.B) {
	benchmarkCommand(b, "zfs get -Hp -r -t filesystem,volume -o name,property,value,source type,guid,used,available,written,readonly,encryption,receive_resume_token,mountpoint tank")
}

func BenchmarkClone(b *testing.B) {
	m := busyMachine()
	b.ReportAllocs()
	for b.Loop() {
		m.Clone()
	}
}

// BenchmarkReplicate is one small history: two snapshots taken, sent and received.
func BenchmarkReplicate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		src, dst := New(Options{Name: "s"}), New(Options{Name: "d"})
		src.AddPool("tank", PoolOptions{})
		dst.AddPool("tank", PoolOptions{})
		src.MustRun("zfs create tank/a")
		src.Write("tank/a", "f", []byte("x"))
		src.MustRun("zfs snapshot tank/a@1")
		src.MustRun("zfs snapshot tank/a@2")
		transfer(src, dst, "zfs send tank/a@1", "zfs receive -s -u tank/a", -1)
		transfer(src, dst, "zfs send -i @1 tank/a@2", "zfs receive -s -u tank/a", -1)
	}
}

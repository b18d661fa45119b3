package observe

import (
	"bytes"
	"fmt"
	"testing"
)

// listed is what zfs list and zfs get print about many datasets of 100 snapshots each.
func listed(datasets int) (properties, versions []byte) {
	var p, v bytes.Buffer
	for d := range datasets {
		for _, prop := range sampleProperties {
			fmt.Fprintf(&p, "tank/data/set%05d\t%s\tdefault\t%s\n", d, prop[0], prop[1])
		}
		for s := range 100 {
			fmt.Fprintf(&v, "tank/data/set%05d@daily-2025-%02d-%02d\t%d\t%d\t%d\t0\t0\t-\t1048576\t10737418240\n",
				d, s/28+1, s%28+1, uint64(d)*1_000_003_777+uint64(s)*7919+1, 1000+s*10, 1735700000+s*86400)
		}
		fmt.Fprintf(&v, "tank/data/set%05d#zfsrep_1\t%d\t2000\t1744340000\t-\t-\t0\t-\t10737418240\n", d, uint64(d)*1_000_003_777+7919*99+1)
	}
	return p.Bytes(), v.Bytes()
}

var sampleProperties = [][2]string{{"type", "filesystem"}, {"guid", "4739620809335346246"}, {"used", "688128"}, {"usedbydataset", "688128"},
	{"available", "1099511627776"}, {"written", "0"}, {"readonly", "off"}, {"origin", "-"}, {"encryption", "off"}, {"encryptionroot", "-"},
	{"keystatus", "-"}, {"pbkdf2salt", "0"}, {"receive_resume_token", "-"}, {"inconsistent", "0"}, {"canmount", "on"}, {"mountpoint", "/tank"}, {"mounted", "yes"},
	{"recordsize", "131072"}, {"compression", "on"}, {"dnodesize", "legacy"}, {"zfsrep:place", "-"}, {"quota", "0"}, {"refquota", "0"}, {"volsize", "-"}}

// BenchmarkParse reads both listings of one machine into an inventory: 100,000 and a million versions.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		props, versions := listed(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(props) + len(versions)))
			b.ReportAllocs()
			for b.Loop() {
				found := listing{}
				if err := found.addDatasets(props, properties, scope{}.settable); err != nil {
					b.Fatal(err)
				}
				if err := found.addVersions(versions); err != nil {
					b.Fatal(err)
				}
				found.sort()
				if len(found) != n {
					b.Fatal(len(found))
				}
			}
		})
	}
}

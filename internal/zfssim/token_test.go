package zfssim

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// What the simulator packs is read as what it stands for.
func TestToken(t *testing.T) {
	for _, r := range []recvState{
		{toGUID: 0xc9428504065745b1, toName: "tank/a@s1", object: 2, offset: 0x860000, bytes: 0x885ce0, embed: true, compress: true},
		{toGUID: 2, fromGUID: 1, toName: "tank/with space/e@2", object: 1, large: true, raw: true},
	} {
		want := zfs.Token{ToName: r.toName, ToGUID: zfs.GUID(r.toGUID), FromGUID: zfs.GUID(r.fromGUID), Bytes: int64(r.bytes),
			Object: r.object, Offset: r.offset, Raw: r.raw, LargeBlocks: r.large, Embedded: r.embed, Compressed: r.compress}
		got, err := zfs.DecodeToken(r.token())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
}

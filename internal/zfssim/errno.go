package zfssim

import "fmt"

// errno is what the kernel half of a command answers. The command line half turns it into words.
type errno int

const (
	eok errno = iota
	eperm
	enoent
	esrch
	eio
	eexist
	exdev
	enodev
	einval
	enospc
	erofs
	epipe
	eacces
	ebusy
	etxtbsy
	edquot
	enotsup
	eagain
	eintr
	e2big
	echecksum
	etruncated
	elargeblock
	ewrongparent
	eivmissing
	eivmismatch
	eresumeexists
	enotancestor
)

// strerror is how the C library words an errno, where ZFS prints it as it is.
func (e errno) strerror() string {
	switch e {
	case epipe:
		return "Broken pipe"
	case einval:
		return "Invalid argument"
	case eio:
		return "I/O error"
	case enospc:
		return "No space left on device"
	case eexist:
		return "File exists"
	case enoent:
		return "No such file or directory"
	case exdev:
		return "Invalid cross-device link"
	}
	return fmt.Sprintf("errno %d", int(e))
}

// standard is the text every command prints for an errno it has no special words for.
func (e errno) standard() string {
	switch e {
	case eperm, eacces:
		return "permission denied"
	case eio, enodev, epipe:
		return "I/O error"
	case enoent:
		return "dataset does not exist"
	case enospc, edquot:
		return "out of space"
	case eexist:
		return "dataset already exists"
	case ebusy:
		return "dataset is busy"
	case erofs:
		return "pool is read-only"
	case enotsup:
		return "unsupported version or feature"
	case eagain:
		return "pool I/O is currently suspended"
	case eintr:
		return "signal received"
	case ewrongparent:
		return "invalid parent dataset"
	case echecksum:
		return "insufficient replicas"
	}
	return e.strerror()
}

// Descriptions that follow the action when a command has set no words of its own.
const (
	descBadProp      = "invalid property value"
	descReadonlyProp = "read-only property"
	descPropType     = "property doesn't apply to datasets of this type"
	descNoInherit    = "property cannot be inherited"
	descPropSpace    = "size is greater than available space"
	descBadType      = "operation not applicable to datasets of this type"
	descBusy         = "pool or dataset is busy"
	descNoEnt        = "no such pool or dataset"
	descBadStream    = "invalid backup stream"
	descInvalidName  = "invalid name"
	descCrypto       = "encryption failure"
	descTagExists    = "tag already exists on this dataset"
	descNoTag        = "no such tag on this dataset"
)

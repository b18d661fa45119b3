package verify

// What is set on a dataset is inherited by everything below it, so nothing is set, replaced or rolled back above what
// belongs to somebody else.

// aboveStrangers judges that nothing below the dataset is somebody's.
func (d *dataset) aboveStrangers(what string) *fault {
	for _, x := range d.on.below(d.name) {
		if x.stranger() {
			return drift(x.name+" is on "+x.on.title, "%s would be %s, and %s below it is none of ours", d.name, what, x.name)
		}
	}
	return nil
}

// stranger says that a dataset is no job's, and not asleep: what is read-only and not mounted has nothing to lose.
func (d *dataset) stranger() bool {
	switch {
	case len(d.readers()) > 0, len(d.writers()) > 0, d.seen == nil:
		return false
	case d.prop(placeMark) == d.name:
		return false
	case d.prop("mounted") == "yes":
		return true
	case d.prop("readonly") == "on":
		return false
	}
	return !(d.prop("canmount") == "off" && d.on.leadsToPlace(d.name))
}

// mayChange judges that setting the properties on a dataset that is there changes nothing for strangers.
func (d *dataset) mayChange(set map[string]string) *fault {
	for k, v := range set {
		if is := d.prop(k); d.exists && is != "" && is != v {
			return d.aboveStrangers("changed")
		}
	}
	return nil
}

package plan

// Hash is the ID that a document should have.
func Hash(doc []byte) string { return hash(doc) }

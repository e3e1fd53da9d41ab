# METADATA
# title: Pipelines
# description: >-
#   How every policy reads a pipeline and the tables it reads. What cannot be read is listed in
#   `unreadable`, and every policy denies it.
# scope: package
package mesh.pipelines

import data.mesh.shown

# The pipeline and its domain as messages name them.
title := shown.plain(object.get(pipeline, "name", null))

owner := shown.plain(object.get(pipeline, "domain", null))

# The entries of `reads` that say which table they are.
tables := [table |
	some table in pipeline.reads
	identified(table)
] if {
	is_array(pipeline.reads)
}

# A domain as catalogs write it.
catalog(domain) := replace(domain, "-", "_")

unreadable contains {"msg": msg, "address": ""} if {
	not mapping
	msg := "the pipeline cannot be read: it is not a mapping"
}

unreadable contains {"msg": msg, "address": "name"} if {
	not named
	msg := "name cannot be read: expected <domain>.<tier>.<table>, the tier raw, derived or product"
}

unreadable contains {"msg": msg, "address": "domain"} if {
	not owned
	msg := "domain cannot be read: expected the domain that the pipeline belongs to"
}

# A borrowed domain would open that domain's own tables.
unreadable contains {"msg": msg, "address": "domain"} if {
	filled(pipeline.domain)
	parts(pipeline.name)[0] != catalog(pipeline.domain)
	msg := sprintf("domain %s disagrees with the name %s", [pipeline.domain, pipeline.name])
}

unreadable contains {"msg": msg, "address": "reads"} if {
	not tables
	msg := "reads cannot be read: expected a list of tables"
}

unreadable contains {"msg": msg, "address": concat("", ["reads[", format_int(i, 10), "]"])} if {
	is_array(pipeline.reads)
	some i, table in pipeline.reads
	not identified(table)
	msg := sprintf("table %d of reads cannot be read: %s", [i + 1, concat(" ", [
		"expected a mapping whose name, <domain>.<tier>.<table>, agrees with its domain, tier and",
		"table",
	])])
}

# `not f(x)` means something else in each engine where x is undefined: what may be missing is asked
# about by a rule of its own, as in `not mapping`.
mapping if is_object(input)

pipeline := input if mapping

named if parts(pipeline.name)

owned if filled(pipeline.domain)

identified(table) if {
	found := parts(table.name)
	is_string(table.domain)
	found[0] == catalog(table.domain)
	found[1] == table.tier
	found[2] == table.table
}

parts(name) := found if {
	is_string(name)
	found := split(name, ".")
	count(found) == 3
	found[0] != ""
	found[1] in {"raw", "derived", "product"}
	found[2] != ""
}

filled(text) if {
	is_string(text)
	text != ""
}

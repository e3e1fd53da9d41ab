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
	is_array(pipeline.reads)
	some table in pipeline.reads
	identified(table)
]

# A domain as catalogs write it.
catalog(domain) := replace(domain, "-", "_")

unreadable contains {"msg": msg, "address": ""} if {
	not is_object(document)
	msg := "the pipeline cannot be read: it is not a mapping"
}

unreadable contains {"msg": msg, "address": "name"} if {
	not table_name(object.get(pipeline, "name", null))
	msg := "name cannot be read: expected <domain>.<tier>.<table>, the tier raw, derived or product"
}

unreadable contains {"msg": msg, "address": "domain"} if {
	not filled(object.get(pipeline, "domain", null))
	msg := "domain cannot be read: expected the domain that the pipeline belongs to"
}

# A borrowed domain would open that domain's own tables.
unreadable contains {"msg": msg, "address": "domain"} if {
	filled(pipeline.domain)
	parts(pipeline.name)[0] != catalog(pipeline.domain)
	msg := sprintf("domain %s disagrees with the name %s", [pipeline.domain, pipeline.name])
}

unreadable contains {"msg": msg, "address": "reads"} if {
	not is_array(object.get(pipeline, "reads", null))
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

default document := null

document := input

default pipeline := {}

pipeline := document if is_object(document)

identified(table) if {
	is_object(table)
	found := parts(table.name)
	is_string(table.domain)
	found[0] == catalog(table.domain)
	found[1] == table.tier
	found[2] == table.table
}

table_name(name) if parts(name)

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

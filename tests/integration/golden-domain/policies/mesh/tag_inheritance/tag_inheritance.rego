# METADATA
# title: A tag is inherited until a transform strips it
# description: >-
#   A column declares every tag that any column it is made of carries. The table of transforms says
#   which of them strip which tags; what it does not name keeps them all. What cannot be read is
#   denied.
# scope: package
# custom:
#   id: mesh.tag_inheritance
#   severity: deny
#   input: lineage
#   exceptions: false
#   link: policies/mesh/tag_inheritance/tag_inheritance.rego
#   why: >-
#     A hash of an address still tells one person from another. A tag that is lost on the way is a
#     rule that no longer holds where the data is used.
#   way_out: >-
#     Declare the tag on the column, or pass it through an aggregate that strips it.
#   passes: >-
#     {"kind": "lineage", "columns": [
#     {"name": "customer.raw.users.email", "tags": ["PII"], "derived_from": []},
#     {"name": "marketing.derived.leads.users", "tags": [], "derived_from":
#     [{"column": "customer.raw.users.email", "transform": "count_distinct"}]}]}
#   fails: >-
#     {"kind": "lineage", "columns": [
#     {"name": "customer.raw.users.email", "tags": ["PII"], "derived_from": []},
#     {"name": "marketing.derived.leads.hashed_email", "tags": [], "derived_from":
#     [{"column": "customer.raw.users.email", "transform": "sha256"}]}]}
package mesh.tag_inheritance

import data.mesh.tags

# METADATA
# title: Denials
# description: One object for each reason, with what is wrong and where.
# entrypoint: true
deny contains {"msg": msg, "address": name} if {
	some tag, carriers in carried_by
	some name in graph.reachable(passing(tag), carriers)
	not name in carriers
	msg := sprintf("column %s inherits %s tag from upstream but does not declare it", [name, tag])
}

deny contains {"msg": msg, "address": column.name} if {
	some column in columns
	some tag in tags.of(column)
	some right in tags.meant(tag)
	msg := sprintf(`column %s has the tag "%s": write it %s`, [column.name, tag, right])
}

# What cannot be read.

deny contains {"msg": msg, "address": ""} if {
	not mapping
	msg := "the lineage cannot be read: it is not a mapping"
}

deny contains {"msg": msg, "address": "columns"} if {
	not columns
	msg := "columns cannot be read: expected a list of columns"
}

deny contains {"msg": msg, "address": concat("", ["columns[", format_int(i, 10), "]"])} if {
	is_array(input.columns)
	some i, column in input.columns
	not named(column)
	msg := sprintf("column %d of columns cannot be read: expected a mapping with a name", [i + 1])
}

deny contains {"msg": msg, "address": name} if {
	some name, found in places
	count(found) > 1
	msg := sprintf("column %s is described more than once", [name])
}

deny contains {"msg": msg, "address": column.name} if {
	some column in columns
	not listed(column)
	msg := sprintf("tags of column %s cannot be read: expected a list of texts", [column.name])
}

deny contains {"msg": msg, "address": column.name} if {
	some column in columns
	not derived(column)
	msg := sprintf("derived_from of column %s cannot be read: expected a list, %s", [
		column.name,
		"which is empty for a source",
	])
}

deny contains {"msg": msg, "address": column.name} if {
	some column in columns
	derived(column)
	some i, parent in column.derived_from
	not derivation(parent)
	msg := sprintf("entry %d of derived_from of column %s cannot be read: %s", [
		i + 1,
		column.name,
		"expected a mapping with a column and a transform",
	])
}

deny contains {"msg": msg, "address": edge.child} if {
	some edge in edges
	not places[edge.parent]
	msg := sprintf("column %s is made of %s, which is not described: its tags are not known", [
		edge.child,
		edge.parent,
	])
}

deny contains {"msg": msg, "address": "unresolved"} if {
	unresolved := input.unresolved
	not texts(unresolved)
	msg := "unresolved cannot be read: expected a list of names"
}

deny contains {"msg": msg, "address": name} if {
	texts(input.unresolved)
	some name in input.unresolved
	msg := sprintf("the columns that %s is made of are not known: declare those of its sources", [name])
}

deny contains {"msg": msg, "address": ""} if {
	not transforming
	msg := "the bundle has no table of transforms: data.mesh.transforms"
}

# `not f(x)` means something else in each engine where x is undefined: what may be missing is asked
# about by a rule of its own, as in `not mapping`.
mapping if is_object(input)

# Whether any transform is known.
transforming if some _ in data.mesh.transforms

columns := [column |
	some column in input.columns
	named(column)
] if {
	is_array(input.columns)
}

places[column.name] contains i if {
	some i, column in columns
}

edges := [{"child": column.name, "parent": parent.column, "transform": parent.transform} |
	some column in columns
	derived(column)
	some parent in column.derived_from
	derivation(parent)
]

# The columns that declare each tag.
carried_by[tag] contains column.name if {
	some column in columns
	some tag in tags.of(column)
}

# The graph that a tag passes along, from each column to those made of it.
passing(tag) := {name: object.get(edges_of(tag), name, set()) |
	some name, _ in places
}

edges_of(tag) := object.get(stripped, tag, {}) if tag in strippable

edges_of(tag) := kept if not tag in strippable

kept[edge.parent] contains edge.child if {
	some edge in edges
}

# For a tag that some transform strips: the graph without those edges.
stripped[tag][edge.parent] contains edge.child if {
	some tag in strippable
	some edge in edges
	not tag in object.get(data.mesh.transforms, edge.transform, [])
}

strippable := {tag |
	some stripped_tags in data.mesh.transforms
	some tag in stripped_tags
}

named(column) if {
	is_string(column.name)
	column.name != ""
}

derived(column) if is_array(column.derived_from)

derivation(parent) if {
	is_string(parent.column)
	is_string(parent.transform)
}

# No tags at all is an empty list: left out, they are not known.
listed(column) if {
	"tags" in object.keys(column)
	tags.readable(column)
}

texts(found) if {
	is_array(found)
	every text in found {
		is_string(text)
	}
}

# METADATA
# title: Data about customers is not kept for ever
# description: >-
#   A table tagged customer_data says in retention_days how long its rows are kept, and that is at
#   most the number in the table of limits. What cannot be read is denied.
# scope: package
# custom:
#   id: mesh.retention
#   severity: deny
#   input: contract
#   exceptions: false
#   link: policies/mesh/retention/retention.rego
#   why: >-
#     What is kept without a limit is found by the next leak, and by the next request to be
#     forgotten.
#   way_out: >-
#     Write retention_days in the contract, within the limit, and delete older rows.
#   passes: >-
#     {"name": "orders.product.customers", "tags": ["customer_data"], "retention_days": 365,
#     "schema": []}
#   fails: >-
#     {"name": "orders.product.customers", "tags": ["customer_data"], "schema": []}
package mesh.retention

import data.mesh.shown
import data.mesh.tags

# METADATA
# title: Denials
# description: One object for each reason, with what is wrong and where.
# entrypoint: true
deny contains {"msg": msg, "address": "retention_days"} if {
	"customer_data" in tags.of(input)
	not "retention_days" in object.keys(input)
	msg := sprintf("the table is tagged customer_data but has no retention_days (at most %d)", [limit])
}

deny contains {"msg": msg, "address": "retention_days"} if {
	"customer_data" in tags.of(input)
	whole(input.retention_days)
	input.retention_days > limit
	msg := sprintf("the table is tagged customer_data and keeps rows for %s days (at most %d)", [
		shown.value(input.retention_days),
		limit,
	])
}

deny contains {"msg": msg, "address": "retention_days"} if {
	whole(input.retention_days)
	input.retention_days < 0
	msg := sprintf("retention_days is %s, which is negative", [shown.value(input.retention_days)])
}

# The tags of regions are read by mesh.cross_region, where a table is read: here is where they are
# written.
deny contains {"msg": msg, "address": "tags"} if {
	some tag in tags.of(input)
	some right in tags.meant(tag)
	right != "PII"
	msg := sprintf(`the table has the tag "%s": write it %s`, [tag, right])
}

deny contains {"msg": msg, "address": concat(".", ["schema", column.name])} if {
	some column in columns
	some tag in tags.of(column)
	some right in tags.meant(tag)
	right != "PII"
	msg := sprintf(`column %s has the tag "%s": write it %s`, [column.name, tag, right])
}

# What cannot be read.

deny contains {"msg": msg, "address": ""} if {
	not mapping
	msg := "the contract cannot be read: it is not a mapping"
}

deny contains {"msg": msg, "address": "tags"} if {
	mapping
	not tagged
	msg := "tags of the table cannot be read: expected a list of texts"
}

deny contains {"msg": msg, "address": "retention_days"} if {
	days := input.retention_days
	not whole(days)
	msg := sprintf("retention_days is %s, which is not a whole number of days", [shown.value(days)])
}

deny contains {"msg": msg, "address": ""} if {
	not limited
	msg := "the bundle has no limit of retention: data.mesh.limits.retention_days"
}

# `not f(x)` means something else in each engine where x is undefined: what may be missing is asked
# about by a rule of its own, as in `not mapping`.
mapping if is_object(input)

tagged if tags.readable(input)

limit := data.mesh.limits.retention_days

limited if is_number(limit)

columns := [column |
	some column in input.schema
	is_string(column.name)
] if {
	is_array(input.schema)
}

whole(days) if {
	is_number(days)
	round(days) == days
}

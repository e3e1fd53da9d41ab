# METADATA
# title: Personal data is masked in the product tier
# description: >-
#   In the product tier, a column tagged PII needs a mask. In every tier, a mask is one of those in
#   the table of limits. What cannot be read is denied.
# scope: package
# custom:
#   id: mesh.pii_masking
#   severity: deny
#   input: contract
#   exceptions: false
#   link: policies/mesh/pii_masking/pii_masking.rego
#   why: >-
#     The product tier is read by everyone. A name or an address that gets there in the clear cannot
#     be called back.
#   way_out: >-
#     Give the column a mask from the list, or take it out of the product.
#   passes: >-
#     {"name": "orders.product.customers", "schema":
#     [{"name": "email", "type": "string", "tags": ["PII"], "mask": "sha256"}]}
#   fails: >-
#     {"name": "orders.product.customers", "schema":
#     [{"name": "email", "type": "string", "tags": ["PII"]}]}
package mesh.pii_masking

import data.mesh.shown
import data.mesh.tags

# METADATA
# title: Denials
# description: One object for each reason, with what is wrong and where.
# entrypoint: true
deny contains {"msg": msg, "address": concat(".", ["schema", column.name])} if {
	tier == "product"
	some column in columns
	"PII" in tags.of(column)
	not "mask" in object.keys(column)
	msg := sprintf("column %s is tagged PII but has no mask: directive (allowed: %s)", [
		column.name,
		concat(" | ", masks),
	])
}

deny contains {"msg": msg, "address": concat(".", ["schema", column.name])} if {
	some column in columns
	mask := column.mask
	not mask in masks
	msg := sprintf("column %s has mask: %s, which is not allowed (allowed: %s)", [
		column.name,
		shown.value(mask),
		concat(" | ", masks),
	])
}

deny contains {"msg": msg, "address": concat(".", ["schema", column.name])} if {
	some column in columns
	some tag in tags.of(column)
	"PII" in tags.meant(tag)
	msg := sprintf(`column %s has the tag "%s": write it PII`, [column.name, tag])
}

deny contains {"msg": msg, "address": "tags"} if {
	some tag in tags.of(input)
	"PII" in tags.meant(tag)
	msg := sprintf(`the table has the tag "%s": write it PII`, [tag])
}

# What cannot be read.

deny contains {"msg": msg, "address": ""} if {
	not mapping
	msg := "the contract cannot be read: it is not a mapping"
}

deny contains {"msg": msg, "address": "name"} if {
	not tier
	msg := "name cannot be read: expected <domain>.<tier>.<table>, the tier raw, derived or product"
}

deny contains {"msg": msg, "address": "schema"} if {
	not columns
	msg := "schema cannot be read: expected a list of columns"
}

deny contains {"msg": msg, "address": concat("", ["schema[", format_int(i, 10), "]"])} if {
	is_array(input.schema)
	some i, column in input.schema
	not named(column)
	msg := sprintf("column %d of schema cannot be read: expected a mapping with a name", [i + 1])
}

deny contains {"msg": msg, "address": concat(".", ["schema", column.name])} if {
	some column in columns
	not tags.readable(column)
	msg := sprintf("tags of column %s cannot be read: expected a list of texts", [column.name])
}

deny contains {"msg": msg, "address": "tags"} if {
	mapping
	not tagged
	msg := "tags of the table cannot be read: expected a list of texts"
}

deny contains {"msg": msg, "address": ""} if {
	not masking
	msg := "the bundle has no table of masks: data.mesh.limits.masks"
}

# `not f(x)` means something else in each engine where x is undefined: what may be missing is asked
# about by a rule of its own, as in `not mapping`.
mapping if is_object(input)

tagged if tags.readable(input)

masks := data.mesh.limits.masks

masking if count(masks) > 0

columns := [column |
	some column in input.schema
	named(column)
] if {
	is_array(input.schema)
}

tier := parts[1] if {
	is_string(input.name)
	parts := split(input.name, ".")
	count(parts) == 3
	parts[0] != ""
	parts[1] in {"raw", "derived", "product"}
	parts[2] != ""
}

named(column) if {
	is_string(column.name)
	column.name != ""
}

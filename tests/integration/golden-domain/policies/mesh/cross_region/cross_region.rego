# METADATA
# title: Data stays in its region
# description: >-
#   A table tagged region:EU is read from compute inside the EU. The table of regions says which
#   compute that is; what it does not name is outside. What cannot be read is denied.
# scope: package
# custom:
#   id: mesh.cross_region
#   severity: deny
#   input: pipeline
#   exceptions: true
#   link: policies/mesh/cross_region/cross_region.rego
#   why: >-
#     Where data may be processed is a promise to the people it is about, and often the law.
#   way_out: >-
#     Compute in the region of the table, or ask the compliance team for an exception.
#   passes: >-
#     {"kind": "pipeline", "name": "marketing.derived.lead_attribution", "domain": "marketing",
#     "compute_region": "eu-central-1", "reads": [{"name": "orders.product.order_facts",
#     "domain": "orders", "tier": "product", "table": "order_facts", "tags": ["region:EU"]}]}
#   fails: >-
#     {"kind": "pipeline", "name": "marketing.derived.lead_attribution", "domain": "marketing",
#     "compute_region": "us-east-1", "reads": [{"name": "orders.product.order_facts",
#     "domain": "orders", "tier": "product", "table": "order_facts", "tags": ["region:EU"]}]}
package mesh.cross_region

import data.mesh.pipelines
import data.mesh.shown
import data.mesh.tags

# METADATA
# title: Denials
# description: >-
#   One object for each reason, with what is wrong and where; `resource` is the table that an
#   exception may name.
# entrypoint: true
deny contains {"msg": msg, "address": table.name, "resource": table.name} if {
	some table in pipelines.tables
	some area, inside in data.mesh.regions
	concat(":", ["region", area]) in tags.of(table)
	not compute_region in inside
	msg := sprintf("pipeline %s computes in %s and reads %s, tagged region:%s — %s", [
		pipelines.title,
		shown.plain(compute_region),
		table.name,
		area,
		"compute inside that region, or ask for an exception",
	])
}

deny contains {"msg": msg, "address": table.name} if {
	some table in pipelines.tables
	some tag in tags.of(table)
	some right in tags.meant(tag)
	msg := sprintf(`table %s has the tag "%s": write it %s`, [table.name, tag, right])
}

# What cannot be read.

deny contains finding if some finding in pipelines.unreadable

deny contains {"msg": msg, "address": "compute_region"} if {
	not computing
	msg := sprintf("compute_region is %s: expected the region that the pipeline computes in", [
		shown.value(compute_region),
	])
}

deny contains {"msg": msg, "address": table.name} if {
	some table in pipelines.tables
	not listed(table)
	msg := sprintf("tags of table %s cannot be read: expected a list of texts", [table.name])
}

deny contains {"msg": msg, "address": ""} if {
	not guarded
	msg := "the bundle has no table of regions: data.mesh.regions"
}

compute_region := object.get(pipelines.pipeline, "compute_region", null)

computing if pipelines.filled(compute_region)

# Whether any region is.
guarded if some _ in data.mesh.regions

# No tags at all is an empty list: left out, they are not known.
listed(table) if {
	"tags" in object.keys(table)
	tags.readable(table)
}

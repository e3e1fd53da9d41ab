# METADATA
# title: Another domain is read through its product tier
# description: >-
#   A pipeline reads the tables of its own domain in any tier, those of another domain in the
#   product tier alone. What cannot be read is denied.
# scope: package
# custom:
#   id: mesh.bounded_context
#   severity: deny
#   input: pipeline
#   exceptions: false
#   link: policies/mesh/bounded_context/bounded_context.rego
#   why: >-
#     Only a product is promised to stay as it is. Who reads past it breaks at the next change inside
#     a domain that did not know of the reader.
#   way_out: >-
#     Read a product of that domain; where none fits, ask its owner for one.
#   passes: >-
#     {"kind": "pipeline", "name": "marketing.derived.lead_attribution", "domain": "marketing",
#     "compute_region": "eu-central-1", "reads": [{"name": "orders.product.order_facts",
#     "domain": "orders", "tier": "product", "table": "order_facts", "tags": []}]}
#   fails: >-
#     {"kind": "pipeline", "name": "marketing.derived.lead_attribution", "domain": "marketing",
#     "compute_region": "eu-central-1", "reads": [{"name": "orders.derived.orders_clean",
#     "domain": "orders", "tier": "derived", "table": "orders_clean", "tags": []}]}
package mesh.bounded_context

import data.mesh.pipelines

# METADATA
# title: Denials
# description: One object for each reason, with what is wrong and where.
# entrypoint: true
deny contains {"msg": msg, "address": table.name} if {
	some table in pipelines.tables
	table.tier != "product"
	not own(table)
	msg := sprintf("pipeline %s (domain=%s) reads %s — %s", [
		pipelines.title,
		pipelines.owner,
		table.name,
		"only the product tier of another domain is consumable",
	])
}

# What cannot be read.

deny contains finding if some finding in pipelines.unreadable

own(table) if {
	is_string(pipelines.pipeline.domain)
	pipelines.catalog(pipelines.pipeline.domain) == pipelines.catalog(table.domain)
}

package mesh.pipelines_test

import data.mesh.pipelines

orders := {
	"name": "orders.product.order_facts",
	"domain": "orders",
	"tier": "product",
	"table": "order_facts",
	"tags": [],
}

pipeline(fields) := object.union(
	{
		"kind": "pipeline",
		"name": "marketing.derived.lead_attribution",
		"domain": "marketing",
		"compute_region": "eu-central-1",
		"reads": [orders],
	},
	fields,
)

without(key) := object.remove(pipeline({}), [key])

addresses(document) := {finding.address |
	some finding in pipelines.unreadable with input as document
}

messages(document) := {finding.msg |
	some finding in pipelines.unreadable with input as document
}

tables(document) := [table | some table in pipelines.tables with input as document]

title(document) := concat(" of ", [name, owner]) if {
	name := pipelines.title with input as document
	owner := pipelines.owner with input as document
}

test_a_pipeline_is_read if {
	messages(pipeline({})) == set()
	tables(pipeline({})) == [orders]
	title(pipeline({})) == "marketing.derived.lead_attribution of marketing"
}

test_a_hyphen_in_a_domain_is_written_as_catalogs_write_it if {
	messages(pipeline({
		"name": "customer_care.derived.calls",
		"domain": "customer-care",
		"reads": [object.union(orders, {"name": "web_shop.product.order_facts", "domain": "web-shop"})],
	})) == set()
}

test_what_is_no_mapping_cannot_be_read if {
	every document in [null, [], "pipeline", 1, true] {
		"the pipeline cannot be read: it is not a mapping" in messages(document)
		addresses(document) == {"", "name", "domain", "reads"}
	}
	reasons := {finding.msg | some finding in pipelines.unreadable}
	"the pipeline cannot be read: it is not a mapping" in reasons
}

test_a_name_that_cannot_be_read_is_told if {
	every name in [
		null,
		1,
		"",
		"lead_attribution",
		"marketing.lead_attribution",
		"marketing.Derived.lead_attribution",
		"marketing.gold.lead_attribution",
		".derived.lead_attribution",
		"marketing.derived.",
		"marketing.derived.lead.attribution",
	] {
		addresses(object.union(without("name"), {"name": name})) == {"name"}
	}
	addresses(without("name")) == {"name"}
	messages(without("name")) == {concat(" ", [
		"name cannot be read: expected <domain>.<tier>.<table>, the tier raw, derived or",
		"product",
	])}
	title(without("name")) == "null of marketing"
}

test_a_domain_that_cannot_be_read_is_told if {
	every domain in [null, 1, "", ["marketing"]] {
		addresses(object.union(without("domain"), {"domain": domain})) == {"domain"}
	}
	messages(without("domain")) == {"domain cannot be read: expected the domain that the pipeline belongs to"}
	title(without("domain")) == "marketing.derived.lead_attribution of null"
}

test_a_borrowed_domain_is_told if {
	messages(pipeline({"domain": "orders"})) == {"domain orders disagrees with the name marketing.derived.lead_attribution"}
	addresses(pipeline({"domain": "Marketing"})) == {"domain"}
}

test_reads_that_are_no_list_cannot_be_read if {
	every reads in [null, {}, "orders.product.order_facts", {"orders": orders}] {
		addresses(object.union(without("reads"), {"reads": reads})) == {"reads"}
	}
	messages(without("reads")) == {"reads cannot be read: expected a list of tables"}
	messages(pipeline({"reads": []})) == set()
}

test_a_table_that_cannot_be_identified_is_told if {
	every table in [
		null,
		"orders.product.order_facts",
		[],
		{},
		object.remove(orders, ["name"]),
		object.remove(orders, ["domain"]),
		object.remove(orders, ["tier"]),
		object.remove(orders, ["table"]),
		object.union(orders, {"name": null}),
		object.union(orders, {"name": "orders.product"}),
		object.union(orders, {"name": "orders.product.order_facts.v2"}),
		object.union(orders, {"name": "orders.derived.order_facts"}),
		object.union(orders, {"domain": null}),
		object.union(orders, {"domain": "sales"}),
		object.union(orders, {"tier": "derived"}),
		object.union(orders, {"tier": "Product"}),
		object.union(orders, {"tier": null}),
		object.union(orders, {"table": "orders"}),
		object.union(orders, {"table": null}),
		object.union(orders, {"name": ".product.order_facts", "domain": ""}),
		object.union(orders, {"name": "orders.product.", "table": ""}),
		object.union(orders, {"name": "orders.gold.order_facts", "tier": "gold"}),
	] {
		addresses(pipeline({"reads": [orders, table]})) == {"reads[1]"}
	}
	messages(pipeline({"reads": [null]})) == {concat(" ", [
		"table 1 of reads cannot be read: expected a mapping whose name, <domain>.<tier>.<table>,",
		"agrees with its domain, tier and table",
	])}
}

test_only_identified_tables_are_read if {
	tables(pipeline({"reads": [null, orders, {}]})) == [orders]
	tables(pipeline({"reads": {"orders": orders}})) == []
}

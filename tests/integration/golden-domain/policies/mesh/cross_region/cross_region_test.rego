package mesh.cross_region_test

import data.mesh.cross_region

table(tags) := {
	"name": "orders.product.order_facts",
	"domain": "orders",
	"tier": "product",
	"table": "order_facts",
	"tags": tags,
}

pipeline(region, tags) := {
	"kind": "pipeline",
	"name": "marketing.derived.lead_attribution",
	"domain": "marketing",
	"compute_region": region,
	"reads": [table(tags)],
}

findings(document) := {finding | some finding in cross_region.deny with input as document}

messages(document) := {finding.msg | some finding in findings(document)}

addresses(document) := {finding.address | some finding in findings(document)}

outside(region) := sprintf("pipeline %s computes in %s and reads %s, tagged region:EU — %s", [
	"marketing.derived.lead_attribution",
	region,
	"orders.product.order_facts",
	"compute inside that region, or ask for an exception",
])

test_compute_inside_the_eu_may_read if {
	every region in ["EU", "eu-central-1", "westeurope", "europe-west3"] {
		findings(pipeline(region, ["region:EU"])) == set()
	}
}

test_compute_outside_the_eu_may_not_read if {
	findings(pipeline("us-east-1", ["region:EU"])) == {{
		"msg": outside("us-east-1"),
		"address": "orders.product.order_facts",
		"resource": "orders.product.order_facts",
	}}
}

test_what_the_table_of_regions_does_not_name_is_outside if {
	every region in ["eu-west-2", "uksouth", "europe-west6", "eu", "EU-CENTRAL-1", " eu-west-1", "mars"] {
		messages(pipeline(region, ["region:EU"])) == {outside(region)}
	}
}

test_tables_of_no_guarded_region_are_read_from_everywhere if {
	every tags in [[], ["region:US"], ["customer_data"]] {
		findings(pipeline("us-east-1", tags)) == set()
	}
	findings(object.union(pipeline("us-east-1", []), {"reads": []})) == set()
}

test_a_compute_region_that_cannot_be_read_is_denied if {
	every region in [null, "", 1, ["eu-west-1"], true] {
		"compute_region" in addresses(pipeline(region, []))
		addresses(pipeline(region, ["region:EU"])) == {"compute_region", "orders.product.order_facts"}
	}
	messages(object.remove(pipeline("eu-west-1", []), ["compute_region"])) == {"compute_region is null: expected the region that the pipeline computes in"}
}

test_a_misspelt_tag_is_denied if {
	every tag in ["region:eu", "Region:EU", "region:EU ", "region: EU"] {
		findings(pipeline("eu-west-1", [tag])) == {{
			"msg": sprintf(`table orders.product.order_facts has the tag "%s": write it region:EU`, [tag]),
			"address": "orders.product.order_facts",
		}}
	}
}

test_tags_that_cannot_be_read_are_denied if {
	every tags in [null, "region:EU", {"region:EU": true}, 1, [null], ["region:EU", 1]] {
		findings(pipeline("eu-west-1", tags)) == {{
			"msg": "tags of table orders.product.order_facts cannot be read: expected a list of texts",
			"address": "orders.product.order_facts",
		}}
	}
	untagged := object.remove(table([]), ["tags"])
	addresses(object.union(pipeline("eu-west-1", []), {"reads": [untagged]})) == {"orders.product.order_facts"}
}

test_what_cannot_be_read_is_denied if {
	every document in [null, [], "pipeline", 1] {
		"the pipeline cannot be read: it is not a mapping" in messages(document)
	}
	addresses(object.union(pipeline("eu-west-1", []), {"reads": [null]})) == {"reads[0]"}
}

test_a_bundle_without_regions_is_denied if {
	reasons := {finding.msg |
		some finding in cross_region.deny with input as pipeline("eu-west-1", ["region:EU"])
			with data.mesh.regions as {}
	}
	reasons == {"the bundle has no table of regions: data.mesh.regions"}
}

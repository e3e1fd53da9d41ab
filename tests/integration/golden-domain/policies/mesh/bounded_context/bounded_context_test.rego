package mesh.bounded_context_test

import data.mesh.bounded_context

table(domain, tier) := {
	"name": sprintf("%s.%s.orders_clean", [replace(domain, "-", "_"), tier]),
	"domain": domain,
	"tier": tier,
	"table": "orders_clean",
	"tags": [],
}

pipeline(reads) := {
	"kind": "pipeline",
	"name": "marketing.derived.lead_attribution",
	"domain": "marketing",
	"compute_region": "eu-central-1",
	"reads": reads,
}

findings(document) := {finding | some finding in bounded_context.deny with input as document}

addresses(document) := {finding.address | some finding in findings(document)}

test_products_of_other_domains_are_read if {
	findings(pipeline([table("orders", "product"), table("customer", "product")])) == set()
}

test_every_tier_of_the_own_domain_is_read if {
	every tier in ["raw", "derived", "product"] {
		findings(pipeline([table("marketing", tier)])) == set()
	}
}

test_other_tiers_of_other_domains_are_not_read if {
	every tier in ["raw", "derived"] {
		findings(pipeline([table("orders", "product"), table("orders", tier)])) == {{
			"msg": concat(" ", [
				"pipeline marketing.derived.lead_attribution (domain=marketing) reads",
				sprintf("orders.%s.orders_clean", [tier]),
				"— only the product tier of another domain is consumable",
			]),
			"address": sprintf("orders.%s.orders_clean", [tier]),
		}}
	}
}

test_a_domain_is_compared_with_its_case if {
	addresses(pipeline([table("Marketing", "raw")])) == {"Marketing.raw.orders_clean"}
}

test_a_hyphen_and_what_catalogs_write_are_one_domain if {
	document := object.union(pipeline([table("customer-care", "raw"), table("customer_care", "raw")]), {
		"name": "customer_care.derived.calls",
		"domain": "customer-care",
	})
	findings(document) == set()
}

test_without_a_domain_nothing_is_ones_own if {
	every domain in [null, 1, ["marketing"]] {
		document := object.union(pipeline([table("marketing", "raw")]), {"domain": domain})
		addresses(document) == {"domain", "marketing.raw.orders_clean"}
	}
	addresses(object.remove(pipeline([table("marketing", "raw")]), ["domain"])) == {
		"domain",
		"marketing.raw.orders_clean",
	}
}

test_what_cannot_be_read_is_denied if {
	every document in [null, [], "pipeline", 1] {
		messages := {finding.msg | some finding in findings(document)}
		"the pipeline cannot be read: it is not a mapping" in messages
	}
	addresses(pipeline([null])) == {"reads[0]"}
	addresses(pipeline(null)) == {"reads"}
}

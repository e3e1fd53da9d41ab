package mesh.pii_masking_test

import data.mesh.pii_masking

# The contract `orders.<tier>.customers` with these columns.
contract(tier, columns) := {
	"name": sprintf("orders.%s.customers", [tier]),
	"schema": columns,
}

email(fields) := object.union({"name": "email", "type": "string"}, fields)

messages(document) := {finding.msg | some finding in pii_masking.deny with input as document}

addresses(document) := {finding.address | some finding in pii_masking.deny with input as document}

test_product_pii_with_each_mask_passes if {
	every mask in ["sha256", "tokenize", "redact"] {
		document := contract("product", [email({"tags": ["PII"], "mask": mask})])
		count(messages(document)) == 0
	}
}

test_product_pii_without_a_mask_is_denied if {
	document := contract("product", [email({"tags": ["customer", "PII"]})])
	messages(document) == {concat("", [
		"column email is tagged PII but has no mask: directive ",
		"(allowed: sha256 | tokenize | redact)",
	])}
	addresses(document) == {"schema.email"}
}

test_each_column_is_named if {
	document := contract("product", [
		email({"tags": ["PII"]}),
		{"name": "phone", "tags": ["PII"]},
		{"name": "amount"},
	])
	addresses(document) == {"schema.email", "schema.phone"}
}

test_pii_without_a_mask_passes_in_other_tiers if {
	every tier in ["raw", "derived"] {
		count(messages(contract(tier, [email({"tags": ["PII"]})]))) == 0
	}
}

test_columns_without_pii_pass if {
	count(messages(contract("product", [email({}), {"name": "id", "tags": []}]))) == 0
	count(messages(contract("product", []))) == 0
}

test_an_unknown_mask_is_denied_in_every_tier if {
	every tier in ["raw", "derived", "product"] {
		messages(contract(tier, [email({"mask": "md5"})])) == {concat("", [
			`column email has mask: "md5", which is not allowed `,
			"(allowed: sha256 | tokenize | redact)",
		])}
	}
}

test_a_mask_that_is_no_text_is_denied if {
	every mask in [null, false, 1, "", "SHA256", " sha256", ["sha256"], {"kind": "sha256"}] {
		document := contract("product", [email({"tags": ["PII"], "mask": mask})])
		addresses(document) == {"schema.email"}
	}
}

test_a_mask_is_shown_as_it_stands if {
	messages(contract("raw", [email({"mask": null})])) == {concat("", [
		"column email has mask: null, which is not allowed ",
		"(allowed: sha256 | tokenize | redact)",
	])}
}

test_a_misspelt_tag_is_denied_in_every_tier if {
	every tag in ["pii", "Pii", "PII ", " pii", "\tPII"] {
		every tier in ["raw", "derived", "product"] {
			document := contract(tier, [email({"tags": [tag], "mask": "sha256"})])
			addresses(document) == {"schema.email"}
		}
	}
	messages(contract("product", [email({"tags": ["pii"]})])) == {
		`column email has the tag "pii": write it PII`,
	}
}

test_a_misspelt_tag_of_the_table_is_denied if {
	document := object.union(contract("product", []), {"tags": ["region:EU", "pii"]})
	messages(document) == {`the table has the tag "pii": write it PII`}
	addresses(document) == {"tags"}
}

test_other_tags_pass if {
	document := object.union(contract("product", [email({"tags": ["contact"]})]), {"tags": ["region:EU"]})
	count(messages(document)) == 0
}

test_an_input_that_is_no_mapping_is_denied if {
	every document in [null, [], "contract", 1, true] {
		messages(document) == {
			"the contract cannot be read: it is not a mapping",
			"name cannot be read: expected <domain>.<tier>.<table>, the tier raw, derived or product",
			"schema cannot be read: expected a list of columns",
		}
	}
}

test_a_name_that_cannot_be_read_is_denied if {
	every name in [
		null,
		1,
		"",
		"customers",
		"orders.customers",
		"orders.product",
		"orders.Product.customers",
		"orders.product .customers",
		"orders.gold.customers",
		".product.customers",
		"orders.product.",
		"orders.product.customers.v2",
	] {
		addresses({"name": name, "schema": []}) == {"name"}
	}
	addresses({"schema": []}) == {"name"}
}

test_a_schema_that_cannot_be_read_is_denied if {
	every schema in [null, {}, "email", {"email": {"tags": ["PII"]}}] {
		addresses(contract("product", schema)) == {"schema"}
	}
	addresses({"name": "orders.product.customers"}) == {"schema"}
}

test_a_column_that_cannot_be_read_is_denied if {
	every column in [null, "email", [], {}, {"tags": ["PII"]}, {"name": "", "tags": ["PII"]}, {"name": null}] {
		addresses(contract("product", [{"name": "id"}, column])) == {"schema[1]"}
	}
	messages(contract("product", [null])) == {
		"column 1 of schema cannot be read: expected a mapping with a name",
	}
}

test_tags_that_cannot_be_read_are_denied if {
	every tags in [null, "PII", {"PII": true}, 1, [null], ["PII", 1]] {
		addresses(contract("product", [email({"tags": tags})])) == {"schema.email"}
		addresses(object.union(contract("product", []), {"tags": tags})) == {"tags"}
	}
}

test_a_bundle_without_masks_is_denied if {
	document := contract("product", [])
	reasons := {finding.msg |
		some finding in pii_masking.deny with input as document
			with data.mesh.limits as {}
	}
	reasons == {"the bundle has no table of masks: data.mesh.limits.masks"}
}

test_no_input_at_all_is_denied if {
	reasons := {finding.msg | some finding in pii_masking.deny}
	"the contract cannot be read: it is not a mapping" in reasons
}

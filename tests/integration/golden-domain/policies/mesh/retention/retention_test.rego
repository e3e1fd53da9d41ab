package mesh.retention_test

import data.mesh.retention

# A table tagged customer_data, with these fields.
customers(fields) := object.union(
	{"name": "orders.product.customers", "tags": ["customer_data"]},
	fields,
)

messages(document) := {finding.msg | some finding in retention.deny with input as document}

addresses(document) := {finding.address | some finding in retention.deny with input as document}

test_a_retention_within_the_limit_passes if {
	every days in [0, 1, 365, 730] {
		count(messages(customers({"retention_days": days}))) == 0
	}
}

test_a_missing_retention_is_denied if {
	messages(customers({})) == {
		"the table is tagged customer_data but has no retention_days (at most 730)",
	}
	addresses(customers({})) == {"retention_days"}
}

test_a_retention_above_the_limit_is_denied if {
	messages(customers({"retention_days": 731})) == {
		"the table is tagged customer_data and keeps rows for 731 days (at most 730)",
	}
}

test_other_tables_need_no_retention if {
	count(messages({"name": "orders.product.order_facts"})) == 0
	count(messages({"name": "orders.product.order_facts", "tags": ["region:EU"]})) == 0
	count(messages({"name": "orders.product.order_facts", "retention_days": 3650})) == 0
}

test_a_tag_of_a_column_does_not_count_for_the_table if {
	document := {"schema": [{"name": "email", "tags": ["customer_data"]}]}
	count(messages(document)) == 0
}

test_a_negative_retention_is_denied_everywhere if {
	messages(customers({"retention_days": -1})) == {"retention_days is -1, which is negative"}
	messages({"retention_days": -1}) == {"retention_days is -1, which is negative"}
}

test_a_retention_that_is_no_whole_number_is_denied if {
	every days in [null, "365", true, 1.5, [365], {}] {
		addresses(customers({"retention_days": days})) == {"retention_days"}
		addresses({"retention_days": days}) == {"retention_days"}
	}
	messages(customers({"retention_days": "365"})) == {
		`retention_days is "365", which is not a whole number of days`,
	}
}

test_what_is_no_number_is_told_once if {
	messages({"retention_days": null}) == {"retention_days is null, which is not a whole number of days"}
	messages({"retention_days": 0 - 1.5}) == {"retention_days is a fraction, which is not a whole number of days"}
}

test_columns_that_cannot_be_read_are_left_to_the_policy_that_denies_them if {
	every schema in [null, "email", {"a": {"name": "a", "tags": ["Customer_data"]}}] {
		messages({"schema": schema}) == set()
	}
	every column in [null, "email", {}, {"name": 1, "tags": ["Customer_data"]}] {
		messages({"schema": [column]}) == set()
	}
}

test_a_misspelt_tag_is_denied if {
	every tag in ["Customer_Data", "CUSTOMER_DATA", "customer_data ", " customer_data"] {
		addresses({"tags": [tag]}) == {"tags"}
		addresses({"schema": [{"name": "email", "tags": [tag]}]}) == {"schema.email"}
	}
	addresses({"tags": ["region:eu"]}) == {"tags"}
	messages({"schema": [{"name": "email", "tags": ["Region:EU"]}]}) == {
		`column email has the tag "Region:EU": write it region:EU`,
	}
	every tag in ["pii", "PII"] {
		count(messages({"tags": [tag], "schema": [{"name": "email", "tags": [tag]}]})) == 0
	}
	messages({"tags": ["Customer_data"]}) == {
		`the table has the tag "Customer_data": write it customer_data`,
	}
}

test_an_input_that_is_no_mapping_is_denied if {
	every document in [null, [], "contract", 1, true] {
		messages(document) == {"the contract cannot be read: it is not a mapping"}
	}
}

test_tags_that_cannot_be_read_are_denied if {
	every tags in [null, "customer_data", {"customer_data": true}, 1, ["customer_data", null]] {
		addresses({"tags": tags}) == {"tags"}
	}
}

test_a_bundle_without_a_limit_is_denied if {
	document := {"name": "orders.product.order_facts"}
	reasons := {finding.msg |
		some finding in retention.deny with input as document
			with data.mesh.limits as {}
	}
	reasons == {"the bundle has no limit of retention: data.mesh.limits.retention_days"}
}

test_no_input_at_all_is_denied if {
	reasons := {finding.msg | some finding in retention.deny}
	"the contract cannot be read: it is not a mapping" in reasons
}

package mesh.tags_test

import data.mesh.tags

test_tags_are_read if {
	tags.of({"tags": ["PII", "contact"]}) == {"PII", "contact"}
	tags.of({"tags": []}) == set()
	tags.of({}) == set()
}

test_what_is_no_list_of_texts_cannot_be_read if {
	every thing in [null, [], "PII", 1, {"tags": null}, {"tags": "PII"}, {"tags": {"PII": "PII"}}, {"tags": ["PII", 1]}] {
		not tags.readable(thing)
		tags.of(thing) == set()
	}
	tags.readable({})
	tags.readable({"tags": ["PII"]})
}

test_the_known_tags_are_those_of_the_tables if {
	tags.known == {"PII", "customer_data", "region:EU"}
}

test_a_known_tag_is_itself if {
	every tag in ["PII", "customer_data", "region:EU", "region:US", "contact", ""] {
		tags.meant(tag) == set()
	}
}

test_a_tag_in_another_case_or_with_spaces_is_recognised if {
	every tag in ["pii", "Pii", "PII ", " PII", "\tPII", "pii\n", "P I I"] {
		tags.meant(tag) == {"PII"}
	}
	every tag in ["Customer_Data", "CUSTOMER_DATA", "customer_data ", " customer_data"] {
		tags.meant(tag) == {"customer_data"}
	}
	every tag in ["region:eu", "Region:EU", "REGION:EU", " region:EU", "region: EU", "region :eu"] {
		tags.meant(tag) == {"region:EU"}
	}
}

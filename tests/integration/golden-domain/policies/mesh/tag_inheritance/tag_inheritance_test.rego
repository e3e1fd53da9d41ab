package mesh.tag_inheritance_test

import data.mesh.tag_inheritance

column(name, tags, derived_from) := {"name": name, "tags": tags, "derived_from": derived_from}

made_of(parent, transform) := [{"column": parent, "transform": transform}]

lineage(columns) := {"kind": "lineage", "columns": columns}

email := column("customer.raw.users.email", ["PII"], [])

findings(document) := {finding | some finding in tag_inheritance.deny with input as document}

messages(document) := {finding.msg | some finding in findings(document)}

addresses(document) := {finding.address | some finding in findings(document)}

inherits(name, tag) := {
	"msg": sprintf("column %s inherits %s tag from upstream but does not declare it", [name, tag]),
	"address": name,
}

# An address is read, written in lower case, hashed, taken into another domain and counted there.
chain(lowered, hashed, taken, counted) := lineage([
	email,
	column("customer.derived.users.email", lowered, made_of("customer.raw.users.email", "lower")),
	column("customer.product.users.email_hash", hashed, made_of("customer.derived.users.email", "sha256")),
	column(
		"marketing.derived.lead_attribution.hashed_lead_email",
		taken,
		made_of("customer.product.users.email_hash", "identity"),
	),
	column(
		"marketing.product.leads.people",
		counted,
		made_of("marketing.derived.lead_attribution.hashed_lead_email", "count_distinct"),
	),
])

test_the_chain_passes_where_each_hop_declares_the_tag if {
	findings(chain(["PII"], ["PII"], ["PII"], [])) == set()
}

test_each_hop_that_declares_nothing_is_named if {
	findings(chain([], ["PII"], ["PII"], [])) == {inherits("customer.derived.users.email", "PII")}
	findings(chain(["PII"], [], ["PII"], [])) == {inherits("customer.product.users.email_hash", "PII")}
	findings(chain(["PII"], ["PII"], [], [])) == {inherits("marketing.derived.lead_attribution.hashed_lead_email", "PII")}
}

test_a_tag_is_inherited_past_a_hop_that_hides_it if {
	findings(chain([], [], [], [])) == {
		inherits("customer.derived.users.email", "PII"),
		inherits("customer.product.users.email_hash", "PII"),
		inherits("marketing.derived.lead_attribution.hashed_lead_email", "PII"),
	}
}

test_what_is_stripped_may_still_be_declared if {
	findings(chain(["PII"], ["PII"], ["PII"], ["PII"])) == set()
}

test_aggregates_strip_personal_data if {
	every transform in [
		"avg",
		"count",
		"count_distinct",
		"max_non_identifying",
		"min_non_identifying",
		"stddev",
		"sum",
		"variance",
	] {
		findings(lineage([email, column("a.product.b.c", [], made_of(email.name, transform))])) == set()
	}
}

test_other_transforms_keep_personal_data if {
	every transform in [
		"cast",
		"coalesce",
		"concat",
		"identity",
		"join",
		"lower",
		"max",
		"md5",
		"min",
		"redact",
		"rename",
		"sha256",
		"substring",
		"tokenize",
		"trim",
		"upper",
		"",
		"Count",
		"COUNT",
		" count",
		"count ",
		"count(email)",
		"my_own_function",
	] {
		findings(lineage([email, column("a.product.b.c", [], made_of(email.name, transform))])) == {inherits("a.product.b.c", "PII")}
	}
}

test_an_aggregate_keeps_other_tags if {
	source := column("customer.raw.users.email", ["PII", "finance"], [])
	findings(lineage([source, column("a.product.b.c", [], made_of(source.name, "count"))])) == {inherits("a.product.b.c", "finance")}
}

test_each_tag_of_each_parent_is_inherited if {
	salary := column("hr.raw.people.salary", ["finance"], [])
	findings(lineage([email, salary, column("a.product.b.c", ["contact"], array.concat(
		made_of(email.name, "lower"),
		made_of(salary.name, "cast"),
	))])) == {inherits("a.product.b.c", "PII"), inherits("a.product.b.c", "finance")}
}

test_one_way_that_keeps_a_tag_is_enough if {
	findings(lineage([email, column("a.product.b.c", [], array.concat(
		made_of(email.name, "count"),
		made_of(email.name, "lower"),
	))])) == {inherits("a.product.b.c", "PII")}
}

test_a_tag_that_was_not_inherited_passes_on if {
	findings(lineage([
		column("a.raw.b.c", [], []),
		column("a.derived.b.c", ["PII"], made_of("a.raw.b.c", "lower")),
		column("a.product.b.c", [], made_of("a.derived.b.c", "lower")),
	])) == {inherits("a.product.b.c", "PII")}
}

test_a_cycle_is_followed_to_its_end if {
	findings(lineage([
		column("a.raw.b.c", [], made_of("a.derived.b.c", "lower")),
		column("a.derived.b.c", [], array.concat(
			made_of("a.raw.b.c", "lower"),
			made_of(email.name, "lower"),
		)),
		email,
		column("a.raw.b.self", [], made_of("a.raw.b.self", "lower")),
	])) == {inherits("a.raw.b.c", "PII"), inherits("a.derived.b.c", "PII")}
}

test_a_source_without_tags_passes if {
	findings(lineage([])) == set()
	findings(lineage([column("a.raw.b.c", [], [])])) == set()
}

test_a_misspelt_tag_is_denied if {
	findings(lineage([column("a.raw.b.c", ["pii"], [])])) == {{
		"msg": `column a.raw.b.c has the tag "pii": write it PII`,
		"address": "a.raw.b.c",
	}}
	addresses(lineage([column("a.raw.b.c", ["Customer_data "], [])])) == {"a.raw.b.c"}
}

test_an_input_that_is_no_mapping_is_denied if {
	every document in [null, [], "lineage", 1, true] {
		messages(document) == {
			"the lineage cannot be read: it is not a mapping",
			"columns cannot be read: expected a list of columns",
		}
	}
	reasons := {finding.msg | some finding in tag_inheritance.deny}
	"the lineage cannot be read: it is not a mapping" in reasons
}

test_columns_that_are_no_list_are_denied if {
	every columns in [null, {}, "a.raw.b.c", {"a.raw.b.c": {}}] {
		findings(lineage(columns)) == {{
			"msg": "columns cannot be read: expected a list of columns",
			"address": "columns",
		}}
	}
	addresses({"kind": "lineage"}) == {"columns"}
}

test_a_column_that_cannot_be_read_is_denied if {
	every wrong in [null, "a.raw.b.c", [], {}, {"tags": ["PII"]}, {"name": ""}, {"name": null}] {
		findings(lineage([email, wrong])) == {{
			"msg": "column 2 of columns cannot be read: expected a mapping with a name",
			"address": "columns[1]",
		}}
	}
}

test_a_column_that_is_described_twice_is_denied if {
	findings(lineage([email, column("customer.raw.users.email", [], [])])) == {{
		"msg": "column customer.raw.users.email is described more than once",
		"address": "customer.raw.users.email",
	}}
}

test_tags_that_cannot_be_read_are_denied if {
	every tags in [null, "PII", {"PII": true}, 1, [null], ["PII", 1]] {
		findings(lineage([column("a.raw.b.c", tags, [])])) == {{
			"msg": "tags of column a.raw.b.c cannot be read: expected a list of texts",
			"address": "a.raw.b.c",
		}}
	}
	addresses(lineage([{"name": "a.raw.b.c", "derived_from": []}])) == {"a.raw.b.c"}
}

test_a_derivation_that_is_no_list_is_denied if {
	every derived_from in [null, {}, "customer.raw.users.email", 1, {"customer.raw.users.email": "lower"}] {
		findings(lineage([email, column("a.raw.b.c", [], derived_from)])) == {{
			"msg": "derived_from of column a.raw.b.c cannot be read: expected a list, which is empty for a source",
			"address": "a.raw.b.c",
		}}
	}
	addresses(lineage([{"name": "a.raw.b.c", "tags": []}])) == {"a.raw.b.c"}
}

test_an_entry_of_a_derivation_that_cannot_be_read_is_denied if {
	every entry in [
		null,
		"customer.raw.users.email",
		[],
		{},
		{"column": "customer.raw.users.email"},
		{"column": "customer.raw.users.email", "transform": null},
		{"column": "customer.raw.users.email", "transform": ["count"]},
		{"column": null, "transform": "lower"},
		{"transform": "lower"},
	] {
		findings(lineage([email, column("a.raw.b.c", ["PII"], array.concat(
			made_of(email.name, "lower"),
			[entry],
		))])) == {{
			"msg": "entry 2 of derived_from of column a.raw.b.c cannot be read: expected a mapping with a column and a transform",
			"address": "a.raw.b.c",
		}}
	}
}

test_a_parent_that_is_not_described_is_denied_by_name if {
	findings(lineage([column("a.raw.b.c", ["PII"], made_of("x.raw.y.z", "count"))])) == {{
		"msg": "column a.raw.b.c is made of x.raw.y.z, which is not described: its tags are not known",
		"address": "a.raw.b.c",
	}}
}

test_what_could_not_be_resolved_is_denied_by_name if {
	findings(object.union(lineage([]), {"unresolved": ["a.derived.b", "a.derived.c"]})) == {
		{
			"msg": "the columns that a.derived.b is made of are not known: declare those of its sources",
			"address": "a.derived.b",
		},
		{
			"msg": "the columns that a.derived.c is made of are not known: declare those of its sources",
			"address": "a.derived.c",
		},
	}
	findings(object.union(lineage([]), {"unresolved": []})) == set()
	every wrong in [null, "a.derived.b", {"a.derived.b": "a.derived.c"}, [null]] {
		findings(object.union(lineage([]), {"unresolved": wrong})) == {{
			"msg": "unresolved cannot be read: expected a list of names",
			"address": "unresolved",
		}}
	}
}

test_a_bundle_without_transforms_is_denied if {
	document := lineage([email, column("a.product.b.c", [], made_of(email.name, "count"))])
	reasons := {finding.msg |
		some finding in tag_inheritance.deny with input as document
			with data.mesh.transforms as {}
	}
	reasons == {
		"the bundle has no table of transforms: data.mesh.transforms",
		"column a.product.b.c inherits PII tag from upstream but does not declare it",
	}
}

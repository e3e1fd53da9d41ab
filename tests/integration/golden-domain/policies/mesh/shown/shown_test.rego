package mesh.shown_test

import data.mesh.shown

test_each_kind_of_value_is_shown if {
	shown.value("sha256") == `"sha256"`
	shown.value(``) == `""`
	shown.value(null) == "null"
	shown.value(true) == "true"
	shown.value(false) == "false"
	shown.value(731) == "731"
	shown.value(0) == "0"
	shown.value(0 - 3) == "-3"
	shown.value(1.5) == "a fraction"
	shown.value(["sha256"]) == "a list"
	shown.value({"kind": "sha256"}) == "a mapping"
}

test_a_name_has_no_quotation_marks if {
	shown.plain("orders") == "orders"
	shown.plain(null) == "null"
	shown.plain(["orders"]) == "a list"
}
